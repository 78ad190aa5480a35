/** When a condition holds for a value: a device that does not know says nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition, Json } from '@fairlead/protocol/contract'
import { agree, isMetBy, isRenewedBy } from './conditions.ts'

const condition = (op: Condition['op'], value: Condition['value'], hysteresis = 10): Condition => ({
  object: 'x',
  op,
  value,
  hysteresis,
  forSeconds: 0,
})

const rows: [Condition, met: Json[], renewed: Json[], neither: Json[]][] = [
  [condition('<=', 20), [20, 0], [30, 100], [21, 29, 'unknown', 'some', '20', null, [], true]],
  [condition('<', 20), [19], [30], [20, 29, 'unknown']],
  [condition('>=', 90), [90, { value: 95, unit: 'sheets' }], [80, 0], [81, 89, 'other', { unit: 'sheets' }]],
  [condition('>', 90), [91], [80], [90]],
  [condition('==', 0), [0], [10, 100], [9, 'unknown']],
  [condition('!=', 0, 0), [1], [0], ['unknown', 'some']],
  [condition('==', 'stopped'), ['stopped'], ['idle'], ['unknown', 0]],
  [condition('!=', 'idle'), ['stopped'], ['idle'], ['unknown', 0]],
  [condition('==', 'unknown'), ['unknown'], ['idle'], [0]],
  [condition('==', true), [true], [false], ['true', 1]],
]

for (const [each, met, renewed, neither] of rows)
  test(`B8 x ${each.op} ${each.value}`, () => {
    for (const value of [...met, ...renewed, ...neither]) {
      assert.equal(isMetBy(each, value), met.includes(value), `met by ${JSON.stringify(value)}`)
      assert.equal(isRenewedBy(each, value), renewed.includes(value), `renewed by ${JSON.stringify(value)}`)
    }
  })

test('B8 values agree within five points, counters within a twentieth, words when they are the same', () => {
  assert.deepEqual([agree(10, 15), agree(10, 16), agree(1000, 1050), agree(1000, 1051)], [true, false, true, false])
  assert.deepEqual([agree('idle', 'idle'), agree('idle', 'stopped'), agree(0, '0')], [true, false, false])
})
