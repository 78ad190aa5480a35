/**
 * The record: an embedded database in the data folder. What `write` has resolved is on disk (G1).
 *
 * One connection reads, one writes: a reader never waits for a writer (WAL), and writers share their commits.
 */
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Failure } from '@fairlead/base'
import { Kysely } from 'kysely'
import { lockFolder } from './folder-lock.ts'
import { migrate } from './migrations/migrations.ts'
import { nodeSqlite } from './node-sqlite.ts'
import { isOfTheDisk, messageOf } from './sqlite-errors.ts'
import type { Tables } from './tables.ts'
import { openWal } from './wal.ts'
import { createWriter, type Write } from './writer.ts'

export interface Database extends AsyncDisposable {
  /** Sees everything that was committed. Writing through it fails. */
  readonly read: Kysely<Tables>
  readonly write: Write
  /** Why nothing can be written right now, as the last try showed; undefined while it can. */
  whyNot(): string | undefined
}

/**
 * Opens or makes the database in `folder`, which belongs to this process until it is closed.
 *
 * @throws {Failure} `unavailable`, one sentence: another process has the folder, a newer program wrote the database, it is
 *   damaged, or it cannot be written
 */
export async function openDatabase(folder: string): Promise<Database> {
  await using opening = new AsyncDisposableStack()
  opening.use(lockFolder(folder))
  const path = join(folder, 'fairlead.db')
  try {
    const { read, write, whyNot, close } = await openConnections(path, opening)
    opening.defer(close)
    const opened = opening.move()
    return { read, write, whyNot, [Symbol.asyncDispose]: () => opened.disposeAsync() }
  } catch (error) {
    throw renderFailure(path, error)
  }
}

async function openConnections(path: string, opening: AsyncDisposableStack) {
  const writerFile = opening.adopt(openFile(path), (file) => file.close())
  // What is committed is synced by `wal`, and brought into the database by its thread.
  writerFile.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
  const writer = new Kysely<Tables>({ dialect: nodeSqlite(writerFile) })
  checkFile(writerFile)
  await migrate(writer)

  const readerFile = opening.adopt(openFile(path), (file) => file.close())
  readerFile.exec('PRAGMA query_only = ON')
  const read = new Kysely<Tables>({ dialect: nodeSqlite(readerFile) })
  const wal = opening.use(await openWal(path))
  return { read, ...createWriter(writerFile, writer, wal) }
}

function openFile(path: string): DatabaseSync {
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

function renderFailure(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause
  const advice = isOfTheDisk(cause) ? 'make room, and make it writable' : 'restore a backup'
  return new Failure('unavailable', `The database ${path} cannot be opened (${messageOf(cause)}): ${advice}.`, {
    cause,
  })
}
