/** Broken and hostile messages: each is refused as its own kind, with a status that fits, at a cost that its length allows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costRatio } from '../../testkit/cost.ts'
import { encodeRequest } from './encode.ts'
import { bytesOf, start, withNumber, withText } from './for-tests.ts'
import { createRequestReader, decodeRequest, decodeResponse } from './head-reader.ts'
import { IppError, type IppErrorKind, type IppLimits } from './ipp-error.ts'
import type { IppValue } from './message.ts'

const end = bytesOf(0x03)
const collection = (name: string) => bytesOf(0x34, { text: name }, [2, 0])
const closed = bytesOf(0x37, [2, 0], [2, 0])
const message = (...more: readonly Buffer[]) => Buffer.concat([start(0x000b), ...more, end])
const opening = { version: { major: 1, minor: 1 }, code: 0x000b, requestId: 1 }

function errorOf(run: () => unknown): IppError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof IppError, String(error))
    return error
  }
  throw new Error('Nothing was refused.')
}

function nested(depth: number): Buffer {
  const inner = [...Array(depth - 1)].map(() => Buffer.concat([withText(0x4a, '', 'm'), collection('')]))
  const innermost = Buffer.concat([withText(0x4a, '', 'm'), withText(0x44, '', 'k')])
  return message(collection('c'), ...inner, innermost, ...Array<Buffer>(depth).fill(closed))
}

const refused: Record<string, [kind: IppErrorKind, wire: Buffer]> = {
  'a value before any group': ['malformed', bytesOf(1, 1, [2, 2], [4, 1], 0x21, { text: 'a' }, [2, 4], [4, 1], 3)],
  'a group of tag 0': ['malformed', message(bytesOf(0x00))],
  'a request ID of 0': ['malformed', bytesOf(1, 1, [2, 2], [4, 0], 3)],
  'a negative request ID': ['malformed', bytesOf(1, 1, [2, 2], [4, 0x8000_0000], 3)],
  'a negative length of a name': ['malformed', message(bytesOf(0x44, [2, 0x8000]))],
  'a negative length of a value': ['malformed', message(bytesOf(0x44, { text: 'a' }, [2, 0xffff]))],
  'a value more, of no attribute': ['malformed', message(bytesOf(0x02), withText(0x44, '', 'a'))],
  'a member outside of a collection': ['malformed', message(withText(0x4a, 'a', 'b'))],
  'the end of a collection that never began': ['malformed', message(bytesOf(0x37, { text: 'a' }, [2, 0]))],
  'a collection that is not closed': ['malformed', message(collection('a'))],
  'a group within a collection': ['malformed', message(collection('a'), bytesOf(0x02), closed)],
  'an attribute within a collection': ['malformed', message(collection('a'), withText(0x4a, 'b', 'c'), closed)],
  'a collection with a value': ['malformed', message(withText(0x34, 'a', 'b'), closed)],
  'a collection that ends with a value': ['malformed', message(collection('a'), withText(0x37, '', 'b'))],
  'a value without a member': ['malformed', message(collection('a'), withText(0x44, '', 'b'), closed)],
  'a member without a value': ['malformed', message(collection('a'), withText(0x4a, '', 'b'), closed)],
  'a member without a name': [
    'malformed',
    message(collection('a'), withText(0x4a, '', ''), withText(0x44, '', 'b'), closed),
  ],
  'an integer of five bytes': ['value', message(bytesOf(0x21, { text: 'a' }, [2, 5], [5, 1]))],
  'an integer of no bytes': ['value', message(withText(0x21, 'a', ''))],
  'a boolean of 2': ['value', message(bytesOf(0x22, { text: 'a' }, [2, 1], 2))],
  'a dateTime of eight bytes': ['value', message(withText(0x31, 'a', '12345678'))],
  'a dateTime without a direction': ['value', message(withText(0x31, 'a', '12345678901'))],
  'a resolution of eight bytes': ['value', message(withText(0x32, 'a', '12345678'))],
  'a range of one number': ['value', message(withNumber(0x33, 'a', 1))],
  'a reason for no value that has one': ['value', message(withText(0x13, 'a', 'b'))],
  'a text with half a language': ['value', message(withText(0x35, 'a', 'b'))],
  'a text whose language is longer than it': ['value', message(bytesOf(0x35, { text: 'a' }, [2, 4], [2, 9], [2, 0]))],
  'a text that is longer than it says': ['value', message(bytesOf(0x35, { text: 'a' }, [2, 7], [2, 0], [2, 2], 'abc'))],
  'a text that is not UTF-8': ['value', message(bytesOf(0x41, { text: 'a' }, [2, 1], 0xff))],
  'a name that is not UTF-8': ['value', message(bytesOf(0x41, [2, 2], 0xc0, 0x80, [2, 0]))],
  'an attribute twice': ['duplicate', message(withText(0x44, 'a', 'b'), withText(0x44, 'a', 'c'))],
  'a member twice': [
    'duplicate',
    message(
      collection('a'),
      ...['b', 'c'].map((value) => Buffer.concat([withText(0x4a, '', 'm'), withText(0x44, '', value)])),
      closed,
    ),
  ],
  'a keyword of 256 bytes': ['too-long', message(withText(0x44, 'a', 'k'.repeat(256)))],
  'a text of 1024 bytes': ['too-long', message(withText(0x41, 'a', 't'.repeat(1024)))],
  'a name with a language of 64 bytes': [
    'too-long',
    message(bytesOf(0x36, { text: 'a' }, [2, 69], { text: 'l'.repeat(64) }, { text: 'n' })),
  ],
  'an attribute with a name of 256 bytes': ['too-long', message(withText(0x44, 'n'.repeat(256), 'a'))],
  'collections seventeen deep': ['too-large', nested(17)],
  'IPP/3': ['version', bytesOf(3, 0, [2, 2], [4, 1], 3)],
  'IPP/0': ['version', bytesOf(0, 9, [2, 2], [4, 1], 3)],
  'another charset': [
    'charset',
    bytesOf(1, 1, [2, 2], [4, 1], 1, 0x47, { text: 'attributes-charset' }, { text: 'iso-8859-1' }, 3),
  ],
}

const statuses: Partial<Record<IppErrorKind, number>> = {
  'too-long': 0x0409,
  'too-large': 0x0408,
  version: 0x0503,
  charset: 0x040d,
}

for (const [what, [kind, wire]] of Object.entries(refused))
  test(`refused: ${what}`, () => {
    const error = errorOf(() => decodeRequest(wire))
    assert.equal(error.kind, kind, error.message)
    assert.equal(error.statusCode, statuses[kind] ?? 0x0400)
    assert.equal(error.opening?.code, wire.readUInt16BE(2), 'an answer has to repeat whose it is')
    assert.ok(error.offset !== undefined && error.offset <= wire.length)
  })

test('what is exactly as long as it may be is read', () => {
  decodeRequest(nested(16))
  decodeRequest(message(withText(0x44, 'n'.repeat(255), 'k'.repeat(255)), withText(0x41, 'a', 't'.repeat(1023))))
})

test('of printers, longer values and attributes twice are taken: the first stands', () => {
  const { head } = decodeResponse(
    message(withText(0x41, 'a', 't'.repeat(1024)), withText(0x44, 'b', '1'), withText(0x44, 'b', '2')),
  )
  const [group] = head.groups
  assert.deepEqual(group?.attributes.get('a'), [{ tag: 'text', value: 't'.repeat(1024) }])
  assert.deepEqual(group?.attributes.get('b'), [{ tag: 'keyword', value: '1' }])
})

test('a message cut at every byte is not whole, and says so at its end with what is known of it', () => {
  const whole = message(collection('a'), withText(0x4a, '', 'm'), withNumber(0x21, '', 7), closed)
  for (let at = 0; at < whole.length; at++) {
    const reader = createRequestReader()
    assert.equal(reader.write(whole.subarray(0, at)), undefined)
    const error = errorOf(() => reader.end())
    assert.deepEqual([error.kind, error.offset, error.opening], ['cut', at, at < 8 ? undefined : opening])
  }
})

test('every byte of a message replaced by every other is read, or refused with an error of ours', () => {
  const whole = message(
    bytesOf(0x36, { text: 'a' }, [2, 6], { text: 'b' }, { text: 'c' }, 0x02),
    collection('d'),
    withText(0x4a, '', 'm'),
    withNumber(0x21, '', 7),
    closed,
  )
  for (let at = 0; at < whole.length; at++)
    for (let other = 0; other < 256; other++) {
      const changed = Buffer.from(whole)
      changed[at] = other
      try {
        decodeRequest(changed)
      } catch (error) {
        assert.ok(error instanceof IppError, `${other} at ${at}: ${error}`)
      }
    }
})

const limits: Record<keyof IppLimits, [allowed: number, wire: Buffer]> = {
  maxBytes: [start(0x000b).length + 1, message()],
  maxDepth: [3, nested(3)],
  maxGroups: [3, message(bytesOf(0x02, 0x02))],
  maxAttributes: [4, message(collection('a'), withText(0x4a, '', 'm'), withNumber(0x21, '', 7), closed)],
  maxValues: [4, message(withText(0x44, 'a', 'b'), withText(0x44, '', 'c'))],
}

for (const [limit, [allowed, wire]] of Object.entries(limits))
  test(`${limit} is a bound: what is as large is read, what is larger is refused`, () => {
    decodeRequest(wire, { [limit]: allowed })
    assert.equal(errorOf(() => decodeRequest(wire, { [limit]: allowed - 1 })).kind, 'too-large')
  })

test('attributes without an end are refused as soon as there is more than there may be, however they come', () => {
  const reader = createRequestReader({ maxBytes: 10_000 })
  assert.equal(reader.write(start(0x0002)), undefined)
  const one = withText(0x44, '', 'k'.repeat(200))
  let written = start(0x0002).length
  const error = errorOf(() => {
    for (; written < 20_000; written += one.length) reader.write(one)
  })
  assert.equal(error.kind, 'too-large')
  assert.ok(written <= 10_000)
})

test('a length that reaches beyond the bound is refused before its bytes come', () => {
  const reader = createRequestReader({ maxBytes: 10_000 })
  assert.equal(errorOf(() => reader.write(bytesOf(1, 1, [2, 2], [4, 1], 1, 0x44, [2, 0x7fff]))).kind, 'too-large')
})

/** Only the size is bound, so that each shape can be as bad as it gets. */
const unbound: Partial<IppLimits> = { maxBytes: 1e9, maxGroups: 1e9, maxAttributes: 1e9, maxValues: 1e9 }

