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
import type { Tables } from './tables.ts'
import { createWriter, type Write } from './writer.ts'

export interface Database extends AsyncDisposable {
  /** Sees everything that was committed. Writing through it fails. */
  readonly read: Kysely<Tables>
  readonly write: Write
}

/**
 * Opens or makes the database in `folder`, which belongs to this process until it is closed.
 *
 * @throws {Failure} `unavailable`, one sentence: another process has the folder, a newer program wrote it, or it is damaged
 */
export async function openDatabase(folder: string): Promise<Database> {
  await using opening = new AsyncDisposableStack()
  opening.use(lockFolder(folder))

  const path = join(folder, 'fairlead.db')
  const writerFile = opening.adopt(openFile(path), (file) => file.close())
  const writer = new Kysely<Tables>({ dialect: nodeSqlite(writerFile) })
  checkFile(writerFile, path)
  await migrate(writer)

  const readerFile = opening.adopt(openFile(path), (file) => file.close())
  readerFile.exec('PRAGMA query_only = ON')
  const read = new Kysely<Tables>({ dialect: nodeSqlite(readerFile) })

  const { write, idle } = createWriter(writerFile, writer)
  opening.defer(idle)
  const opened = opening.move()
  return { read, write, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

function openFile(path: string): DatabaseSync {
  try {
    const file = new DatabaseSync(path, { timeout: 5000 })
    file.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
    // SCRAM keys are in it: nobody else on this machine reads them.
    chmodSync(path, 0o600)
    return file
  } catch (error) {
    throw damaged(path, error)
  }
}

function checkFile(file: DatabaseSync, path: string): void {
  const answer = file.prepare('PRAGMA quick_check(1)').get()
  const said = answer?.['quick_check']
  if (said !== 'ok') throw damaged(path, new Error(String(said)))
}

function damaged(path: string, cause: unknown): Failure {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new Failure('unavailable', `The database ${path} cannot be opened (${said}): restore a backup.`, { cause })
}
