/** Ranges of pages: which are some, and what is left of them once pages have come out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rangesAfter, rangesOf } from './page-ranges.ts'

test('ranges rise and do not overlap', () => {
  assert.deepEqual(rangesOf('1-3,7,9-'), [
    [1, 3],
    [7, 7],
    [9, Number.POSITIVE_INFINITY],
  ])
  for (const wrong of ['3-1', '1-3,3', '9-,10']) assert.equal(rangesOf(wrong), undefined, wrong)
})

for (const [asked, done, left] of [
  [undefined, 0, '1-'],
  [undefined, 3, '4-'],
  ['2-5', 1, '3-5'],
  ['2-5', 3, '5'],
  ['2-5', 4, undefined],
  ['2-5', 9, undefined],
  ['2-5,8-', 4, '8-'],
  ['2-5,8-', 6, '10-'],
  ['1,3,5-6', 2, '5-6'],
  ['1,3,5-6', 3, '6'],
  // No page has a number of seven digits.
  [undefined, 1_000_000, undefined],
] as const)
  test(`of ${asked ?? 'all pages'} ${left ?? 'nothing'} is left when ${done} came out`, () => {
    assert.equal(rangesAfter(asked, done), left)
  })