const shapes: Record<string, (bytes: number) => Buffer> = {
  groups: (bytes) => Buffer.alloc(bytes, 0x02),
  'values of one attribute': (bytes) => repeat(withText(0x44, '', ''), bytes),
  attributes: (bytes) => {
    const all: Buffer[] = []
    for (let at = 0; at * 12 < bytes; at++) all.push(withText(0x44, String(at).padStart(7, '0'), ''))
    return Buffer.concat(all)
  },
  collections: (bytes) => repeat(Buffer.concat([collection(''), closed]), bytes),
}

function repeat(piece: Buffer, bytes: number): Buffer {
  return Buffer.concat(Array<Buffer>(Math.floor(bytes / piece.length)).fill(piece))
}

for (const [shape, make] of Object.entries(shapes))
  test(`cost grows with the size, not its square: ${shape}`, () => {
    const small = message(make(4_000))
    const large = message(make(32_000))
    const read = (wire: Buffer) => () => decodeRequest(wire, unbound)
    assertLinear(costRatio(read(large), read(small), quadratic))
  })

test('byte by byte costs no more than its length', () => {
  const byByte = (wire: Buffer) => () => {
    const reader = createRequestReader(unbound)
    for (let at = 0; at < wire.length; at++) reader.write(wire.subarray(at, at + 1))
  }
  const value = withText(0x30, 'a', 'v'.repeat(1000))
  const wire = (values: number) => message(value, ...Array<Buffer>(values).fill(withText(0x30, '', 'v'.repeat(1000))))
  assertLinear(costRatio(byByte(wire(80)), byByte(wire(10)), quadratic))
})

