/** What survives a restart: one SQLite file in the data folder, which is also its lock. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Clock, Failure } from '@fairlead/base'
import { createJobStore, type JobStore, jobTable } from '../jobs/job-store.ts'
import { createPullStore, type PullStore, pullTables } from '../pull/pull-store.ts'
import { DeviceRecord } from './device-record.ts'
import { createJournal, type Journal, journalTable } from './journal.ts'
import { createProgramStore, type ProgramStore, programTable } from './program-store.ts'
import { createTellingStore, type TellingStore, tellingTable } from './telling-store.ts'

export interface Memory extends Disposable {
  /** Where a damaged file was put, if this memory had to start empty. */
  readonly keptAside: string | undefined
  devices(): DeviceRecord[]
  find(id: string): DeviceRecord | undefined
  /** On disk when it returns. */
  keep(record: DeviceRecord): void
  /** On disk when it returns. @returns the record as it is now */
  change(id: string, changes: Partial<DeviceRecord>): DeviceRecord
  /** The memory of one device's requests. */
  journalOf(id: string): Journal
  /** The jobs of one device. */
  jobsOf(id: string): JobStore
  /** The pulls of one device. */
  pullsOf(id: string): PullStore
  /** What is told of one device that nobody asked. */
  tellingOf(id: string): TellingStore
  /** What is kept of programs at one device. */
  programsOf(id: string): ProgramStore
}

const fileName = 'agent.db'
// Source: sqlite.org/rescode.html
const sqliteBusy = 5
const sqliteCorrupt = 11
const sqliteNotADatabase = 26
const schemaVersion = 1

/**
 * Opens the memory in `folder`, which is made if missing, and locks it until disposed or until this process dies.
 *
 * A damaged file is moved beside itself, never overwritten; the memory then starts empty and says so in `keptAside`.
 *
 * @throws {Failure} `in-progress` when another agent holds the folder; `unavailable` when it cannot be used
 */
export function openMemory(folder: string, clock: Pick<Clock, 'wallNow'>): Memory {
  const path = join(folder, fileName)
  makeFolder(folder, path)
  let keptAside: string | undefined
  let database: DatabaseSync
  try {
    database = openDatabase(path)
  } catch (error) {
    if (!isDamage(error)) throw explain(error, folder)
    keptAside = setAside(path, clock.wallNow())
    database = openDatabase(path)
  }
  return createMemory(database, clock, keptAside)
}

function createMemory(database: DatabaseSync, clock: Pick<Clock, 'wallNow'>, keptAside: string | undefined): Memory {
  const all = database.prepare('SELECT record FROM device ORDER BY id')
  const one = database.prepare('SELECT record FROM device WHERE id = ?')
  const put = database.prepare('INSERT OR REPLACE INTO device (id, record) VALUES (?, ?)')
  const read = (row: unknown) => DeviceRecord.parse(JSON.parse((row as { record: string }).record))

  const memory: Memory = {
    keptAside,
    devices: () => all.all().map(read),
    find(id) {
      const row = one.get(id)
      return row === undefined ? undefined : read(row)
    },
    keep: (record) => void put.run(record.id, JSON.stringify(record)),
    change(id, changes) {
      const known = memory.find(id)
      if (!known) throw new Failure('unknown-device', `There is no device ${id} in this data folder.`)
      const record = { ...known, ...changes }
      memory.keep(record)
      return record
    },
    journalOf: (id) => createJournal(database, id, clock),
    jobsOf: (id) => createJobStore(database, id),
    pullsOf: (id) => createPullStore(database, id),
    tellingOf: (id) => createTellingStore(database, id),
    programsOf: (id) => createProgramStore(database, id),
    [Symbol.dispose]: () => database.close(),
  }
  return memory
}

function makeFolder(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Made before SQLite opens it: it holds secrets, and the files beside it (the log) take over its mode.
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw explain(error, folder)
  }
}

function openDatabase(path: string): DatabaseSync {
  // Another agent that is just stopping gets a second to let go.
  const database = new DatabaseSync(path, { timeout: 1000 })
  try {
    // The exclusive lock is the system's: it ends with the process, however that ends.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    const [check] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    if (check?.quick_check !== 'ok') throw Object.assign(new Error(check?.quick_check), { errcode: sqliteCorrupt })
    prepareTables(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function prepareTables(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number }
  if (version > schemaVersion)
    throw new Failure('unavailable', 'The data folder was written by a newer Fairlead; start that one.')
  database.exec(`
    BEGIN;
    CREATE TABLE IF NOT EXISTS device (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
    ${journalTable}
    ${jobTable}
    ${pullTables}
    ${tellingTable}
    ${programTable}
    PRAGMA user_version = ${schemaVersion};
    COMMIT`)
}

function setAside(path: string, nowMs: number): string {
  const aside = `${path}.damaged-${new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-')}`
  renameSync(path, aside)
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`)
  closeSync(openSync(path, 'a', 0o600))
  return aside
}

function resultCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
    ? error.errcode & 0xff
    : undefined
}

function isDamage(error: unknown): boolean {
  const code = resultCode(error)
  return code === sqliteCorrupt || code === sqliteNotADatabase
}

function explain(error: unknown, folder: string): Error {
  if (error instanceof Failure) return error
  if (resultCode(error) === sqliteBusy)
    return new Failure(
      'in-progress',
      `Another agent is running with the data folder ${folder}; stop it or name another.`,
    )
  const words = error instanceof Error ? error.message : String(error)
  return new Failure('unavailable', `The data folder ${folder} cannot be used: ${words}.`, { cause: error })
}
