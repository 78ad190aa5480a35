/** One moment of a record, to be read while the relay goes on: what is written meanwhile is not seen. */
import { existsSync } from 'node:fs'
import { Failure } from '@fairlead/base'
import { Kysely, sql } from 'kysely'
import { nodePostgres } from '../node-postgres.ts'
import { nodeSqlite } from '../node-sqlite.ts'
import { connectPostgres } from '../postgres-connection.ts'
import { renderPostgresFailure } from '../postgres-opening.ts'
import { type PostgresPlace, readPostgresUrl } from '../postgres-url.ts'
import { databasePath, openSqliteFile, renderSqliteFailure } from '../sqlite-database.ts'
import type { Tables } from '../tables.ts'

/** Where a record is: its data folder, or a server. */
export interface RecordPlace {
  folder: string
  url?: string | undefined
}

export interface Snapshot extends AsyncDisposable {
  readonly sql: Kysely<Tables>
  readonly kind: 'sqlite' | 'postgres'
}

/** @throws {Failure} `unavailable`, one sentence @throws {UsageError} for a URL that is none */
export async function openSnapshot({ folder, url }: RecordPlace): Promise<Snapshot> {
  return url === undefined ? openSqliteSnapshot(folder) : openPostgresSnapshot(readPostgresUrl(url))
}

/** No server is asked: nothing has ever been in that folder. */
export function isMissing({ folder, url }: RecordPlace): boolean {
  return url === undefined && !existsSync(databasePath(folder))
}

function openSqliteSnapshot(folder: string): Snapshot {
  const path = databasePath(folder)
  if (!existsSync(path))
    throw new Failure('unavailable', `There is no database in ${folder}: name its folder with --data.`)
  try {
    const file = openSqliteFile(path)
    file.exec('PRAGMA query_only = ON; BEGIN')
    return {
      kind: 'sqlite',
      sql: new Kysely<Tables>({ dialect: nodeSqlite(file) }),
      [Symbol.asyncDispose]: async () => file.close(),
    }
  } catch (error) {
    throw renderSqliteFailure(path, error)
  }
}

export async function openPostgresSnapshot(place: PostgresPlace): Promise<Snapshot> {
  try {
    const connection = await connectPostgres(place, { statementMs: 0, idleMs: 0, readOnly: true })
    await connection.query('begin isolation level repeatable read read only')
    return {
      kind: 'postgres',
      sql: new Kysely<Tables>({
        dialect: nodePostgres({
          lend: async () => connection,
          giveBack() {},
          render: (error) => renderPostgresFailure(place, error),
        }),
      }),
      [Symbol.asyncDispose]: () => connection.close(),
    }
  } catch (error) {
    throw renderPostgresFailure(place, error)
  }
}

/** In the order in which they were added, which is the same on both; none when there is no such table. */
export async function columnsOf({ sql: db, kind }: Pick<Snapshot, 'sql' | 'kind'>, table: string): Promise<string[]> {
  const query =
    kind === 'sqlite'
      ? sql<{ name: string }>`select name from pragma_table_info(${table}) order by cid`
      : sql<{ name: string }>`select column_name as name from information_schema.columns
          where table_schema = current_schema() and table_name = ${table} order by ordinal_position`
  return (await query.execute(db)).rows.map(({ name }) => name)
}
