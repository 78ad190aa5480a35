/** What is remembered of requests is forgotten when its time is over, however much it is. */
import assert from 'node:assert/strict'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { prepareForMany } from '../database/prepared.ts'
import type { RequestRow } from '../database/tables.ts'
import { rowOf } from './for-tests.ts'
import { createRequestStore } from './store.ts'

testOnBoth('more than can be removed at once is removed, and what is pending or young stays', async (place) => {
  await using database = await openDatabase(place)
  const add = prepareForMany((sql, rows: readonly RequestRow[]) => sql.insertInto('request').values(rows))
  const ended = Array.from({ length: 4_500 }, (_, at) => ({ ...rowOf(`r${at}`, `key ${at}`), outcome: 'answered' }))
  const young = { ...rowOf('young', 'young'), outcome: 'answered', keep_until: 10 }
  await database.write(({ sql }) => add(sql, [...ended, rowOf('pending', 'pending'), young]))
  await createRequestStore(database, () => 0).forgetOld(5)
  const left = await database.read.selectFrom('request').select('request_id').orderBy('request_id').execute()
  assert.deepEqual(
    left.map(({ request_id }) => request_id),
    ['pending', 'young'],
  )
})

testOnBoth('6.6 only the node that was about to send a request takes it back', async (place) => {
  await using database = await openDatabase(place)
  const [here, there] = [createRequestStore(database, () => 1), createRequestStore(database, () => 2)]
  await here.add(rowOf('r1', 'key 1'))
  assert.equal(await there.leave('r1', 1), true)
  assert.equal(await here.comeBack('r1'), false)
  assert.equal((await here.find('r1'))?.sent_at, 1)
  assert.equal(await there.comeBack('r1'), true)
  assert.equal(await here.leave('r1', 2), true)
})
