/** Slots: how much may happen at once, and how much may wait. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from './failure.ts'
import { createSlots } from './slots.ts'

test('S-D8 never more at once than there are slots, all in order, and one too many is refused', async () => {
  const inSlot = createSlots(2, 3)
  let running = 0
  let most = 0
  const order: number[] = []
  const work = (number: number) => async () => {
    running++
    most = Math.max(most, running)
    order.push(number)
    await new Promise((resolve) => setImmediate(resolve))
    running--
    return number
  }
  const results = Array.from({ length: 5 }, (_, number) => inSlot(work(number)))
  await assert.rejects(inSlot(work(5)), (error) => error instanceof Failure && error.code === 'unavailable')
  assert.deepEqual(await Promise.all(results), [0, 1, 2, 3, 4])
  assert.equal(most, 2)
  assert.deepEqual(order, [0, 1, 2, 3, 4])
  assert.equal(await inSlot(work(6)), 6)
})

test('a failure frees its slot', async () => {
  const inSlot = createSlots(1, 1)
  const fails = inSlot(async () => {
    throw new Error('no')
  })
  const next = inSlot(async () => 'yes')
  await assert.rejects(fails)
  assert.equal(await next, 'yes')
})
