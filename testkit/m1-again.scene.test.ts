/** M1: what becomes of jobs that end badly: a device that is silent for too long leaves them unknown. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { findJob, mustSendJob, untilJob } from './print-jobs.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood

before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--job-silence', '2'] }))
})
after(() => scene.disposeAsync())

/** Records each job that it is told of, and nothing more. */
async function openDevice(id: string): Promise<HandDevice> {
  const device = scene.use(await joinByHand(street, id))
  device.serve(({ request }) => ({ result: { recorded: request.arguments?.['jobIds'] ?? [] } }))
  return device
}

type Told = { pagesDone?: number; reason?: string }

async function report(
  { call }: HandDevice,
  jobId: string,
  states: readonly string[],
  more: Told = {},
): Promise<object> {
  const at = new Date().toISOString()
  const told = await call(`/device/v1/jobs/${jobId}`, { states: states.map((state) => ({ state, at })), ...more })
  assert.equal(told.status, 200, JSON.stringify(told.body))
  return Object(told.body)
}

test('M1 a device that falls silent over a job: it is unknown, since when and at which page, and its later word stands; one that is here may take its time', async () => {
  const silent = await openDevice('silent')
  const slow = await openDevice('slow')
  const printing = await mustSendJob(street, 'silent', makePdf(10))
  const stuck = await mustSendJob(street, 'slow', makePdf(10))
  await untilJob(street, printing, 'received')
  await untilJob(street, stuck, 'received')
  await report(slow, stuck, ['fetched'])
  await report(silent, printing, ['fetched', 'executing'], { pagesDone: 3 })
  const leftMs = Date.now()
  await silent.leave()
  const job = await untilJob(street, printing, 'unknown')
  const [, since = ''] =
    /^Nothing was heard of the device since (.*) UTC; page 3 is the last that is known to have come out\.$/.exec(
      job.reason ?? '',
    ) ?? []
  // In whole minutes.
  assert.ok(Math.abs(Date.parse(`${since}Z`) - leftMs) < 120_000, JSON.stringify(job))
  assert.equal((await findJob(street, stuck)).state, 'fetched')
  await report(silent, printing, ['done'], { pagesDone: 10 })
  assert.equal((await findJob(street, printing)).state, 'done')
})