/** For 8 times the bytes 8 would be exactly linear, 64 is quadratic. */
const quadratic = 32
const assertLinear = (ratio: number) => assert.ok(ratio < quadratic, `${ratio.toFixed(1)} times for 8 times the bytes`)

const unwritable: Record<string, [kind: IppErrorKind, name: string, values: readonly IppValue[]]> = {
  'an attribute without a value': ['value', 'a', []],
  'an attribute without a name': ['value', '', [{ tag: 'integer', value: 1 }]],
  'a number that is no integer': ['value', 'a', [{ tag: 'integer', value: 1.5 }]],
  'a number beyond 32 bits': ['value', 'a', [{ tag: 'enum', value: 2 ** 31 }]],
  'half a character': ['value', 'a', [{ tag: 'text', value: '\ud800' }]],
  'a tag that is known, as unknown': ['value', 'a', [{ tag: 'other', code: 0x44, value: new Uint8Array() }]],
  'a delimiter as a value': ['value', 'a', [{ tag: 'other', code: 0x03, value: new Uint8Array() }]],
  'a value of 32 KiB': ['too-long', 'a', [{ tag: 'octetString', value: new Uint8Array(32_768) }]],
  'a text that is too long with its language': [
    'too-long',
    'a',
    [{ tag: 'textWithLanguage', value: 't'.repeat(32_760), language: 'en-us' }],
  ],
  'a member without a value': ['value', 'a', [{ tag: 'collection', value: new Map([['m', []]]) }]],
}

for (const [what, [kind, name, values]] of Object.entries(unwritable))
  test(`not written: ${what}`, () => {
    const groups = [{ kind: 'job', attributes: new Map([[name, values]]) } as const]
    const error = errorOf(() => encodeRequest({ version: { major: 2, minor: 0 }, operation: 2, requestId: 1, groups }))
    assert.equal(error.kind, kind)
  })

test('not written: a group whose tag ends the attributes, or is one of a value', () => {
  for (const kind of [0, 3, 0x10, -1]) {
    const groups = [{ kind, attributes: new Map() }]
    const request = { version: { major: 2, minor: 0 }, operation: 2, requestId: 1, groups }
    assert.equal(errorOf(() => encodeRequest(request)).kind, 'value')
  }
})
