/** The record on a PostgreSQL server, which several nodes may share. What `write` has resolved is on its disk (G1). */
import { Kysely } from 'kysely'
import { nodePostgres } from './node-postgres.ts'
import { connectPostgres } from './postgres-connection.ts'
import { createPostgresGround } from './postgres-ground.ts'
import { renderPostgresFailure } from './postgres-opening.ts'
import { upgradePostgres } from './postgres-upgrade.ts'
import { readPostgresUrl } from './postgres-url.ts'
import { createReadPool } from './read-pool.ts'
import type { Database, DatabaseNeeds } from './shape.ts'
import type { Tables } from './tables.ts'
import { createWriter } from './writer.ts'

/** A new attempt begins when this one has failed: it must not hold up the return. In milliseconds. */
const reconnectMs = 2000

/**
 * Brings the database to the newest schema, then keeps one connection that writes and a few that read.
 *
 * @throws {Failure} `unavailable`, one sentence: it cannot be reached, lets nobody in, or is not what it must be
 * @throws {UsageError} for a URL that is none
 */
export async function openPostgresDatabase(needs: DatabaseNeeds & { url: string }): Promise<Database> {
  const place = readPostgresUrl(needs.url)
  await using opening = new AsyncDisposableStack()
  try {
    const schema = await upgradePostgres(place, needs)
    const first = await connectPostgres(place)
    const ground = opening.use(createPostgresGround(() => connectPostgres(place, { connectMs: reconnectMs }), first))
    const pool = opening.use(
      createReadPool(() => connectPostgres(place, { readOnly: true, idleMs: 60_000 }), needs.outage),
    )
    const { write, whyNot, close } = createWriter(ground, needs.outage)
    opening.defer(close)
    const opened = opening.move()
    return {
      kind: 'postgres',
      schema,
      read: new Kysely<Tables>({ dialect: nodePostgres(pool) }),
      write,
      whyNot,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    }
  } catch (error) {
    throw renderPostgresFailure(place, error)
  }
}
