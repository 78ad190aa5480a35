/** N1: print clients send documents compressed; they are spooled as they were before, within the same limits, or not at all. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { gzipSync } from 'node:zlib'
import { findAll, findOne, ipp } from '@fairlead/protocol/ipp'
import { makePdf } from './documents.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createPrintClient, type PrintClient } from './print-client.ts'
import { isPlayedOnNodes } from './relays.ts'
import { until } from './until.ts'

const mostBytes = 32 * 2 ** 20
const scene = new AsyncDisposableStack()
let street: Neighbourhood
let hall: PrintClient

before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--max-document-bytes', String(mostBytes)] }))
  // It is off: what is sent to it stays in the spool.
  await street.enrol('hall')
  const { body } = await street.service.post('/v1/keys', { account: 'default' })
  hall = createPrintClient(street.url, 'hall', `ann@example.com:${Object(body).key}`)
})
after(() => scene.disposeAsync())

const gzip = { compression: ipp.keyword('gzip') }
const pdf = { 'document-format': ipp.mimeMediaType('application/pdf') }
const text = { 'document-format': ipp.mimeMediaType('text/plain') }
const digestOf = (document: Uint8Array) => hash('sha256', document)
/** Files of one process; several nodes keep documents in their record, where a test of theirs looks. */
function spooled(): string[] {
  const folder = join(street.data, 'spool')
  return readdirSync(folder).map((name) => digestOf(readFileSync(join(folder, name))))
}
/** Of several nodes, the first one's. */
function peakMiB(): number {
  const status = readFileSync(`/proc/${street.relay().pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
}

async function untilSpooled(...documents: Uint8Array[]): Promise<void> {
  const digests = documents.map(digestOf)
  await until(
    'the spool has these documents and no other',
    () => isPlayedOnNodes || isDeepStrictEqual(spooled(), digests),
  )
}

test('N1 a document that comes with gzip is in the spool as it was, whether with Print-Job or behind Create-Job', async () => {
  const { printer } = await hall.must('Get-Printer-Attributes')
  assert.deepEqual(findAll(printer, 'compression-supported', 'keyword'), ['none', 'gzip'])
  await hall.must('Validate-Job', { operation: { ...gzip, ...pdf } })
  const report = Buffer.from(makePdf(3, 2 ** 20))
  const { job } = await hall.must('Print-Job', { operation: { ...gzip, ...pdf }, document: gzipSync(report) })
  await untilSpooled(report)
  const number = ipp.integer(findOne(job, 'job-id', 'integer') ?? 0)
  const { job: seen } = await hall.must('Get-Job-Attributes', { operation: { 'job-id': number } })
  assert.equal(findOne(seen, 'job-k-octets', 'integer'), Math.ceil(report.length / 1024))

  const begun = await hall.must('Create-Job')
  const its = {
    'job-id': ipp.integer(findOne(begun.job, 'job-id', 'integer') ?? 0),
    'last-document': ipp.boolean(true),
  }
  // What is damaged takes nothing from the job: the next try is as good as the first.
  const cut = await hall.ask('Send-Document', {
    operation: { ...its, ...gzip, ...pdf },
    document: gzipSync(report).subarray(0, -20),
  })
  assert.equal(cut.status, 'client-error-compression-error', cut.message)
  await untilSpooled(report)
  // The same one, which is kept once.
  await hall.must('Send-Document', { operation: { ...its, ...gzip, ...pdf }, document: gzipSync(report) })
  await untilSpooled(report)
  await hall.must('Cancel-My-Jobs')
  await untilSpooled()
})

test('N1 what is no gzip, is damaged, or is packed otherwise is refused, and nothing of it is kept', async () => {
  const packed = gzipSync(Buffer.from(makePdf(1)))
  const flipped = Buffer.from(packed)
  flipped[20] = (flipped[20] ?? 0) ^ 0xff
  const cases: [what: string, operation: Parameters<PrintClient['ask']>[1], status: string][] = [
    ['no gzip', { operation: { ...gzip, ...pdf }, document: makePdf(1) }, 'client-error-compression-error'],
    ['nothing', { operation: { ...gzip, ...pdf } }, 'client-error-compression-error'],
    ['damaged', { operation: { ...gzip, ...pdf }, document: flipped }, 'client-error-compression-error'],
    [
      'not what it says, once it is unpacked',
      { operation: { ...gzip, ...pdf }, document: gzipSync('Dear Sir') },
      'client-error-document-format-not-supported',
    ],
    ['packed without a word of it', { operation: pdf, document: packed }, 'client-error-document-format-not-supported'],
    [
      'deflated',
      { operation: { ...pdf, compression: ipp.keyword('deflate') }, document: packed },
      'client-error-compression-not-supported',
    ],
  ]
  for (const [what, question, status] of cases) {
    const answer = await hall.ask('Print-Job', question)
    assert.equal(answer.status, status, `${what}: ${answer.message}`)
  }
  const validated = await hall.ask('Validate-Job', { operation: { ...pdf, compression: ipp.keyword('compress') } })
  assert.equal(validated.status, 'client-error-compression-not-supported')
  await untilSpooled()
  const { body } = await street.service.read('/v1/jobs?device=hall&state=open')
  assert.deepEqual(Object(body).items, [])
})

test('S-D5 N1 a gigabyte in a megabyte ends at the limit, at once, and costs neither memory nor disk', async () => {
  const fits = await hall.must('Print-Job', {
    operation: { ...gzip, ...text },
    document: gzipSync(Buffer.alloc(mostBytes, ' ')),
  })
  assert.ok(findOne(fits.job, 'job-id', 'integer'))
  await hall.must('Cancel-My-Jobs')
  await untilSpooled()
  const member = gzipSync(Buffer.alloc(64 * 2 ** 20, ' '))
  const bomb = Buffer.concat(Array.from({ length: 16 }, () => member))
  const before = peakMiB()
  const answer = await hall.ask('Print-Job', { operation: { ...gzip, ...text }, document: bomb })
  assert.equal(answer.status, 'client-error-request-entity-too-large', answer.message)
  const grown = peakMiB() - before
  assert.ok(grown < 32, `${grown} MiB more`)
  await untilSpooled()
})
