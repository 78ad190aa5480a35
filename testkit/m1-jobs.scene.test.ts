/** M1: a job is notified, recorded by the device, asked for because of that, fetched, printed and told of; each step stands in its states. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { findJob, mustSendJob, pagesOf, sendJob, untilJob } from './print-jobs.ts'
import { isPlayedOnNodes } from './relays.ts'
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

/** Documents that are kept: files of one process; several nodes keep them in their record, where a test of theirs looks. */
function kept(): number | undefined {
  return isPlayedOnNodes ? undefined : readdirSync(join(street.data, 'spool')).length
}
const none = isPlayedOnNodes ? undefined : 0
const one = isPlayedOnNodes ? undefined : 1

test('M1 the document is in the spool as long as it is needed', async () => {
  await until('the spool is empty', () => kept() === none)
  const held = await mustSendJob(street, 'lobby', makePdf(1), 'hold=true')
  assert.equal(kept(), one)
  assert.equal((await findJob(street, held)).heldFor, 'asked')
  await street.service.call('PATCH', `/v1/jobs/${held}`, { hold: false })
  await untilJob(street, held, 'done')
  await until('the spool is empty again', () => kept() === none)
})

test('M1 what is no PDF, in a wrong format, empty, or asks for what the device has not, is refused, and nothing of it stays', async () => {
  const cases: [string, Parameters<typeof sendJob>[2], string, Record<string, string>, number, string][] = [
    ['no PDF', 'Dear Sir', '', {}, 415, 'bad-document'],
    ['empty', '', '', {}, 415, 'bad-document'],
    ['unknown', 'PK\x03\x04', '', { 'content-type': 'application/zip' }, 415, 'bad-document'],
    ['a format it does not take', 'UNIRAST\0', '', { 'content-type': 'image/urf' }, 415, 'bad-document'],
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
  assert.equal(kept(), none)
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

test('M1 the same Idempotency-Key makes one job, however often and however much at once it is sent', async () => {
  const send = () =>
    sendJob(street, 'lobby', makePdf(1), 'hold=true&name=once', { 'idempotency-key': 'one-and-the-same' })
  const replies = await Promise.all(Array.from({ length: 8 }, send))
  assert.deepEqual([...new Set(replies.map(({ status }) => status))], [201])
  const ids = new Set(replies.map(({ body }) => Object(body).jobId))
  assert.equal(ids.size, 1)
  assert.equal(replies.filter(({ headers }) => headers.get('idempotency-replayed') === 'true').length, 7)
  const other = await sendJob(street, 'lobby', makePdf(2), 'hold=true&name=once', {
    'idempotency-key': 'one-and-the-same',
  })
  assert.equal(other.status, 422)
  assert.equal(Object(other.body).code, 'key-reused')
  const [jobId = ''] = ids
  const { body } = await street.service.call('DELETE', `/v1/jobs/${jobId}`)
  assert.equal(Object(body).state, 'cancelled')
})

test('M1 a job is cancelled wherever it is: held, waiting for its turn at the device, and while it is printed', async () => {
  await street.openAgent({ id: 'slow', driver: 'virtual?secondsPerPage=0.2' })
  const printing = await mustSendJob(street, 'slow', makePdf(100))
  const behind = await mustSendJob(street, 'slow', makePdf(1))
  const held = await mustSendJob(street, 'slow', makePdf(1), 'hold=true')
  await until('it prints', async () => ((await findJob(street, printing)).pagesDone ?? 0) > 0)
  await untilJob(street, behind, 'received')
  for (const jobId of [held, behind, printing]) await street.service.call('DELETE', `/v1/jobs/${jobId}`)
  assert.equal((await findJob(street, held)).state, 'cancelled')
  assert.equal((await untilJob(street, behind, 'cancelled')).pagesDone, undefined)
  const { pagesDone = 0 } = await untilJob(street, printing, 'cancelled')
  assert.ok(pagesDone > 0 && pagesDone < 100, `${pagesDone}`)
  assert.equal(await pagesOf(street, 'slow'), pagesDone)
  const again = await street.service.call('DELETE', `/v1/jobs/${printing}`)
  assert.equal(again.status, 200)
})

test('M1 the highest priority goes first, and what is of one priority in its order', async () => {
  const first = await mustSendJob(street, 'slow', makePdf(3), 'name=first')
  await untilJob(street, first, 'executing')
  const names = ['low', 'middle', 'high', 'middle too']
  const priorities = [1, 50, 100, 50]
  const ids = []
  for (const [i, name] of names.entries())
    ids.push(
      await mustSendJob(street, 'slow', makePdf(1), `name=${encodeURIComponent(name)}&priority=${priorities[i]}`),
    )
  const ended = await Promise.all(ids.map((id) => untilJob(street, id, 'done')))
  const order = ended.toSorted((a, b) => (a.states.at(-1)?.at ?? '').localeCompare(b.states.at(-1)?.at ?? ''))
  assert.deepEqual(
    order.map(({ name }) => name),
    ['high', 'middle', 'middle too', 'low'],
  )
})

test('M1 a printer without paper says so, and goes on when somebody fills it in', async () => {
  await street.openAgent({ id: 'empty', driver: 'virtual?tray.1=1&tray.2=0' })
  const jobId = await mustSendJob(street, 'empty', makePdf(3))
  await until('it waits for paper', async () => /all trays are empty/.test((await findJob(street, jobId)).reason ?? ''))
  assert.equal((await findJob(street, jobId)).state, 'executing')
  await street.service.ask('empty', { command: 'refill', arguments: { 'tray.1': 100 } })
  const job = await untilJob(street, jobId, 'done')
  assert.equal(job.pagesDone, 3)
  assert.equal(job.reason, undefined)
})

test('M1 a document whose connection is cut again and again arrives whole, and what did arrive is not sent anew', async () => {
  const document = makePdf(5, 3_000_000)
  const began = await street.service.post('/v1/uploads', { bytes: document.length, contentType: 'application/pdf' })
  assert.equal(began.status, 201)
  const { uploadId } = Object(began.body)
  const path = `${street.url}/v1/uploads/${uploadId}`
  const headers = { authorization: `Bearer ${street.adminKey}`, 'content-type': 'application/octet-stream' }
  async function* cutAfter(from: number, bytes: number) {
    for (let at = from; at < from + bytes; at += 50_000)
      yield document.subarray(at, Math.min(at + 50_000, from + bytes))
    throw new Error('the line is cut')
  }
  let offset = 0
  for (let cuts = 0; cuts < 3; cuts++) {
    const body = Readable.toWeb(Readable.from(cutAfter(offset, 700_000))) as ReadableStream<Uint8Array>
    const part: RequestInit & { duplex: 'half' } = {
      method: 'PATCH',
      body,
      duplex: 'half',
      headers: { ...headers, 'upload-offset': String(offset) },
    }
    await assert.rejects(fetch(path, part))
    offset = await until('something of it is there', async () => {
      const { offset: there } = Object((await street.service.read(`/v1/uploads/${uploadId}`)).body)
      return there > offset && there
    })
  }
  const wrong = await fetch(path, { method: 'PATCH', headers: { ...headers, 'upload-offset': '1' }, body: 'x' })
  assert.equal(wrong.status, 409)
  // What the connection still held when it was cut may have come in meanwhile.
  const told = Object(await wrong.json()).offset
  assert.ok(told >= offset && told <= document.length, `${told}`)
  offset = told
  const early = await sendJob(street, 'lobby', '', `upload=${uploadId}`)
  assert.equal(Object(early.body).code, 'wrong-offset')
  const rest = await fetch(path, {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': String(offset) },
    body: document.subarray(offset),
  })
  assert.equal(rest.status, 200)
  const key = { 'idempotency-key': 'of-the-upload' }
  const jobId = await mustSendJob(street, 'lobby', '', `upload=${uploadId}`, key)
  // Whoever did not hear that asks for the same again, a moment later and with an upload that is spent.
  const again = await sendJob(street, 'lobby', '', `upload=${uploadId}&deliverWithinSeconds=86000`, key)
  assert.deepEqual([again.status, Object(again.body).jobId], [201, jobId])
  assert.equal((await untilJob(street, jobId, 'done')).pagesDone, 5)
  assert.equal((await street.service.read(`/v1/uploads/${uploadId}`)).status, 404)
})

test('M1 a device that is removed: its jobs are over, truthfully, and nobody else gets them', async () => {
  await street.enrol('leaving')
  const jobId = await mustSendJob(street, 'leaving', makePdf(1))
  await street.service.call('DELETE', '/v1/devices/leaving')
  const job = await findJob(street, jobId)
  assert.equal(job.state, 'cancelled')
  await street.enrol('leaving')
  assert.equal((await findJob(street, jobId)).state, 'cancelled')
})

test('M1 a device sees its own jobs only', async () => {
  const { secret } = await street.enrol('stranger')
  const jobId = await mustSendJob(street, 'cellar', makePdf(1), 'hold=true')
  const headers = { authorization: `Basic ${Buffer.from(`stranger:${secret}`).toString('base64')}` }
  for (const path of [jobId, `${jobId}/document`]) {
    const { status } = await fetch(`${street.url}/device/v1/jobs/${path}`, { headers })
    assert.equal(status, 404)
  }
  const report = { states: [{ state: 'done', at: new Date().toISOString() }] }
  const told = await fetch(`${street.url}/device/v1/jobs/${jobId}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(report),
  })
  assert.equal(told.status, 404)
  assert.equal((await findJob(street, jobId)).state, 'waiting')
})
