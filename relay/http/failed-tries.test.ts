/** Failed tries slow down, and never shut out a right key. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createFailedTries, failedTriesLimits } from './failed-tries.ts'

const { free, forgivenAfterMs, stepMs, longestMs } = failedTriesLimits

test('S-D7 the first failed tries cost nothing, the next ones wait longer and longer, up to a bound', () => {
  const tries = createFailedTries()
  for (let count = 0; count < free; count++) assert.equal(tries.count('192.0.2.1', 0), 0)
  assert.equal(tries.count('192.0.2.1', 0), stepMs)
  assert.equal(tries.count('192.0.2.1', 0), 2 * stepMs)
  for (let count = 0; count < 10_000; count++) tries.count('192.0.2.1', 0)
  assert.equal(tries.count('192.0.2.1', 0), longestMs)
})

test('S-D7 what failed is forgiven with time, also after very many', () => {
  const tries = createFailedTries()
  for (let count = 0; count < 10_000; count++) tries.count('192.0.2.1', 0)
  assert.equal(tries.count('192.0.2.1', (free + 101) * forgivenAfterMs), 0)
})

test('S-D7 an IPv6 party is counted by its /64, another one is not touched', () => {
  const tries = createFailedTries()
  for (let count = 0; count < free; count++) tries.count(`2001:db8::${count.toString(16)}`, 0)
  assert.equal(tries.count('2001:db8::ffff', 0), stepMs)
  assert.equal(tries.count('2001:db8:0:1::1', 0), 0)
})

test('S-D7 memory is bounded, and the quietest network is forgotten first', () => {
  const tries = createFailedTries({ ...failedTriesLimits, maxNetworks: 3, free: 1 })
  tries.count('10.0.0.1', 0)
  tries.count('10.0.0.2', 0)
  tries.count('10.0.0.3', 0)
  tries.count('10.0.0.1', 0)
  tries.count('10.0.0.4', 0)
  assert.equal(tries.size, 3)
  assert.equal(tries.count('10.0.0.2', 0), 0)
  assert.ok(tries.count('10.0.0.1', 0) > 0)
})
