/** PINs are found among all of a day: what is asked for with each announcement and each try does not look at all of them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openDatabase } from '../database/database.ts'
import { temporaryFolder, testOnBoth } from '../database/for-tests.ts'
import type { PairingRow } from '../database/tables.ts'
import { createPairingStore } from './store.ts'

function shown(id: string, more: Partial<PairingRow>): PairingRow {
  return {
    ...{
      pairing_id: id,
      device: id,
      pin: `pin of ${id}`,
      token: id,
      local_url: '',
      addresses: '[]',
      seen: '[]',
      veiled: 0,
    },
    ...{ network: '198.51.100.0', created_at: 0, expires_at: 1_000, phase: 'waiting', tries: 0, doubts: '[]' },
    ...{ refused_check: null, refused_at: null, account: null, asker: null, ...more },
  }
}

testOnBoth('S-R2 a try concerns whoever shows that PIN, and all in that network, as long as they do', async (place) => {
  await using database = await openDatabase(place)
  const store = createPairingStore(database)
  const rows = [
    shown('a', { pin: 'typed', network: 'far' }),
    shown('b', { network: 'near' }),
    shown('c', { pin: 'typed', network: 'near' }),
    shown('d', { network: 'near', expires_at: 400 }),
    shown('e', { network: 'near', phase: 'sending' }),
    shown('f', { network: 'far' }),
  ]
  await database.write(async (tx) => {
    for (const row of rows) await store.add(tx, row)
  })
  const concerned = await database.write((tx) => store.concernedBy(tx, 'typed', ['near'], 500))
  assert.deepEqual(
    concerned.map(({ pairing_id }) => pairing_id),
    ['a', 'b', 'c'],
  )
  const both = await database.write((tx) => store.concernedBy(tx, 'typed', ['near', 'far'], 500))
  assert.deepEqual(
    both.map(({ pairing_id }) => pairing_id),
    ['a', 'b', 'c', 'f'],
  )
  assert.deepEqual(await database.write((tx) => store.countLive(tx, 'near', 'typed', 500)), {
    ...{ all: 5, fromThere: 3, isTaken: true },
  })
})

test('S-R2 however many PINs were shown today, an announcement looks at those that are shown now', async () => {
  using folder = temporaryFolder()
  await (await openDatabase({ folder: folder.path }))[Symbol.asyncDispose]()
  using record = new DatabaseSync(join(folder.path, 'fairlead.db'), { readOnly: true })
  const plan = (sql: string) =>
    record
      .prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map((row) => row['detail'])
      .join()
  const now = "phase IN ('waiting', 'press-needed', 'sending') AND expires_at > 5"
  assert.match(plan(`SELECT count(*) FROM pairing WHERE ${now}`), /pairing_by_expiry \(phase=\? AND expires_at>\?\)/)
  const waiting = "SELECT pairing_id FROM pairing WHERE phase = 'waiting'"
  const concerned = `${waiting} AND pin = 'x' UNION ${waiting} AND network IN ('y', 'z')`
  const found = plan(`SELECT * FROM pairing WHERE pairing_id IN (${concerned}) AND expires_at > 5`)
  assert.match(found, /pairing_by_pin.*pairing_by_network/s)
  assert.doesNotMatch(found, /pairing_by_expiry|SCAN/)
})
