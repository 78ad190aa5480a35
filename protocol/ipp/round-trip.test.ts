/** Whatever can be said in IPP is written and read again the same, in whatever pieces it comes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeRequest, encodeResponse } from './encode.ts'
import { createRequestReader, decodeRequest, decodeResponse } from './head-reader.ts'
import type { IppAttributes, IppRequest, IppValue } from './message.ts'

/** Plain objects, as decoders make them. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true })
}

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
const byte = fc.integer({ min: 0, max: 255 })
/** At most four bytes each: within the shortest bound, that of languages. */
const text = fc.string({ unit: 'binary', maxLength: 15 })
const bytes = fc.uint8Array({ maxLength: 40 })

const plain: fc.Arbitrary<IppValue> = fc.oneof(
  record({ tag: fc.constantFrom('integer', 'enum'), value: int32 }),
  record({ tag: fc.constant('boolean'), value: fc.boolean() }),
  record({
    tag: fc.constantFrom('text', 'name', 'keyword', 'uri', 'uriScheme', 'naturalLanguage', 'charset', 'mimeMediaType'),
    value: text,
  }),
  record({ tag: fc.constantFrom('textWithLanguage', 'nameWithLanguage'), value: text, language: text }),
  record({ tag: fc.constant('octetString'), value: bytes }),
  record({
    tag: fc.constant('dateTime'),
    value: record({
      year: fc.integer({ min: 0, max: 65_535 }),
      month: byte,
      day: byte,
      hour: byte,
      minute: byte,
      second: byte,
      decisecond: byte,
      direction: fc.constantFrom('+', '-'),
      offsetHours: byte,
      offsetMinutes: byte,
    }),
  }),
  record({
    tag: fc.constant('resolution'),
    value: record({ crossFeed: int32, feed: int32, units: fc.integer({ min: -128, max: 127 }) }),
  }),
  record({ tag: fc.constant('rangeOfInteger'), value: record({ lower: int32, upper: int32 }) }),
  record({
    tag: fc.constantFrom('unsupported', 'unknown', 'no-value', 'not-settable', 'delete-attribute', 'admin-define'),
  }),
  // Reserved, the extension of RFC 8010 §3.5.2, and tags without a meaning.
  record({
    tag: fc.constant('other'),
    code: fc.constantFrom(0x11, 0x20, 0x38, 0x40, 0x43, 0x7f, 0xff),
    value: bytes,
  }),
)

const name = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 })

function attributesOf(value: fc.Arbitrary<IppValue>): fc.Arbitrary<IppAttributes> {
  const one = fc.tuple(name, fc.array(value, { minLength: 1, maxLength: 2 }))
  return fc.uniqueArray(one, { selector: ([key]) => key, maxLength: 3 }).map((entries) => new Map(entries))
}

const { value } = fc.letrec<{ value: IppValue; collection: IppValue }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', maxDepth: 3 }, plain, tie('collection')),
  collection: attributesOf(tie('value')).map((members) => ({ tag: 'collection', value: members })),
}))

const group = record({
  kind: fc.constantFrom(
    'operation' as const,
    'job' as const,
    'printer' as const,
    'unsupported' as const,
    'subscription' as const,
    'event-notification' as const,
    'resource' as const,
    'document' as const,
    'system' as const,
    0x0b,
    0x0f,
  ),
  attributes: attributesOf(value),
})

const request: fc.Arbitrary<IppRequest> = record({
  version: record({ major: fc.constantFrom(1, 2), minor: fc.integer({ min: 0, max: 127 }) }),
  operation: fc.integer({ min: 0, max: 0xffff }),
  requestId: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
  groups: fc.array(group, { maxLength: 4 }),
})

test('a request is read as it was written, and its document begins where it ends', () => {
  fc.assert(
    fc.property(request, bytes, (said, document) => {
      const { head, rest } = decodeRequest(Buffer.concat([encodeRequest(said), document]))
      assert.deepEqual(head, said)
      assert.deepEqual(Buffer.from(rest), Buffer.from(document))
    }),
    { numRuns: 100 },
  )
})

test('a response is read as it was written', () => {
  fc.assert(
    fc.property(request, ({ operation, ...more }) => {
      const response = { ...more, status: operation }
      assert.deepEqual(decodeResponse(encodeResponse(response)).head, response)
    }),
    { numRuns: 60 },
  )
})

test('a request that comes byte by byte out of one buffer is the request', () => {
  fc.assert(
    fc.property(request, (said) => {
      const reader = createRequestReader()
      const wire = encodeRequest(said)
      const one = new Uint8Array(1)
      for (const [at, next] of wire.entries()) {
        one[0] = next
        const read = reader.write(one)
        assert.equal(read !== undefined, at === wire.length - 1)
        if (read !== undefined) assert.deepEqual(read.head, said)
      }
    }),
    { numRuns: 20 },
  )
})
