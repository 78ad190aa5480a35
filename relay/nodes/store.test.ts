/** 6.12 What nodes have in the record, on both databases. */
import assert from 'node:assert/strict'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { maxGroup } from '../database/writer.ts'
import { createNodeStore } from './store.ts'

testOnBoth('6.12 a lease is renewed before all that waits to be written', async (place) => {
  await using database = await openDatabase(place)
  const store = createNodeStore(database)
  await store.enlist({ incarnation: 'self', home: 'here', name: 'here', version: '1' })
  let written = 0
  const many = Array.from({ length: 5 * maxGroup }, async (_, at) => {
    await database.write((tx) =>
      tx.sql
        .insertInto('setting')
        .values({ name: `of many ${at}`, value: '' })
        .execute(),
    )
    written++
  })
  await many[0]
  assert.deepEqual(await store.renew('self', 'serving'), [])
  assert.ok(written <= 2 * maxGroup, `${written} were written before it`)
  await Promise.all(many)
})
