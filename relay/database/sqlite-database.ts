/**
 * The record as an embedded database in the data folder. What `write` has resolved is on disk (G1).
 *
 * One connection reads, one writes: a reader never waits for a writer (WAL), and writers share their commits.
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '@fairlead/base'
import { Kysely } from 'kysely'
import { lockFolder } from './folder-lock.ts'
import { migrate } from './migrations/upgrade.ts'
import { nodeSqlite } from './node-sqlite.ts'
import type { Database, DatabaseNeeds } from './shape.ts'
import { backUpSqlite } from './sqlite-backup.ts'
import { isOfTheDisk, messageOf } from './sqlite-errors.ts'
import { createSqliteGround } from './sqlite-ground.ts'
import type { Tables } from './tables.ts'
import { openWal } from './wal.ts'
import { createWriter } from './writer.ts'

/**
 * Opens or makes the database in the folder, which belongs to this process until it is closed.
 *
 * @throws {Failure} `unavailable`, one sentence: another process has the folder, a newer program wrote the database, it is
 *   damaged, or it cannot be written
 */
export async function openSqliteDatabase(needs: DatabaseNeeds): Promise<Database> {
  await using opening = new AsyncDisposableStack()
  opening.use(lockFolder(needs.folder))
  const path = databasePath(needs.folder)
  try {
    const { close, ...database } = await openConnections(path, needs, opening)
    opening.defer(close)
    const opened = opening.move()
    return { kind: 'sqlite', ...database, [Symbol.asyncDispose]: () => opened.disposeAsync() }
  } catch (error) {
    throw renderSqliteFailure(path, error)
  }
}

export function databasePath(folder: string): string {
  return join(folder, 'fairlead.db')
}

async function openConnections(path: string, needs: DatabaseNeeds, opening: AsyncDisposableStack) {
  const writerFile = opening.adopt(openSqliteFile(path), (file) => file.close())
  // What is committed is synced by `wal`, and brought into the database by its thread.
  writerFile.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  const writer = new Kysely<Tables>({ dialect: nodeSqlite(writerFile) })
  checkFile(writerFile)
  const schema = await migrate(writer, { ...needs, backUp: (version) => backUpSqlite(writerFile, version, needs) })

  const readerFile = opening.adopt(openSqliteFile(path), (file) => file.close())
  readerFile.exec('PRAGMA query_only = ON')
  const read = new Kysely<Tables>({ dialect: nodeSqlite(readerFile) })
  const wal = opening.use(await openWal(path))
  return { schema, read, ...createWriter(createSqliteGround(writerFile, writer, wal), needs.outage) }
}

export function openSqliteFile(path: string): DatabaseSync {
  const file = new DatabaseSync(path, { timeout: 5000 })
  file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  // SCRAM keys are in it: nobody else on this machine reads them.
  chmodSync(path, 0o600)
  return file
}

/** Finds damage before anybody relies on what is there. */
function checkFile(file: DatabaseSync): void {
  const answer = file.prepare('PRAGMA quick_check(1)').get()
  if (answer?.['quick_check'] !== 'ok') throw new Error(String(answer?.['quick_check']))
}

export function renderSqliteFailure(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const advice = isOfTheDisk(cause) ? 'make room, and make it writable' : 'restore a backup'
  return new Failure('unavailable', `The database ${path} cannot be opened (${messageOf(cause)}): ${advice}.`, {
    cause,
  })
}
