/** Brings a database to the form this program knows, one numbered step at a time. */
import { Failure } from '@fairlead/base'
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'
import { initial } from './0001-initial.ts'
import { session } from './0002-session.ts'

/** In order; the number of a migration is its place in this list, from 1. */
const migrations: readonly ((database: Kysely<Tables>) => Promise<void>)[] = [initial, session]

/**
 * Each step is a transaction together with its number: a crash leaves the step done or not begun.
 *
 * @throws {Failure} `unavailable` when a newer program has been here
 */
export async function migrate(database: Kysely<Tables>): Promise<void> {
  await sql`create table if not exists schema_version (version integer not null)`.execute(database)
  const version = await readVersion(database)
  if (version > migrations.length)
    throw new Failure(
      'unavailable',
      `The database has schema version ${version}, but this program knows only ${migrations.length}: start the newer program, or restore a backup.`,
    )
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue
    await database.transaction().execute(async (transaction) => {
      await step(transaction)
      await sql`delete from schema_version`.execute(transaction)
      await sql`insert into schema_version (version) values (${index + 1})`.execute(transaction)
    })
  }
}

async function readVersion(database: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ version: number }>`select version from schema_version`.execute(database)
  return rows[0]?.version ?? 0
}
