/** A request ends once, whatever comes after, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { createAsks } from './asks.ts'

test('so many may wait, and no more; one that ends makes room', async () => {
  const clock = createHandClock()
  const asks = createAsks(clock, 2)
  const [first] = [asks.open('x', 1_000), asks.open('x', 2_000).answer.catch(() => {})]
  assert.throws(() => asks.open('x', 1_000), { kind: 'disconnected', sent: false })
  clock.pass(1_000)
  await assert.rejects(first.answer, { kind: 'timeout', sent: false })
  asks.open('x', 1_000)
})

test('nobody heard one that is answered already: the answer counts', async () => {
  const asks = createAsks(createHandClock())
  const [one, other] = [asks.open('x', 1_000), asks.open('x', 1_000)]
  const batch = asks.leave([one.ask, other.ask])
  asks.answered(one.ask.id, { head: { n: 1 } })
  asks.nobodyHeard(batch)
  asks.answered(other.ask.id, { head: { n: 2 } })
  assert.deepEqual((await one.answer).head, { n: 1 })
  await assert.rejects(other.answer, { kind: 'no-responders', sent: false })
})

test('a batch is forgotten with the last of its requests', async () => {
  const asks = createAsks(createHandClock())
  const { ask, answer } = asks.open('x', 1_000)
  const batch = asks.leave([ask])
  asks.answered(ask.id, { head: {} })
  await answer
  asks.nobodyHeard(batch)
  asks.failAll('gone')
})

test('the end of all tells each whether it had left', async () => {
  const asks = createAsks(createHandClock())
  const [one, other] = [asks.open('x', 1_000), asks.open('x', 1_000)]
  one.ask.sent = true
  asks.failAll('gone')
  await assert.rejects(one.answer, { kind: 'disconnected', sent: true })
  await assert.rejects(other.answer, { kind: 'disconnected', sent: false })
})
