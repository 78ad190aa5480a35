/** The clock that tests turn by hand, and the one of the system. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoffMs } from './backoff.ts'
import { createHandClock, systemClock } from './clock.ts'

test('what has come due runs in order of time, and what it sets within that time runs too', () => {
  const clock = createHandClock(0)
  const ran: string[] = []
  clock.at(20, () => ran.push('b'))
  clock.at(10, () => {
    ran.push('a')
    clock.at(15, () => ran.push('a, later'))
  })
  clock.at(12, () => ran.push('never')).cancel()
  clock.at(40, () => ran.push('not yet'))
  clock.pass(30)
  assert.deepEqual(ran, ['a', 'a, later', 'b'])
  assert.equal(clock.now(), 30)
})

test('the system clock rings, and not in the same turn', async () => {
  const { promise, resolve } = Promise.withResolvers<number>()
  let sameTurn = true
  systemClock.at(systemClock.now(), () => resolve(sameTurn ? 1 : 0))
  sameTurn = false
  assert.equal(await promise, 0)
})

test('a back-off is spread over all of its pause, and its pause doubles up to the longest', () => {
  const limits = { firstMs: 1_000, longestMs: 60_000 }
  assert.equal(backoffMs(0, limits, 0), 0)
  assert.equal(backoffMs(3, limits, 0.5), 4_000)
  assert.equal(backoffMs(1_000, limits, 0.999), 59_940)
  assert.throws(() => backoffMs(-1, limits, 0.5), RangeError)
})
