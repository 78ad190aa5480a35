/** The histogram beside the sorted list that it stands for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { Histogram } from './histogram.ts'

test('its quantiles are within two percent of those of the sorted list', () => {
  const seed = 7
  const random = createSeededRandom(seed)
  const histogram = new Histogram()
  // From a microsecond to minutes, each size as likely.
  const all = Array.from({ length: 20_000 }, () => Math.round(2 ** (27 * random.fraction())))
  for (const us of all) histogram.add(us)
  all.sort((one, other) => one - other)
  for (const fraction of [0.001, 0.1, 0.5, 0.9, 0.99, 0.999]) {
    const exact = all[Math.ceil(fraction * all.length) - 1] ?? 0
    const told = histogram.quantile(fraction)
    assert.ok(Math.abs(told - exact) <= 1 + 0.02 * exact, `seed ${seed}: ${told} for ${exact} at ${fraction}`)
  }
  assert.equal(histogram.count, all.length)
  assert.equal(histogram.max, all.at(-1))
})

test('nothing counted is zero, and no quantile is above the largest', () => {
  const histogram = new Histogram()
  assert.deepEqual([histogram.quantile(0.5), histogram.max, histogram.count], [0, 0, 0])
  histogram.add(1000)
  assert.ok(histogram.quantile(1) <= 1000)
  histogram.add(0)
  histogram.add(2 ** 40)
  assert.deepEqual([histogram.max, histogram.count], [2 ** 40, 3])
})
