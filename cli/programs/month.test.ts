/** The month as a calendar has it, where the clock shows it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monthOf } from './month.ts'

test('weeks go from Monday to Sunday, whole ones, with nothing of other months in them', () => {
  const { day, weeks } = monthOf(Date.parse('2026-11-28T12:00:00Z'), 'UTC', 1)
  assert.equal(day, 28)
  assert.equal(weeks.length, 6)
  assert.deepEqual(weeks[0], [0, 0, 0, 0, 0, 0, 1])
  assert.deepEqual(weeks[5], [30, 0, 0, 0, 0, 0, 0])
  assert.deepEqual(monthOf(Date.parse('2027-02-10T12:00:00Z'), 'UTC', 1).weeks.flat(), [
    ...Array.from({ length: 28 }, (_, at) => at + 1),
  ])
  assert.ok(monthOf(Date.parse('2028-02-10T12:00:00Z'), 'UTC', 1).weeks.flat().includes(29))
})

test('where a week begins with Sunday it does so here', () => {
  const { weeks } = monthOf(Date.parse('2026-11-28T12:00:00Z'), 'UTC', 7)
  assert.deepEqual(weeks[0], [1, 2, 3, 4, 5, 6, 7])
  assert.deepEqual(weeks[4], [29, 30, 0, 0, 0, 0, 0])
})

test('at one moment it is another month elsewhere', () => {
  const at = Date.parse('2026-12-31T18:00:00Z')
  assert.equal(monthOf(at, 'America/New_York', 1).day, 31)
  assert.deepEqual(monthOf(at, 'Asia/Tokyo', 1), monthOf(Date.parse('2027-01-01T12:00:00Z'), 'UTC', 1))
})
