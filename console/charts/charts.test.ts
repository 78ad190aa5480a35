/** N2 B7: what charts are made of: unknown is unknown, a gap is a gap, and a prediction rests on enough readings. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json, Reading } from '@fairlead/protocol/contract'
import { after, daysOf, startOf } from './days.ts'
import { dayMs, gapsIn, levelsOf, predictionOf, stepAt } from './levels.ts'

const start = new Date(2026, 10, 1).getTime()
const reading = (object: string, value: Json, fromDay: number, untilDay = fromDay): Reading => ({
  ...{ object, value, source: 'poll' },
  ...{ at: new Date(start + fromDay * dayMs).toISOString(), untilAt: new Date(start + untilDay * dayMs).toISOString() },
})
const black = (value: Json, fromDay: number, untilDay?: number) => reading('toner.black', value, fromDay, untilDay)
const pages = (value: number, fromDay: number, untilDay?: number) =>
  reading('pages', { value, unit: 'impressions' }, fromDay, untilDay)
const stepsOf = (...readings: Reading[]) => levelsOf(readings)[0]?.steps ?? []
const at = (day: number) => start + day * dayMs

test('levels are steps that hold until the next reading; unknown and a gap are neither 0 nor the value before', () => {
  const levels = levelsOf([
    ...[reading('toner.cyan', 80, 0), reading('status', 'idle', 0), reading('pages', 3, 0)],
    ...[black(50, 0, 1), black('unknown', 1.5, 2), black(49, 2.5, 3), black(30, 9, 10)],
  ])
  assert.deepEqual(
    levels.map(({ object, color }) => [object, color]),
    [
      ['toner.black', 'black'],
      ['toner.cyan', 'cyan'],
    ],
  )
  const steps = levels[0]?.steps ?? []
  const held = [-1, 0, 1.4, 1.5, 2.2, 3, 3.1, 8.9, 9, 10.9, 11.1].map((day) => stepAt(steps, at(day), dayMs)?.told)
  assert.deepEqual(held, [undefined, 50, 50, 'unknown', 'unknown', 49, undefined, undefined, 30, 30, undefined])
  assert.equal(stepAt(steps, at(1.6), dayMs)?.percent, undefined)
  assert.deepEqual(gapsIn(steps, dayMs), [{ fromMs: at(3), toMs: at(9) }])
})

test('a prediction says on how many days it rests, and is not made of too little', () => {
  const falling = [black(60, 0), black(54, 2), black(48, 4), black(42, 6), black(36, 8)]
  const made = predictionOf(stepsOf(...falling), at(8.5), dayMs)
  assert.deepEqual([made?.days, made?.percent], [8, 36])
  assert.equal(made?.emptyAtMs, at(8 + 12))
  const because = {
    'too few readings': [black(60, 0), black(54, 4), black(48, 8)],
    'too short a time': [black(60, 6), black(54, 7), black(48, 7.5), black(42, 8)],
    'it hardly falls': [black(60, 0), black(59, 2), black(58, 5), black(57, 8)],
    'the last one is not known': [...falling, black('unknown', 8.2)],
    'a new cartridge a day ago': [...falling.slice(0, 4), black(100, 7), black(99, 8)],
  }
  for (const [why, readings] of Object.entries(because))
    assert.equal(predictionOf(stepsOf(...readings), at(8.5), dayMs), undefined, why)
  assert.equal(predictionOf(stepsOf(...falling), at(12), dayMs), undefined, 'nothing has been read lately')
  const refilled = [black(5, 0), black(100, 1), black(95, 3), black(90, 5), black(85, 7), black(84, 8)]
  assert.equal(predictionOf(stepsOf(...refilled), at(8.5), dayMs)?.days, 7)
})

test('a counter is differences per day; what nobody read is of no day, and a counter that begins again counts nothing', () => {
  const counted = [pages(10, 0.3), pages(14, 0.6), pages(20, 1.4, 1.6), pages(20, 2.5), pages(90, 7.5), pages(3, 8.5)]
  const { days, spans } = daysOf(counted, dayMs)
  const dayOf = (atMs: number) => Math.round((atMs - start) / dayMs)
  const nothing = undefined
  assert.deepEqual(
    days.map(({ count }) => count),
    [4, 6, 0, nothing, nothing, nothing, nothing, 0, 0],
  )
  assert.deepEqual(
    spans.map(({ fromMs, toMs, count }) => [dayOf(fromMs), dayOf(toMs), count]),
    [
      [2, 8, 70],
      [7, 9, nothing],
    ],
  )
  const still = daysOf([pages(1, 0.5), pages(5, 0.6), pages(5, 3.5, 4.5)], dayMs)
  assert.deepEqual(
    [still.days.map(({ count }) => count), still.spans],
    [[4, 0, 0, 0, 0], []],
    'nothing was printed meanwhile',
  )
  assert.deepEqual(daysOf([reading('printed', 3, 0.5)], dayMs).days, [{ fromMs: start, count: 0 }])
  assert.deepEqual(daysOf([], dayMs).days, [])
  assert.equal(startOf(at(0.5)), start)
  assert.equal(after(start) - start, dayMs)
})
