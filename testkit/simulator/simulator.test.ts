/** The simulator itself: the same seed is the same hour, and ordinary hours break nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { playHour } from './hour.ts'
import { playSeeds } from './seeds.ts'

test('the same seed is the same hour, whether it is recorded or not', async () => {
  for (const seed of [1, 2]) {
    const once = await playHour(seed)
    const again = await playHour(seed, { isRecorded: true })
    const third = await playHour(seed, { isRecorded: true })
    assert.equal(again.hash, once.hash, `seed ${seed}`)
    assert.deepEqual(third.happenings, again.happenings, `seed ${seed}`)
  }
})

test('neighbouring seeds are different hours', async () => {
  const [one, other] = [await playHour(1), await playHour(2)]
  assert.notEqual(one.hash, other.hash)
})

test('hostile hours break no invariant', async () => {
  const { failed, requests } = await playSeeds({ from: 1_000_000, seeds: 120, jobs: 2 })
  assert.equal(failed, undefined, `npm run simulate -- --seed ${failed?.seed}`)
  assert.ok(requests > 10_000, `only ${requests} requests were made`)
})
