/** A record remembers where its documents are: of nodes that differ about that the later one does not start. */
import assert from 'node:assert/strict'
import { Failure, type Log, silentLog } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { agreeOnPlace, placeOf } from './place.ts'

const bucket = { endpoint: 'https://a', region: 'r', bucket: 'documents', prefix: 'b/', accessKey: 'k', secretKey: 's' }

testOnBoth('M1 N6 nodes keep documents in one place, which changes when no other node is there', async (where) => {
  await using database = await openDatabase({ ...where, log: silentLog })
  const said: string[] = []
  const log: Log = { ...silentLog, warn: (event, msg) => void said.push(`${event} ${msg}`) }
  const agree = (place: string, ...names: string[]) =>
    agreeOnPlace({ database, place, others: async () => names.map((name) => ({ name })), givesUp: false, log })
  await agree(placeOf(undefined, true))
  await agree('the record', 'one')
  await database.write(({ sql }) =>
    sql.insertInto('document').values({ digest: 'd', blob: 'b', bytes: 1, created_at: 0 }).execute(),
  )
  await assert.rejects(agree('s3://documents/b/', 'one', 'two'), (error) => {
    assert.ok(error instanceof Failure && error.code === 'unavailable')
    assert.match(error.message, /\(one, two\) keep .* in the record, and this one would in s3:\/\/documents\/b\/: give/)
    return true
  })
  await agree('the record', 'one')
  assert.deepEqual(said, [])
  await agree(placeOf(bucket, true))
  assert.match(
    said.join(),
    /^spool\.moved .* were kept in the record and are kept in s3:\/\/documents\/b\/ from now on/,
  )
  // What is sent again is not taken for one that is there.
  assert.equal(await database.read.selectFrom('document').select('digest').executeTakeFirst(), undefined)
  await agree(placeOf({ ...bucket, endpoint: 'https://the-same-from-within' }, true), 'one')
  await assert.rejects(
    agree(placeOf({ ...bucket, prefix: '' }, true), 'one'),
    /s3:\/\/documents\/ ?:|s3:\/\/documents\/:/,
  )
})
