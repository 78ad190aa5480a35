/** The examples of RFC 8010 appendix A, byte for byte in both directions. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributesFrom, ipp } from './attributes.ts'
import { encodeRequest, encodeResponse } from './encode.ts'
import { bytesOf, pinetree, start, withNumber, withText } from './for-tests.ts'
import { createRequestReader, decodeRequest, decodeResponse } from './head-reader.ts'
import type { IppRequest, IppResponse, IppValue } from './message.ts'
import { ippOperations } from './operations.ts'
import { ippStatus } from './status.ts'

const version = { major: 1, minor: 1 }

function operation(more: Record<string, readonly IppValue[]>) {
  const first = {
    'attributes-charset': ipp.charset('utf-8'),
    'attributes-natural-language': ipp.naturalLanguage('en-us'),
  }
  return { kind: 'operation', attributes: attributesFrom({ ...first, ...more }) } as const
}

const job = (attributes: Record<string, readonly IppValue[]>) =>
  ({ kind: 'job', attributes: attributesFrom(attributes) }) as const

const requests: Record<string, [wire: Buffer, request: IppRequest, document?: string]> = {
  'A.1 Print-Job': [
    Buffer.concat([
      start(0x0002),
      withText(0x45, 'printer-uri', pinetree),
      withText(0x42, 'job-name', 'foobar'),
      bytesOf(0x22, { text: 'ipp-attribute-fidelity' }, [2, 1], 1, 0x02),
      withNumber(0x21, 'copies', 20),
      withText(0x44, 'sides', 'two-sided-long-edge'),
      bytesOf(0x03, '%!PDF...'),
    ]),
    {
      version,
      operation: ippOperations['Print-Job'],
      requestId: 1,
      groups: [
        operation({
          'printer-uri': ipp.uri(pinetree),
          'job-name': ipp.name('foobar'),
          'ipp-attribute-fidelity': ipp.boolean(true),
        }),
        job({ copies: ipp.integer(20), sides: ipp.keyword('two-sided-long-edge') }),
      ],
    },
    '%!PDF...',
  ],
  'A.6 Create-Job without attributes': [
    Buffer.concat([start(0x0005), withText(0x45, 'printer-uri', pinetree), bytesOf(0x03)]),
    {
      version,
      operation: ippOperations['Create-Job'],
      requestId: 1,
      groups: [operation({ 'printer-uri': ipp.uri(pinetree) })],
    },
  ],
  // As the RFC has it: the tag of the job's group is missing there.
  'A.7 Create-Job with a collection': [
    Buffer.concat([
      start(0x0005),
      withText(0x45, 'printer-uri', pinetree),
      bytesOf(0x34, { text: 'media-col' }, [2, 0]),
      withText(0x4a, '', 'media-size'),
      bytesOf(0x34, [2, 0], [2, 0]),
      withText(0x4a, '', 'x-dimension'),
      withNumber(0x21, '', 21_000),
      withText(0x4a, '', 'y-dimension'),
      withNumber(0x21, '', 29_700),
      bytesOf(0x37, [2, 0], [2, 0]),
      withText(0x4a, '', 'media-type'),
      withText(0x44, '', 'stationery'),
      bytesOf(0x37, [2, 0], [2, 0], 0x03),
    ]),
    {
      version,
      operation: ippOperations['Create-Job'],
      requestId: 1,
      groups: [
        operation({
          'printer-uri': ipp.uri(pinetree),
          'media-col': ipp.collection(
            attributesFrom({
              'media-size': ipp.collection(
                attributesFrom({ 'x-dimension': ipp.integer(21_000), 'y-dimension': ipp.integer(29_700) }),
              ),
              'media-type': ipp.keyword('stationery'),
            }),
          ),
        }),
      ],
    },
  ],
  'A.8 Get-Jobs': [
    Buffer.concat([
      start(0x000a, 123),
      withText(0x45, 'printer-uri', pinetree),
      withNumber(0x21, 'limit', 50),
      withText(0x44, 'requested-attributes', 'job-id'),
      withText(0x44, '', 'job-name'),
      withText(0x44, '', 'document-format'),
      bytesOf(0x03),
    ]),
    {
      version,
      operation: ippOperations['Get-Jobs'],
      requestId: 123,
      groups: [
        operation({
          'printer-uri': ipp.uri(pinetree),
          limit: ipp.integer(50),
          'requested-attributes': ipp.keyword('job-id', 'job-name', 'document-format'),
        }),
      ],
    },
  ],
}

const successful = withText(0x41, 'status-message', 'successful-ok')
const refused = 'client-error-attributes-or-values-not-supported'

const responses: Record<string, [wire: Buffer, response: IppResponse]> = {
  'A.2 Print-Job, successful': [
    Buffer.concat([
      start(0x0000),
      successful,
      bytesOf(0x02),
      withNumber(0x21, 'job-id', 147),
      withText(0x45, 'job-uri', `${pinetree}/147`),
      withNumber(0x23, 'job-state', 3),
      bytesOf(0x03),
    ]),
    {
      version,
      status: ippStatus['successful-ok'],
      requestId: 1,
      groups: [
        operation({ 'status-message': ipp.text('successful-ok') }),
        job({ 'job-id': ipp.integer(147), 'job-uri': ipp.uri(`${pinetree}/147`), 'job-state': ipp.enum(3) }),
      ],
    },
  ],
  'A.3 Print-Job, refused': [
    Buffer.concat([
      start(0x040b),
      withText(0x41, 'status-message', refused),
      bytesOf(0x05),
      withNumber(0x21, 'copies', 20),
      bytesOf(0x10, { text: 'sides' }, [2, 0], 0x03),
    ]),
    {
      version,
      status: ippStatus[refused],
      requestId: 1,
      groups: [
        operation({ 'status-message': ipp.text(refused) }),
        {
          kind: 'unsupported',
          attributes: attributesFrom({ copies: ipp.integer(20), sides: ipp.none('unsupported') }),
        },
      ],
    },
  ],
  'A.9 Get-Jobs, of which one job may not be seen': [
    Buffer.concat([
      start(0x0000, 123),
      successful,
      bytesOf(0x02),
      withNumber(0x21, 'job-id', 147),
      bytesOf(0x36, { text: 'job-name' }, [2, 12], { text: 'fr-ca' }, { text: 'fou' }),
      bytesOf(0x02, 0x02),
      withNumber(0x21, 'job-id', 149),
      bytesOf(0x36, { text: 'job-name' }, [2, 18], { text: 'de-CH' }, { text: 'isch guet' }, 0x03),
    ]),
    {
      version,
      status: ippStatus['successful-ok'],
      requestId: 123,
      groups: [
        operation({ 'status-message': ipp.text('successful-ok') }),
        job({ 'job-id': ipp.integer(147), 'job-name': [{ tag: 'nameWithLanguage', value: 'fou', language: 'fr-ca' }] }),
        job({}),
        job({
          'job-id': ipp.integer(149),
          'job-name': [{ tag: 'nameWithLanguage', value: 'isch guet', language: 'de-CH' }],
        }),
      ],
    },
  ],
}

for (const [name, [wire, request, document = '']] of Object.entries(requests))
  test(`${name}: the request's bytes are the request`, () => {
    const { head, rest } = decodeRequest(wire)
    assert.deepEqual(head, request)
    assert.equal(Buffer.from(rest).toString(), document)
    assert.deepEqual(Buffer.concat([encodeRequest(request), Buffer.from(document)]), wire)
  })

for (const [name, [wire, response]] of Object.entries(responses))
  test(`${name}: the response's bytes are the response`, () => {
    assert.deepEqual(decodeResponse(wire).head, response)
    assert.deepEqual(Buffer.from(encodeResponse(response)), wire)
  })

test('the examples come out the same wherever they are cut, and are never whole before', () => {
  for (const [wire, request, document = ''] of Object.values(requests)) {
    const end = wire.length - document.length
    for (let at = 0; at <= wire.length; at++) {
      const pieces = cutRequest(wire, at)
      assert.deepEqual(pieces.head, request, `cut at ${at}`)
      assert.equal(pieces.wasWhole, at >= end)
    }
  }
})

function cutRequest(wire: Buffer, at: number) {
  const reader = createRequestReader()
  const first = reader.write(wire.subarray(0, at))
  return { wasWhole: first !== undefined, head: (first ?? reader.write(wire.subarray(at)))?.head }
}
