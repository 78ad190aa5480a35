/** Rows that are written by the hundred are all written, in order, whatever their number. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from './database.ts'
import { temporaryFolder } from './for-tests.ts'
import { prepareForMany } from './prepared.ts'
import type { EventRow } from './tables.ts'

test('any number of rows is written once each, in a few statements', async () => {
  using folder = temporaryFolder()
  await using database = await openDatabase({ folder: folder.path })
  let statements = 0
  const add = prepareForMany((sql, rows: readonly EventRow[]) => {
    statements++
    return sql.insertInto('event').values(rows)
  })
  let seq = 0
  const counts = [0, 1, 2, 3, 12, 31, 32, 33, 200, 12]
  for (const count of counts) {
    const rows = Array.from({ length: count }, () => ({
      seq: ++seq,
      at: 1,
      account: null,
      device: null,
      type: 't',
      data: `${seq}`,
      node: 0,
    }))
    await database.write((tx) => add(tx.sql, rows))
  }
  const read = await database.read.selectFrom('event').select(['seq', 'data']).orderBy('seq').execute()
  assert.deepEqual(
    read.map((row) => `${row.seq} ${row.data}`),
    Array.from({ length: seq }, (_, at) => `${at + 1} ${at + 1}`),
  )
  assert.equal(statements, 6, 'one for each power of two up to 32, and no more')
})
