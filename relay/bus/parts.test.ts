/** Large items come together again, and what never will does not stay in memory. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { maxMessageBytes } from './bus.ts'
import { createParts } from './parts.ts'

const part = (transfer: number, offset: number, text: string, totalBytes = 6) => ({
  transfer,
  totalBytes,
  offset,
  bytes: Buffer.from(text),
})

function open() {
  const clock = createHandClock()
  return { clock, parts: createParts(clock) }
}

test('an item is there with its last part, and two at once do not mix', () => {
  const { parts } = open()
  assert.equal(parts.add('a', part(1, 0, 'abc')), undefined)
  assert.equal(parts.add('a', part(2, 0, 'ABC')), undefined)
  assert.equal(parts.add('b', part(1, 0, 'xyz')), undefined)
  assert.equal(String(parts.add('a', part(1, 3, 'def'))), 'abcdef')
  assert.equal(String(parts.add('a', part(2, 3, 'DEF'))), 'ABCDEF')
  assert.equal(parts.heldBytes(), 6)
})

test('a part that is missing, twice there or too long is the end of its item', () => {
  for (const wrong of [part(1, 4, 'e'), part(1, 0, 'abc'), part(1, 3, 'defg')]) {
    const { parts } = open()
    parts.add('a', part(1, 0, 'abc'))
    assert.equal(parts.add('a', wrong), undefined)
    assert.equal(parts.add('a', part(1, 3, 'def')), undefined)
    assert.equal(parts.heldBytes(), 0)
  }
})

test('an item whose beginning was not heard is not waited for', () => {
  const { parts } = open()
  assert.equal(parts.add('a', part(1, 3, 'def')), undefined)
  assert.equal(parts.heldBytes(), 0)
})

test('an item that is not whole after 30 seconds is dropped', () => {
  const { clock, parts } = open()
  parts.add('a', part(1, 0, 'abc'))
  clock.pass(29_999)
  assert.equal(parts.heldBytes(), 6)
  clock.pass(1)
  assert.equal(parts.heldBytes(), 0)
})

test('one sender fills only so much memory, and no item is larger than a message', () => {
  const { parts } = open()
  parts.add('a', part(1, 0, 'abc', maxMessageBytes + 2_000))
  assert.equal(parts.heldBytes(), 0)
  for (let transfer = 1; transfer <= 5; transfer++) parts.add('a', part(transfer, 0, 'abc', maxMessageBytes))
  assert.equal(parts.heldBytes(), 2 * maxMessageBytes)
  parts.add('b', part(1, 0, 'abc', 100))
  assert.equal(parts.heldBytes(), 2 * maxMessageBytes + 100)
  parts.clear()
  assert.equal(parts.heldBytes(), 0)
})
