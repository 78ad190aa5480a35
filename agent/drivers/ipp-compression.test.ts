/** Documents that go compressed to CUPS' own printer, with a look at what is on the way, and a word against it from there. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { systemClock } from '@fairlead/base'
import {
  attributesOf,
  createRequestReader,
  encodeResponse,
  findOne,
  type IppRequest,
  type IppStatus,
  ipp,
  ippOperations,
  ippStatus,
} from '@fairlead/protocol/ipp'
import { openFolder } from '../../testkit/folder.ts'
import { type IppEvePrinter, openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import { print } from '../../testkit/printers/printed.ts'
import { until } from '../../testkit/until.ts'
import { isWorthPacking } from './ipp-compression.ts'

const stack = new AsyncDisposableStack()
let printer: IppEvePrinter
let onSinceMs = 0
let way: Server
let uri: string
let page: string
let pdf: string
/** Documents that went by, as they did. */
let sent: { compression: string | undefined; length: string | undefined; document: Uint8Array }[] = []
/** What the printer is made to say to a document that is compressed. */
let refusal: IppStatus | 411 | 'hangs up' | undefined

before(async () => {
  const folder = stack.use(await openFolder())
  page = join(folder.path, 'page')
  pdf = join(folder.path, 'pdf')
  await writeFile(page, 'A line of text, again and again.\n'.repeat(40_000))
  await writeFile(pdf, `%PDF-1.4\n${' '.repeat(100_000)}`)
  printer = stack.use(await openIppEvePrinter(['-c', '/bin/true', '-f', 'text/plain,application/pdf']))
  onSinceMs = performance.now()
  way = createServer(async (question, answer) => {
    const whole = await buffer(question)
    const reader = createRequestReader()
    const { head, rest } = reader.write(whole) ?? assert.fail('a whole head')
    const refused = seen(head, rest, question.headers['content-length'])
    if (refused === 'hangs up') return void question.socket.destroy()
    if (refused === 411) return void answer.writeHead(411).end()
    if (refused !== undefined) return void answer.writeHead(200).end(refused)
    const { 'transfer-encoding': _, ...headers } = question.headers
    const on = request({ port: printer.port, path: question.url, method: 'POST', headers })
    on.end(whole)
    const [told] = await once(on, 'response')
    answer.writeHead(told.statusCode, told.headers)
    told.pipe(answer)
  })
  way.listen(0, 'localhost')
  await once(way, 'listening')
  stack.defer(() => void way.close())
  uri = `ipp://localhost:${(way.address() as AddressInfo).port}/ipp/print`
})
after(() => stack.disposeAsync())
beforeEach(() => {
  sent = []
  refusal = undefined
})

/** @returns what is answered in the printer's place */
function seen(head: IppRequest, document: Uint8Array, length: string | undefined) {
  if (head.operation !== ippOperations['Send-Document']) return undefined
  const compression = findOne(attributesOf(head.groups, 'operation'), 'compression', 'keyword')
  sent.push({ compression, length, document })
  if (compression === undefined || refusal === undefined) return undefined
  if (refusal === 411 || refusal === 'hangs up') return refusal
  const groups = [{ kind: 'operation', attributes: new Map() } as const]
  return encodeResponse({
    version: { major: 1, minor: 1 },
    status: ippStatus[refusal],
    requestId: head.requestId,
    groups,
  })
}

const untilDone = async (file: string, format?: string) => {
  const end = await (await print(uri, { file, ...(format !== undefined && { format }) }, systemClock)).end
  assert.equal(end.state, 'done', JSON.stringify(end))
  return await readFile((await printer.spool()).at(-1) ?? assert.fail('it has the document'))
}

test('N1 text goes compressed to a stock printer, in chunks, and comes out as it was; a PDF goes as it is', async () => {
  const text = await readFile(page)
  assert.ok((await untilDone(page)).equals(text))
  const [packed = assert.fail('it went by')] = sent
  assert.deepEqual([packed.compression, packed.length], ['gzip', undefined])
  assert.ok(packed.document.length < text.length / 20, `${packed.document.length} bytes`)
  assert.ok(gunzipSync(packed.document).equals(text))
  assert.ok((await untilDone(pdf, 'application/pdf')).equals(await readFile(pdf)))
  assert.deepEqual([sent[1]?.compression, sent[1]?.document.length], [undefined, 100_009])
})

for (const status of [
  'client-error-compression-not-supported',
  'client-error-compression-error',
  411,
  'hangs up',
] as const)
  test(`N1 a printer that says gzip and then ${status === 'hangs up' ? status : `answers ${status}`} gets the document as it is`, async () => {
    // It tells whole seconds: of one that was just switched on nobody knows that it was on all the time, and the end is `unknown`.
    if (status === 'hangs up')
      await until('the printer has been on for a while', () => performance.now() - onSinceMs > 6000)
    refusal = status
    const text = await readFile(page)
    assert.ok((await untilDone(page)).equals(text))
    assert.deepEqual(
      sent.map(({ compression }) => compression),
      ['gzip', undefined],
    )
    assert.notEqual(sent[1]?.length, undefined)
  })

test('N1 what becomes no smaller, or is small, and what the printer does not take compressed goes as it is', () => {
  const can = new Map([['compression-supported', ipp.keyword('none', 'gzip')]])
  const cases: [format: string, bytes: number, is: boolean][] = [
    ['image/pwg-raster', 1e6, true],
    ['application/vnd.hp-PCL', 1e6, true],
    ['image/pwg-raster', 1000, false],
    ['application/pdf', 1e6, false],
    ['image/jpeg', 1e6, false],
    ['application/octet-stream', 1e6, false],
  ]
  for (const [format, bytes, is] of cases) assert.equal(isWorthPacking(can, { format, bytes }), is, format)
  for (const told of [new Map(), new Map([['compression-supported', ipp.keyword('none', 'deflate')]])])
    assert.equal(isWorthPacking(told, { format: 'image/pwg-raster', bytes: 1e6 }), false)
})
