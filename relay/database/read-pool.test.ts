/** The connections that read, on a real server: how they end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresPlace } from './for-tests.ts'
import { connectPostgres, type PostgresConnection } from './postgres-connection.ts'
import { readPostgresUrl } from './postgres-url.ts'
import { createReadPool } from './read-pool.ts'

test('N6 a connection that is being made while the pool is closed is closed with it: it would hold the process for ever', async () => {
  using place = await postgresPlace()
  const asked = Promise.withResolvers<void>()
  const mayConnect = Promise.withResolvers<void>()
  const made: PostgresConnection[] = []
  const pool = createReadPool(async () => {
    asked.resolve()
    await mayConnect.promise
    const connection = await connectPostgres(readPostgresUrl(place.url), { readOnly: true })
    made.push(connection)
    return connection
  })
  const lending = pool.lend()
  await asked.promise
  const closing = pool[Symbol.asyncDispose]()
  mayConnect.resolve()
  await Promise.all([lending, closing])
  assert.deepEqual(
    made.map((connection) => connection.isAlive()),
    [false],
  )
})
