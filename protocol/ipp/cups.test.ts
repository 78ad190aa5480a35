/** CUPS as the other side: a printer of its own is asked, and its client is answered. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import { startProcess } from '../../testkit/process.ts'
import { attributesFrom, attributesOf, findAll, findOne, ipp, mustFindOne } from './attributes.ts'
import { encodeRequest, encodeResponse } from './encode.ts'
import { createRequestReader, createResponseReader, type IppRead } from './head-reader.ts'
import type { IppRequest, IppResponse } from './message.ts'
import { ippOperations } from './operations.ts'
import { ippStatus } from './status.ts'

const operation = {
  'attributes-charset': ipp.charset('utf-8'),
  'attributes-natural-language': ipp.naturalLanguage('en'),
}

test('an IPP Everywhere printer understands what is written here, and its answer is read whole', async () => {
  await using printer = await openIppEvePrinter()
  const address = `http://localhost:${printer.port}/ipp/print`
  const request = encodeRequest({
    version: { major: 2, minor: 0 },
    operation: ippOperations['Get-Printer-Attributes'],
    requestId: 2_147_483_647,
    groups: [
      {
        kind: 'operation',
        attributes: attributesFrom({
          ...operation,
          'printer-uri': ipp.uri(printer.uri),
          'requested-attributes': ipp.keyword('all', 'media-col-database'),
        }),
      },
    ],
  })
  const answer = await fetch(address, { method: 'POST', headers: { 'content-type': 'application/ipp' }, body: request })
  assert.equal(answer.status, 200)
  const wire = new Uint8Array(await answer.arrayBuffer())
  const { head, rest } = inPieces(wire)
  assert.equal(head.status, ippStatus['successful-ok'])
  assert.equal(head.requestId, 2_147_483_647)
  assert.equal(rest.length, 0)

  const attributes = attributesOf(head.groups, 'printer')
  assert.ok(attributes.size > 100, `${attributes.size}`)
  assert.equal(findOne(attributes, 'printer-name', 'name'), 'Fairlead')
  assert.ok(findAll(attributes, 'operations-supported', 'enum')?.includes(ippOperations['Print-Job']))
  const media = findAll(attributes, 'media-col-database', 'collection') ?? []
  const size = mustFindOne(media[0] ?? new Map(), 'media-size', 'collection')
  assert.ok(mustFindOne(size, 'x-dimension', 'integer') > 0)
  assert.deepEqual(Buffer.from(encodeResponse(head)), Buffer.from(wire))
})

/** As a socket would bring it. */
function inPieces(wire: Uint8Array): IppRead<IppResponse> {
  const reader = createResponseReader()
  for (let at = 0; at < wire.length; at += 100) {
    const read = reader.write(wire.subarray(at, at + 100))
    if (read !== undefined) return read
  }
  return reader.end()
}

const printJob = `{
  NAME "Print-Job"
  OPERATION Print-Job
  GROUP operation-attributes-tag
  ATTR charset attributes-charset utf-8
  ATTR naturalLanguage attributes-natural-language en
  ATTR uri printer-uri $uri
  ATTR mimeMediaType document-format text/plain
  GROUP job-attributes-tag
  ATTR integer copies 3
  ATTR collection media-col { MEMBER collection media-size {
    MEMBER integer x-dimension 21000 MEMBER integer y-dimension 29700 } MEMBER keyword media-type stationery }
  ATTR resolution printer-resolution 600dpi
  FILE $filename
  STATUS successful-ok
  EXPECT job-id OF-TYPE integer IN-GROUP job-attributes-tag WITH-VALUE 7
  EXPECT job-state-reasons OF-TYPE keyword COUNT 2
  EXPECT date-time-at-creation OF-TYPE dateTime
}
`

test('what ipptool sends is read, with the document behind it, and it takes the answer', async () => {
  await using folder = await openFolder()
  const said: { request: IppRequest; document: string }[] = []
  const server = createServer(async (request, response) => {
    const { head, document } = await readMessage(request)
    said.push({ request: head, document })
    response.setHeader('content-type', 'application/ipp')
    response.end(encodeResponse(answerFor(head)))
  })
  await using _ = { [Symbol.asyncDispose]: async () => void server.close() }
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const uri = `ipp://localhost:${address.port}/ipp/print`

  await writeFile(join(folder.path, 'print-job.test'), printJob)
  await writeFile(join(folder.path, 'document.txt'), 'Zeile für Zeile\n'.repeat(10_000))
  const words = ['-tv', '-f', join(folder.path, 'document.txt'), uri, join(folder.path, 'print-job.test')]
  await using tool = await startProcess('ipptool', words)
  const { code } = await tool.exited
  assert.equal(code, 0, JSON.stringify(tool.output()))

  const last = said.at(-1)
  assert.equal(last?.request.operation, ippOperations['Print-Job'])
  assert.equal(last?.document, 'Zeile für Zeile\n'.repeat(10_000))
  const operationAttributes = attributesOf(last?.request.groups ?? [], 'operation')
  assert.equal(findOne(operationAttributes, 'printer-uri', 'uri'), uri)
  const job = attributesOf(last?.request.groups ?? [], 'job')
  assert.equal(findOne(job, 'copies', 'integer'), 3)
  assert.deepEqual(findOne(job, 'printer-resolution', 'resolution'), { crossFeed: 600, feed: 600, units: 3 })
  const size = mustFindOne(mustFindOne(job, 'media-col', 'collection'), 'media-size', 'collection')
  assert.equal(findOne(size, 'y-dimension', 'integer'), 29_700)
})

async function readMessage(request: IncomingMessage): Promise<{ head: IppRequest; document: string }> {
  const reader = createRequestReader()
  let head: IppRequest | undefined
  const document: Uint8Array[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (head !== undefined) document.push(chunk)
    const read = head === undefined ? reader.write(chunk) : undefined
    if (read === undefined) continue
    head = read.head
    document.push(read.rest)
  }
  return { head: head ?? reader.end(), document: Buffer.concat(document).toString() }
}

function answerFor({ version, requestId }: IppRequest): IppResponse {
  const job = attributesFrom({
    'job-id': ipp.integer(7),
    'job-uri': ipp.uri('ipp://localhost/ipp/print/7'),
    'job-state': ipp.enum(3),
    'job-state-reasons': ipp.keyword('job-incoming', 'job-queued'),
    'date-time-at-creation': ipp.dateTime({
      ...{ year: 2026, month: 11, day: 28, hour: 9, minute: 0, second: 0, decisecond: 0 },
      ...{ direction: '+', offsetHours: 9, offsetMinutes: 0 },
    }),
  })
  return {
    version,
    status: ippStatus['successful-ok'],
    requestId,
    groups: [
      { kind: 'operation', attributes: attributesFrom(operation) },
      { kind: 'job', attributes: job },
    ],
  }
}
