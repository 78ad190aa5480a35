/** Tables: whole where there is room, and cut where people do not copy from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableOf } from './table.ts'

const head = ['ID', 'MODEL', 'TAGS']
const rows = [
  ['a-1', 'MFC-L9570CDW series', 'berlin, second-floor'],
  ['b', '複合機', ''],
]

test('in a pipe every cell is whole, and columns stand under their heads, wide characters included', () => {
  assert.equal(
    tableOf(head, rows),
    ['ID   MODEL                TAGS', 'a-1  MFC-L9570CDW series  berlin, second-floor', 'b    複合機'].join('\n'),
  )
})

test('on a narrow terminal the widest columns give way, with a mark, and the ID never', () => {
  assert.equal(
    tableOf(head, rows, 30),
    ['ID   MODEL         TAGS', 'a-1  MFC-L9570CD…  berlin, se…', 'b    複合機'].join('\n'),
  )
})

test('a terminal too narrow for anything still shows the ID and the start of the rest', () => {
  assert.match(tableOf(head, rows, 5), /\na-1 {2}MFC-L… {2}berli…\n/)
})

test('as wide as the terminal is not too wide', () => {
  assert.equal(tableOf(head, rows, 46), tableOf(head, rows))
})
