/** The order of a device is broken only by what was surely asked later and done earlier. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attempt, Deed } from './history.ts'
import { checkOrder } from './order.ts'

function deed(token: string, call: Partial<Attempt> & { outcome: string }, place: number | undefined): Deed {
  const { outcome, startedMs = 0, endedMs = startedMs + 50 } = call
  const told = { status: 202, outcome, code: undefined, requestId: token, replayed: false, answer: undefined }
  const attempt: Attempt = { startedMs, endedMs, timeoutMs: 1000, isAsync: true, hungUp: false, told }
  const executions = place === undefined ? [] : [{ device: 'hand-1', token, place }]
  return {
    token,
    device: 'hand-1',
    kind: 'set',
    key: undefined,
    isDeferred: false,
    attempts: [attempt],
    executions,
    receipts: [],
  }
}

const later = { outcome: 'answered', startedMs: 100 }
const brokenBy = (...deeds: Deed[]) => checkOrder(deeds).map(({ rule }) => rule)

test('I5 what was pending before another was asked for is done before it', () => {
  const first = (place: number | undefined) => deed('one', { outcome: 'pending' }, place)
  assert.deepEqual(brokenBy(first(1), deed('two', later, 2)), [])
  assert.deepEqual(brokenBy(first(undefined), deed('two', later, 2)), [])
  assert.deepEqual(brokenBy(first(2), deed('two', later, 1)), ['overtaken'])
})

test('I5 two that were asked for at the same time, or of which nobody knows when it was taken, have no order', () => {
  assert.deepEqual(brokenBy(deed('one', { outcome: 'pending', endedMs: 150 }, 2), deed('two', later, 1)), [])
  assert.deepEqual(brokenBy(deed('one', { outcome: 'answered' }, 2), deed('two', later, 1)), [])
})

test('I5 what only reads waits for no change', () => {
  const read: Deed = { ...deed('two', later, 1), kind: 'get' }
  assert.deepEqual(brokenBy(deed('one', { outcome: 'pending' }, 2), read), [])
})

test('I5 what was given up and is asked anew has a new place', () => {
  const first = deed('one', { outcome: 'pending' }, 2)
  const receipts = [{ requestId: 'one', status: 200, outcome: 'not-sent', answer: undefined }]
  assert.deepEqual(brokenBy({ ...first, receipts }, deed('two', later, 1)), [])
})

test('I5 while devices go from node to node only what is deferred is sure of its place', () => {
  const first = deed('one', { outcome: 'pending' }, 2)
  const both = (isDeferred: boolean) => checkOrder([{ ...first, isDeferred }, deed('two', later, 1)], true)
  assert.equal(both(false).length, 0)
  assert.equal(both(true).length, 1)
})

test('I5 each device has its own order', () => {
  const elsewhere = { ...deed('one', { outcome: 'pending' }, 2), device: 'hand-2' }
  assert.deepEqual(brokenBy(elsewhere, deed('two', later, 1)), [])
})
