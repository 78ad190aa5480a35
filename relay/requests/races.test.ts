/** Two nodes get the same idempotency key at the same moment: one request is added, the other is told of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDatabase } from '../database/database.ts'
import { postgresPlace } from '../database/for-tests.ts'
import { rowOf } from './for-tests.ts'
import { createRequestStore } from './store.ts'

test('one of two is added, and the other learns which', async () => {
  using place = await postgresPlace()
  await using here = await openDatabase(place)
  await using there = await openDatabase(place)
  const stores = [createRequestStore(here, () => 0), createRequestStore(there, () => 0)]
  for (let round = 0; round < 50; round++) {
    const answers = await Promise.all(stores.map((store, node) => store.add(rowOf(`${round}-${node}`, `key ${round}`))))
    const rows = await here.read
      .selectFrom('request')
      .select('request_id')
      .where('idempotency_key', '=', `key ${round}`)
      .execute()
    assert.equal(rows.length, 1)
    const winner = rows[0]?.request_id
    assert.deepEqual(
      answers.map((answer) => answer?.request_id),
      winner === `${round}-0` ? [undefined, winner] : [winner, undefined],
    )
  }
})

test('a key that is freed at the same moment is either still taken or free, never neither', async () => {
  using place = await postgresPlace()
  await using here = await openDatabase(place)
  await using there = await openDatabase(place)
  const store = createRequestStore(there, () => 0)
  for (let round = 0; round < 50; round++) {
    const [first, second] = [`${round}-first`, `${round}-second`]
    await createRequestStore(here, () => 0).add(rowOf(first, 'one key'))
    const [answer] = await Promise.all([
      store.add(rowOf(second, 'one key')),
      here.write((tx) => tx.sql.deleteFrom('request').where('request_id', '=', first).execute()),
    ])
    const rows = await here.read.selectFrom('request').select('request_id').execute()
    assert.deepEqual(
      rows.map(({ request_id }) => request_id),
      answer === undefined ? [second] : [],
    )
    await here.write((tx) => tx.sql.deleteFrom('request').execute())
  }
})
