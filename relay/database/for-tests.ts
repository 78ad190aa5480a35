/** Real places for a record: a folder for files, and a PostgreSQL server that the tests of one file share. For tests only. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type PostgresServer, startPostgres } from '../../testkit/postgres.ts'
import type { DatabaseNeeds } from './database.ts'

export function temporaryFolder(): { path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), 'fairlead-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

/** What `openDatabase` opens: whoever opens it again finds what was written. */
export type Place = Pick<DatabaseNeeds, 'folder' | 'url'>

let server: Promise<PostgresServer> | undefined

/** The server of this test file, started when it is first asked for. */
export function sharedPostgres(): Promise<PostgresServer> {
  server ??= startPostgres()
  return server
}

after(async () => {
  await (await server)?.[Symbol.asyncDispose]()
})

/** An empty record on the shared server. */
export async function postgresPlace(): Promise<{ folder: string; url: string } & Disposable> {
  const url = await (await sharedPostgres()).newSchema()
  const folder = temporaryFolder()
  return { folder: folder.path, url, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

function sqlitePlace(): Place & Disposable {
  const folder = temporaryFolder()
  return { folder: folder.path, [Symbol.dispose]: () => folder[Symbol.dispose]() }
}

let kind: 'sqlite' | 'postgres' = 'sqlite'
const urls = new Map<string, string>()

/** From now on `placeIn` is on PostgreSQL, so that the tests of stores can be run once more (`on-postgres.test.ts`). */
export function usePostgres(): void {
  kind = 'postgres'
}

/** The record that belongs to this folder, on the database that this run is about. */
export async function placeIn(folder: string): Promise<Place> {
  if (kind === 'sqlite') return { folder }
  const url = urls.get(folder) ?? (await (await sharedPostgres()).newSchema())
  urls.set(folder, url)
  return { folder, url }
}

/** All that is stored there, as bytes or SQL. */
export function storedIn({ folder, url }: Place): string {
  if (url === undefined) return readFileSync(join(folder, 'fairlead.db'), 'latin1')
  return execFileSync('/usr/lib/postgresql/15/bin/pg_dump', [url], { encoding: 'utf8', maxBuffer: 2 ** 26 })
}

/** One test for each database: what holds on the one holds on the other. */
export function testOnBoth(name: string, work: (place: Place) => Promise<void>): void {
  test(`${name} (SQLite)`, async () => {
    using place = sqlitePlace()
    await work(place)
  })
  test(`${name} (PostgreSQL)`, async () => {
    using place = await postgresPlace()
    await work(place)
  })
}
