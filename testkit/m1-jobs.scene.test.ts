/** M1: a job is notified, recorded by the device, asked for because of that, fetched, printed and told of; each step stands in its states. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { findJob, mustSendJob, pagesOf, sendJob, untilJob } from './print-jobs.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.openAgent({ id: 'lobby' })
})
after(() => scene.disposeAsync())

test('M1 a PDF of three pages in two copies comes out, and each step of it can be seen', async () => {
  const jobId = await mustSendJob(street, 'lobby', makePdf(3), 'name=report.pdf&copies=2')
  const job = await untilJob(street, jobId, 'done')
  assert.deepEqual(
    job.states.map(({ state }) => state),
    ['waiting', 'notified', 'received', 'fetched', 'executing', 'done'],
  )
  assert.equal(job.name, 'report.pdf')
  assert.equal(job.device, 'lobby')
  assert.equal(job.pagesDone, 6)
  assert.equal(await pagesOf(street, 'lobby'), 6)
  const times = job.states.map(({ at }) => at)
  assert.deepEqual(times, times.toSorted())
})

test('M1 the document is in the spool as long as it is needed', async () => {
  const spool = join(street.data, 'spool')
  if (!existsSync(spool)) return assert.fail('There is no spool.')
  await until('the spool is empty', () => readdirSync(spool).length === 0)
  const held = await mustSendJob(street, 'lobby', makePdf(1), 'hold=true')
  assert.equal(readdirSync(spool).length, 1)
  assert.equal((await findJob(street, held)).heldFor, 'asked')
  await street.service.call('PATCH', `/v1/jobs/${held}`, { hold: false })
  await untilJob(street, held, 'done')
  await until('the spool is empty again', () => readdirSync(spool).length === 0)
})

test('M1 what is no PDF, in a wrong format, empty, or asks for what the device has not, is refused, and nothing of it stays', async () => {
  const cases: [string, Parameters<typeof sendJob>[2], string, Record<string, string>, number, string][] = [
    ['no PDF', 'Dear Sir', '', {}, 415, 'bad-document'],
    ['empty', '', '', {}, 415, 'bad-document'],
    ['unknown', 'PK\x03\x04', '', { 'content-type': 'application/zip' }, 415, 'bad-document'],
    ['a format it does not take', 'RaS2', '', { 'content-type': 'image/pwg-raster' }, 415, 'bad-document'],
    ['paper that it has not', makePdf(1), 'media=iso_a3_297x420mm', {}, 400, 'invalid-request'],
    ['no number', makePdf(1), 'copies=many', {}, 400, 'invalid-request'],
    ['an unknown field', makePdf(1), 'colour=red', {}, 400, 'invalid-request'],
    ['packed', makePdf(1), '', { 'content-encoding': 'gzip' }, 400, 'invalid-request'],
  ]
  for (const [what, document, query, headers, status, code] of cases) {
    const reply = await sendJob(street, 'lobby', document, query, headers)
    assert.equal(reply.status, status, `${what}: ${JSON.stringify(reply.body)}`)
    assert.equal(Object(reply.body).code, code, what)
  }
  assert.equal((await sendJob(street, 'nowhere', makePdf(1))).status, 404)
  assert.equal(readdirSync(join(street.data, 'spool')).length, 0)
})

test('E1 a job for a device that is off waits, survives a crash of the relay, and is printed when the device is back', async () => {
  const agent = await street.openAgent({ id: 'hall' })
  await agent.process.stop()
  await until(
    'the hall is offline',
    async () => Object((await street.service.read('/v1/devices/hall')).body).state === 'offline',
  )
  const refused = await sendJob(street, 'hall', makePdf(1), 'deliverWithinSeconds=0')
  assert.equal(refused.status, 409)
  assert.equal(Object(refused.body).code, 'device-offline')
  const jobId = await mustSendJob(street, 'hall', makePdf(2))
  await street.restartRelay('SIGKILL')
  assert.equal((await findJob(street, jobId)).state, 'waiting')
  await agent.startAgain()
  assert.equal((await untilJob(street, jobId, 'done')).pagesDone, 2)
})

test('E1 a job that its device does not take in time expires, and is not printed later', async () => {
  await street.enrol('cellar')
  const jobId = await mustSendJob(street, 'cellar', makePdf(1), 'deliverWithinSeconds=1')
  const job = await untilJob(street, jobId, 'expired')
  assert.match(job.reason ?? '', /did not take it in time/)
})
