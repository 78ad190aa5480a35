/** The level of overload: what makes it rise, what does not, and that it always comes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { calm, type LoadState, type Sample, step } from './load-machine.ts'

const everyMs = 500
const limits = { lagMs: 200, heapShare: 0.75 }
const quiet: Sample = { lagMs: 3, heapShare: 0.4 }

/** @returns the states after each sample, half a second apart */
function play(samples: readonly Sample[], from: LoadState = calm): LoadState[] {
  let state = from
  return samples.map((sample, at) => {
    state = step(state, sample, at * everyMs, limits)
    return state
  })
}

const times = (count: number, sample: Sample) => Array.from({ length: count }, () => sample)
const levelsOf = (states: readonly LoadState[]) => states.map(({ level }) => level)
const samples = fc.array(
  fc.record({
    lagMs: fc.double({ min: 0, max: 10_000, noNaN: true }),
    heapShare: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 60 },
)

test('R-12 each level begins at a share of the heap of its own, all of them before 85 %', () => {
  const levelAt = (heapShare: number) => step(calm, { lagMs: 0, heapShare }, 0, limits).level
  assert.deepEqual([0.74, 0.75, 0.78, 0.81, 0.84, 1].map(levelAt), [0, 1, 2, 3, 4, 4])
})

test('R-12 who says that it begins later has all levels later, and none of them beyond the heap', () => {
  const late = { lagMs: 1000, heapShare: 0.9 }
  const levelAt = (heapShare: number) => step(calm, { lagMs: 0, heapShare }, 0, late).level
  assert.deepEqual([0.89, 0.9, 0.912, 0.924, 0.936, 1].map(levelAt), [0, 1, 2, 3, 4, 4])
  let state = calm
  for (let at = 0; at < 8; at++) state = step(state, { lagMs: 1900, heapShare: 0.4 }, at * everyMs, late)
  assert.equal(state.level, 1)
})

test('R-03 a loop that is late for three seconds and a half is overload, from 200 ms on, and each level is twice as late', () => {
  for (const [lagMs, level] of [
    [199, 0],
    [200, 1],
    [400, 2],
    [800, 3],
    [1600, 4],
  ] as const)
    assert.deepEqual(levelsOf(play(times(8, { lagMs, heapShare: 0 }))), [0, 0, 0, 0, 0, 0, level, level])
})

test('one stall is no overload, however long it is, and neither are six within four seconds', () => {
  const stall = { lagMs: 60_000, heapShare: 0.4 }
  const scattered = fc.uniqueArray(fc.nat(7), { maxLength: 6 })
  fc.assert(
    fc.property(scattered, (at) => {
      const played = play(Array.from({ length: 8 }, (_, n) => (at.includes(n) ? stall : quiet)))
      assert.deepEqual(new Set(levelsOf(played)), new Set([0]))
    }),
  )
})

test('it falls one level after the other, each after two calm seconds', () => {
  const full = play([{ lagMs: 0, heapShare: 0.9 }]).at(-1)
  assert.equal(full?.level, 4)
  assert.deepEqual(levelsOf(play(times(17, quiet), full)), [4, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 0])
})

test('just below what made it a level lasts: else what was shed would come and go', () => {
  const short = play([{ lagMs: 0, heapShare: 0.76 }]).at(-1)
  assert.equal(play(times(50, { lagMs: 0, heapShare: 0.73 }), short).at(-1)?.level, 1)
  assert.equal(play(times(50, { lagMs: 0, heapShare: 0.71 }), short).at(-1)?.level, 0)
  const late = play(times(8, { lagMs: 210, heapShare: 0 })).at(-1)
  assert.equal(play(times(50, { lagMs: 160, heapShare: 0 }), late).at(-1)?.level, 1)
  assert.equal(play(times(50, { lagMs: 140, heapShare: 0 }), late).at(-1)?.level, 0)
})

test('whatever happened: it falls by one at most, never within two seconds, and is 0 twelve calm seconds later', () => {
  fc.assert(
    fc.property(samples, (before) => {
      const states = play([...before, ...times(24, quiet)])
      let fellAt = Number.NEGATIVE_INFINITY
      for (const [at, { level }] of states.entries()) {
        const last = states[at - 1]?.level ?? 0
        if (level >= last) continue
        assert.equal(level, last - 1)
        assert.ok((at - fellAt) * everyMs >= 2000, `it fell at ${fellAt} and ${at}`)
        fellAt = at
      }
      assert.equal(states.at(-1)?.level, 0)
    }),
  )
})

test('worse never looks better: with more lag or less heap the level is at least the same, at all times', () => {
  const worse = fc.array(
    fc.record({
      sample: samples.map(([first]) => first ?? quiet),
      lagMs: fc.nat(3000),
      share: fc.double({ min: 0, max: 0.5, noNaN: true }),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(worse, (pairs) => {
      const better = play(pairs.map(({ sample }) => sample))
      const bad = play(
        pairs.map(({ sample, lagMs, share }) => ({ lagMs: sample.lagMs + lagMs, heapShare: sample.heapShare + share })),
      )
      for (const [at, { level }] of better.entries()) assert.ok((bad[at]?.level ?? 0) >= level, `at ${at}`)
    }),
  )
})
