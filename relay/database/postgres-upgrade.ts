/** Brings a PostgreSQL database to the newest schema, once, however many nodes start together. */
import { Failure } from '@fairlead/base'
import { Kysely, sql } from 'kysely'
import { type FindOlder, migrate } from './migrations/upgrade.ts'
import { nodePostgres } from './node-postgres.ts'
import { backUpPostgres } from './postgres-backup.ts'
import { connectPostgres, type PostgresConnection } from './postgres-connection.ts'
import { isPassing } from './postgres-errors.ts'
import type { PostgresPlace } from './postgres-url.ts'
import type { DatabaseNeeds, OpenedSchema } from './shape.ts'
import type { Tables } from './tables.ts'

/** The oldest server that is supported: 13. */
const oldestServer = 130_000
/** Any number that nobody else takes: the name of the lock. */
const upgradeLock = 7_031_995_240

/** @throws {Failure} `unavailable` @throws whatever the server says */
export async function upgradePostgres(place: PostgresPlace, needs: DatabaseNeeds): Promise<OpenedSchema> {
  await using held = await openAlone(place)
  const backUp = (version: number) => backUpPostgres(place, version, needs)
  return await migrate(held.sql, { ...needs, isPassing, findOlder: findOlderNodes, backUp })
}

/**
 * So long after its last sign in the record a node may still act, carried by the others on the bus, and somewhat longer:
 * `relay/nodes/membership-machine.ts`.
 */
const longestSilenceMs = 330_000

/** Those that may be alive. */
export const findOlderNodes: FindOlder = (database, below) =>
  database
    .selectFrom('node')
    .select(['name', 'schema'])
    .where('schema', '<', below)
    .where('state', '<>', 'dead')
    .where('seen_at', '>', sql<number>`extract(epoch from clock_timestamp()) * 1000 - ${longestSilenceMs}`)
    .orderBy('name')
    .execute()

/**
 * A connection of one's own, with the lock that keeps all others from changing the schema or filling the record.
 *
 * Its statements may take any time, but wait for others only shortly: what waits for a lock on a table has everybody waiting
 * behind it.
 *
 * @throws {Failure} `unavailable`: the server is too old, or cannot hold every text
 */
export async function openAlone(place: PostgresPlace): Promise<{ sql: Kysely<Tables> } & AsyncDisposable> {
  const connection = await connectPostgres(place, { statementMs: 0, idleMs: 0 })
  try {
    await checkServer(connection, place)
    await connection.query(`set lock_timeout = 0; select pg_advisory_lock(${upgradeLock}); set lock_timeout = 2000`)
  } catch (error) {
    await connection.close()
    throw error
  }
  return {
    sql: new Kysely<Tables>({ dialect: nodePostgres({ lend: async () => connection, giveBack() {} }) }),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

async function checkServer(connection: PostgresConnection, { inWords }: PostgresPlace): Promise<void> {
  const { rows } = await connection.query(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
      current_setting('server_encoding') as encoding`,
    [],
  )
  const { number, version, encoding } = rows[0]
  if (number < oldestServer)
    throw new Failure(
      'unavailable',
      `The database ${inWords} is on PostgreSQL ${version}, which is too old: it must be 13 or newer.`,
    )
  if (encoding !== 'UTF8')
    throw new Failure(
      'unavailable',
      `The database ${inWords} has the encoding ${encoding}, which cannot hold every text: make one with ENCODING 'UTF8'.`,
    )
}
