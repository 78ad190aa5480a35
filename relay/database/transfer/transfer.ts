/** What is done to a record from the outside: brought to the newest schema, written out, read in. */
import type { Log } from '@fairlead/base'
import { Kysely } from 'kysely'
import { makeDataFolder } from '../data-folder.ts'
import { openDatabase } from '../database.ts'
import { lockFolder } from '../folder-lock.ts'
import { allMigrations, type Migration } from '../migrations/migrations.ts'
import { planUpgrade, type SchemaChange } from '../migrations/upgrade.ts'
import { nodeSqlite } from '../node-sqlite.ts'
import { renderPostgresFailure } from '../postgres-opening.ts'
import { findOlderNodes, openAlone } from '../postgres-upgrade.ts'
import { readPostgresUrl } from '../postgres-url.ts'
import { databasePath, openSqliteFile, renderSqliteFailure } from '../sqlite-database.ts'
import type { Tables } from '../tables.ts'
import { type Carriage, exportRecord, type Progress } from './export-record.ts'
import { linesOf } from './format.ts'
import { importRecord, readRecordFile } from './import-record.ts'
import { openOutput, readInput } from './record-file.ts'
import { isMissing, openSnapshot, type RecordPlace } from './snapshot.ts'

interface TransferNeeds {
  place: RecordPlace
  /** Default: all there are. */
  migrations?: readonly Migration[]
  log?: Log
}

/**
 * Brings the record to the newest schema, with a backup before, as a relay does at its start.
 *
 * @param check only tells what would be done
 * @throws {Failure} `unavailable`, one sentence
 */
export async function migrateRecord(needs: TransferNeeds & { check: boolean }): Promise<SchemaChange> {
  const { place, migrations = allMigrations, check } = needs
  if (!check && place.url === undefined) makeDataFolder(place.folder)
  const plan = await planFor(place, migrations)
  if (check) return plan
  await using database = await openDatabase({ ...place, ...needs })
  return { from: plan.from, to: database.schema.version, waits: database.schema.waits }
}

async function planFor(place: RecordPlace, migrations: readonly Migration[]): Promise<SchemaChange> {
  if (isMissing(place)) return { from: 0, to: migrations.length, waits: undefined }
  await using snapshot = await openSnapshot(place)
  return await planUpgrade(snapshot.sql, migrations, snapshot.kind === 'postgres' ? findOlderNodes : undefined)
}

/**
 * Writes the record as it stands at this moment, while the relay goes on.
 *
 * @param file its path; `-` is standard output; packed if it ends in `.gz`
 * @throws {Failure} `unavailable`, one sentence: then there is no such file
 */
export async function exportToFile(
  needs: TransferNeeds & { file: string; progress?: Progress | undefined },
): Promise<Carriage> {
  const { place, migrations = allMigrations, file, progress } = needs
  await using snapshot = await openSnapshot(place)
  await using output = await openOutput(file)
  const carried = await exportRecord(snapshot, { known: migrations.length, write: output.write, progress })
  await output.finish()
  return carried
}

/**
 * Reads a record into an empty one, and brings it to the newest schema.
 *
 * @param file its path; `-` is standard input; packed or not
 * @throws {Failure} `unavailable` or `invalid-request`, one sentence: then nothing was kept
 */
export async function importFromFile(
  needs: TransferNeeds & { file: string; progress?: Progress | undefined },
): Promise<Carriage> {
  const { place, migrations = allMigrations, file, progress } = needs
  await using stack = new AsyncDisposableStack()
  const lines = stack.adopt(linesOf(readInput(file)), async (reading) => void (await reading.return(undefined)))
  const opened = await readRecordFile(lines, migrations.length)
  const empty = stack.use(await openEmpty(place))
  let carried: Carriage
  try {
    carried = await importRecord({ ...empty, migrations, file: opened, progress })
  } catch (error) {
    throw empty.render(error)
  }
  await stack.disposeAsync()
  await migrateRecord({ ...needs, check: false })
  return carried
}

/** A record that nobody else has: who imports into it must be alone. */
async function openEmpty(place: RecordPlace) {
  if (place.url === undefined) return openEmptySqlite(place.folder)
  const server = readPostgresUrl(place.url)
  const render = (error: unknown) => renderPostgresFailure(server, error)
  try {
    return { ...(await openAlone(server)), kind: 'postgres' as const, render }
  } catch (error) {
    throw render(error)
  }
}

function openEmptySqlite(folder: string) {
  makeDataFolder(folder)
  using opening = new DisposableStack()
  opening.use(lockFolder(folder))
  const path = databasePath(folder)
  const render = (error: unknown) => renderSqliteFailure(path, error)
  try {
    const file = opening.adopt(openSqliteFile(path), (opened) => opened.close())
    const opened = opening.move()
    return {
      kind: 'sqlite' as const,
      sql: new Kysely<Tables>({ dialect: nodeSqlite(file) }),
      render,
      [Symbol.asyncDispose]: async () => opened.dispose(),
    }
  } catch (error) {
    throw render(error)
  }
}
