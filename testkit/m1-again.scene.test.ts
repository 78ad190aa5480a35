/** M1: what becomes of jobs that end badly: a device that is silent for too long leaves them unknown, and they are printed again, or the rest of them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ipp } from '@fairlead/protocol/ipp'
import { makePdf } from './documents.ts'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createPrintClient } from './print-client.ts'
import { findJob, mustSendJob, type SeenJob, untilJob } from './print-jobs.ts'
import { runHouseFile } from './process.ts'
import type { Reply } from './service.ts'
import { until } from './until.ts'

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

test('M1 N1 what an IPP proxy has is its own while that is heard, though the device has no session', async () => {
  const { secret } = await street.enrol('press')
  const proxy = createPrintClient(street.url, 'press', `press:${secret}`)
  const me = { 'output-device-uuid': ipp.uri('urn:uuid:0e3a2f60-1c1d-4d7e-9f70-5a8f6f0e9b12') }
  const attributes = { 'document-format-supported': ipp.mimeMediaType('application/pdf') }
  await proxy.must('Update-Output-Device-Attributes', { operation: me, groups: [{ kind: 'printer', attributes }] })
  const jobId = await mustSendJob(street, 'press', makePdf(2))
  await proxy.must('Acknowledge-Job', { operation: { ...me, 'job-id': ipp.integer(1) } })
  const { state } = await findJob(street, jobId)
  const heardForMs = 6_000
  const sinceMs = performance.now()
  await until('it is heard for longer than silence takes', async () => {
    await proxy.must('Get-Jobs', { operation: { ...me, 'which-jobs': ipp.keyword('fetchable') } })
    return performance.now() - sinceMs > heardForMs
  })
  assert.equal((await findJob(street, jobId)).state, state)
})

type SeenAgain = { againOf?: string; againAs?: string; documentUntil?: string; ticket: object }

const findAgain = async (jobId: string) => (await findJob(street, jobId)) as SeenJob & SeenAgain

function again(jobId: string, body: object, headers: Record<string, string> = {}): Promise<Reply> {
  return street.service.call('POST', `/v1/jobs/${jobId}/again`, body, headers)
}

async function mustAgain(...[jobId, body, headers]: Parameters<typeof again>): Promise<SeenJob & SeenAgain> {
  const { status, body: job } = await again(jobId, body, headers)
  assert.equal(status, 201, JSON.stringify(job))
  return job as SeenJob & SeenAgain
}

async function refusedAgain(jobId: string, body: object, why: RegExp): Promise<void> {
  const { status, body: problem } = await again(jobId, body)
  assert.deepEqual([status, Object(problem).code], [409, 'not-again'])
  assert.match(Object(problem).detail, why)
}

async function documentAt({ id, secret }: HandDevice, jobId: string): Promise<Buffer> {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const fetched = await fetch(`${street.url}/device/v1/jobs/${jobId}/document`, { headers: { authorization } })
  assert.equal(fetched.status, 200)
  return Buffer.from(await fetched.arrayBuffer())
}

test('M1 a job that nobody knows the end of is printed again from the page behind the last sure one, once a key, and the first is not wanted any more', async () => {
  const device = await openDevice('hall')
  const pdf = makePdf(10)
  const first = await mustSendJob(street, 'hall', pdf, 'name=report.pdf&pages=2-5,8-&priority=70')
  await untilJob(street, first, 'received')
  await refusedAgain(first, {}, /has not ended/)
  await report(device, first, ['fetched', 'executing', 'unknown'], { pagesDone: 5, reason: 'It was off.' })
  const left = Date.parse((await findAgain(first)).documentUntil ?? '') - Date.now()
  assert.ok(left > 23 * 3_600_000 && left <= 24 * 3_600_000, `${left}`)

  const key = { 'idempotency-key': 'print-the-rest' }
  const replies = await Promise.all(Array.from({ length: 4 }, () => mustAgain(first, { pages: 'rest' }, key)))
  const [rest] = replies
  assert.ok(rest)
  assert.equal(new Set(replies.map(({ jobId }) => jobId)).size, 1)
  assert.deepEqual([rest.name, rest.againOf, rest.ticket], ['report.pdf', first, { pages: '9-' }])
  const other = await again(first, { pages: 'all' }, key)
  assert.deepEqual([other.status, Object(other.body).code], [422, 'key-reused'])
  assert.equal((await findAgain(first)).againAs, rest.jobId)

  await untilJob(street, rest.jobId, 'received')
  assert.deepEqual(await documentAt(device, rest.jobId), Buffer.from(pdf))
  assert.deepEqual(await report(device, first, [], { pagesDone: 6 }), { cancel: true })
  await report(device, rest.jobId, ['fetched', 'executing', 'done'], { pagesDone: 2 })
  await until('its document is gone', async () => (await findAgain(rest.jobId)).documentUntil === undefined)
  await refusedAgain(rest.jobId, {}, /not kept any more/)
  const environment = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }
  const shown = await runHouseFile('cli/main.ts', ['jobs', first], { environment })
  assert.match(shown.stdout, new RegExp(`printed again as ${rest.jobId}`))
  const asked = await runHouseFile('cli/main.ts', ['jobs', 'again', first, '--json'], { environment })
  assert.equal(asked.code, 0, asked.stderr)
  const whole = await findAgain(JSON.parse(asked.stdout).jobId)
  assert.deepEqual(whole.ticket, { pages: '2-5,8-' })
  assert.deepEqual(await documentAt(device, whole.jobId), Buffer.from(pdf))
})

test('M1 the rest is printed only where it is known what that is', async () => {
  const device = await openDevice('cellar')
  const failed = async (query: string, more: Told) => {
    const jobId = await mustSendJob(street, 'cellar', makePdf(3), query)
    await untilJob(street, jobId, 'received')
    await report(device, jobId, ['fetched', 'executing', 'failed'], { reason: 'It is jammed.', ...more })
    return jobId
  }
  await refusedAgain(await failed('', {}), { pages: 'rest' }, /How many of its pages came out is not known/)
  await refusedAgain(await failed('copies=2', { pagesDone: 4 }), { pages: 'rest' }, /several copies/)
  await refusedAgain(await failed('pages=1-2', { pagesDone: 2 }), { pages: 'rest' }, /nothing is left/)
  const some = await failed('', { pagesDone: 1 })
  assert.equal((await again(some, { pages: 'most' })).status, 400)
  const printing = { formats: ['application/pdf'], takesPageRanges: false }
  await device.call('/device/v1/register', { capabilities: { printing } })
  await refusedAgain(some, { pages: 'rest' }, /prints whole documents only/)
  const audited = Object((await street.service.read('/v1/audit?action=job.made-again')).body).items
  assert.equal(audited.length, 2)
})
