/** The items of a batch: bytes and back, and none of a batch that is cut off. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Item, itemLength, readItems, writeItem } from './items.ts'

const items: Item[] = [
  { type: 'ask', id: 0xfffffffe, timeoutMs: 30_000, head: Buffer.from('{"a":1}'), body: Buffer.from([0, 255]) },
  { type: 'say', id: 0, timeoutMs: 0, head: Buffer.from('{}'), body: undefined },
  { type: 'internal', id: 1, timeoutMs: 0xffffffff, head: Buffer.from('{}'), body: Buffer.alloc(0) },
]

function written(): Buffer {
  const bytes = Buffer.alloc(items.reduce((sum, item) => sum + itemLength(item), 0))
  let at = 0
  for (const item of items) at = writeItem(bytes, at, item)
  assert.equal(at, bytes.length)
  return bytes
}

test('they are laid out as the document says', () => {
  const [first, second] = [
    '01fffffffe000075300000000700000002' + '7b2261223a317d' + '00ff',
    '00000000000000000000000002ffffffff' + '7b7d',
  ]
  assert.equal(
    written()
      .toString('hex')
      .slice(0, first.length + second.length),
    first + second,
  )
})

test('they are read as they were written', () => {
  assert.deepEqual([...readItems(written())], items)
})

test('every shorter batch gives the whole items before the cut, and then an error', () => {
  const bytes = written()
  const ends = new Set(items.map((_, n) => items.slice(0, n + 1).reduce((sum, item) => sum + itemLength(item), 0)))
  for (let length = 1; length < bytes.length; length++) {
    if (ends.has(length)) continue
    assert.throws(() => [...readItems(bytes.subarray(0, length))], RangeError, `${length} bytes`)
  }
})

test('an item of no known type is an error', () => {
  const bytes = written()
  bytes[0] = 99
  assert.throws(() => [...readItems(bytes)], RangeError)
})
