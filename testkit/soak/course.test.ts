/** The course of a long load: a leak is seen, noise and a warm-up are none. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { checkCourse, type Sample, summarize } from './course.ts'

const hour = 3600

function samplesOf(hours: number, at: (seconds: number) => Partial<Sample>): Sample[] {
  const usual = {
    rssKilobytes: 100_000,
    descriptors: 40,
    calls: 500,
    p50Ms: 3,
    p99Ms: 20,
    loopLagSeconds: 0,
    online: 6,
  }
  return Array.from({ length: hours * 360 }, (_, number) => {
    const seconds = (number + 1) * 10
    return { seconds, ...usual, ...at(seconds) }
  })
}

const rulesOf = (samples: Sample[]) => checkCourse(summarize(samples)).map(({ words }) => words)

test('memory that grows by 5 % an hour is a leak, whatever its noise', () => {
  const random = createSeededRandom(7).fraction
  const leaking = samplesOf(2, (seconds) => ({
    rssKilobytes: 100_000 * (1 + (0.05 * seconds) / hour) + random() * 8000,
  }))
  assert.match(rulesOf(leaking)[0] ?? '', /^Memory grows by [45]\.\d\d % an hour\.$/)
  const noisy = samplesOf(2, () => ({ rssKilobytes: 100_000 + random() * 8000 }))
  assert.deepEqual(rulesOf(noisy), [])
})

test('what grows while it warms up is no leak', () => {
  const warming = samplesOf(2, (seconds) => ({ rssKilobytes: 60_000 + 40_000 * Math.min(1, seconds / 800) }))
  assert.deepEqual(rulesOf(warming), [])
})

test('a short run says nothing of the slope', () => {
  const steep = samplesOf(0.5, (seconds) => ({ rssKilobytes: 100_000 + seconds * 100 }))
  assert.equal(summarize(steep).slopePercentPerHour, undefined)
  assert.deepEqual(rulesOf(steep), [])
})

test('descriptors that are never given back are a leak, in a short run too', () => {
  const leaking = samplesOf(0.5, (seconds) => ({ descriptors: 40 + Math.floor(seconds / 10) }))
  assert.match(rulesOf(leaking)[0] ?? '', /^File descriptors went from \d+ to \d+\.$/)
})

test('the quarters have the middle of each: one slow sample does not speak for all', () => {
  const samples = samplesOf(1, (seconds) => ({ p99Ms: seconds === 100 ? 900 : seconds / 60 }))
  assert.deepEqual(
    summarize(samples).quarters.map(({ p99Ms }) => Math.round(p99Ms)),
    [8, 23, 38, 53],
  )
})
