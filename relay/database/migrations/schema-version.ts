/** What the record says of its own form, and which programs may use it. */
import { Failure } from '@fairlead/base'
import { type Kysely, PostgresAdapter, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export interface Schema {
  /** 0: nothing is there yet. */
  version: number
  /** Programs that know this version may use it. */
  compatibleFrom: number
}

/** @throws {Failure} `unavailable`: a program that knows only `known` would do harm */
export function refuseIncompatible({ version, compatibleFrom }: Schema, known: number): void {
  if (compatibleFrom <= known) return
  throw new Failure(
    'unavailable',
    `The database has schema version ${version}, for programs that know ${compatibleFrom}, but this program knows only versions up to ${known}: start the newer program that brought it there, or restore the backup that it made of an older version.`,
  )
}

/**
 * For whoever joins, in its transaction: the record may have been changed since it was opened, and is not until it is over.
 *
 * @throws {Failure} `unavailable`
 */
export async function refusePassed(transaction: Kysely<Tables>, known: number): Promise<void> {
  const { version, compatible_from: compatibleFrom } = await transaction
    .selectFrom('schema_version')
    .selectAll()
    .forShare()
    .executeTakeFirstOrThrow()
  refuseIncompatible({ version, compatibleFrom }, known)
}

/** @throws {Failure} `unavailable`: an older program would not know what is in it, and carry a part for the whole */
export function refuseNewer(version: number, known: number): void {
  if (version <= known) return
  throw new Failure(
    'unavailable',
    `The database has schema version ${version}, but this program knows only versions up to ${known}: export it with the newer program that brought it there.`,
  )
}

export async function readSchema(database: Kysely<Tables>): Promise<Schema> {
  if (!(await hasVersion(database))) return { version: 0, compatibleFrom: 0 }
  const { rows } = await sql<{ version: number; compatible_from?: number }>`select * from schema_version`.execute(
    database,
  )
  const { version = 0, compatible_from: compatibleFrom = version } = rows[0] ?? {}
  return { version, compatibleFrom }
}

/** Asked of the catalogue: a table that is missing would end the transaction that stands. */
async function hasVersion(database: Kysely<Tables>): Promise<boolean> {
  const isPostgres = database.getExecutor().adapter instanceof PostgresAdapter
  const query = isPostgres
    ? sql`select 1 where to_regclass('schema_version') is not null`
    : sql`select 1 from sqlite_master where name = 'schema_version'`
  return (await query.execute(database)).rows.length > 0
}
