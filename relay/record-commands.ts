/** What an administrator does to the record, run by the command line with the options of the relay whose record it is. */
import { readFileSync } from 'node:fs'
import { createLog } from '@fairlead/base'
import { readRelayConfig } from './config.ts'
import type { SchemaChange } from './database/migrations/upgrade.ts'
import type { Carriage, Progress } from './database/transfer/export-record.ts'
import { exportToFile, importFromFile, migrateRecord } from './database/transfer/transfer.ts'

export interface RecordOptions {
  /** `config`, `data` and `databaseUrl`, as far as they are given. */
  flags: Readonly<Record<string, unknown>>
  environment: Readonly<Record<string, string | undefined>>
}

export interface CarriageOptions extends RecordOptions {
  /** A path, or `-`. */
  file: string
  progress?: Progress | undefined
}

/** @param options.check only tells @throws {Failure} one sentence @throws {UsageError} */
export async function migrateCommand({ check, ...options }: RecordOptions & { check: boolean }): Promise<SchemaChange> {
  return migrateRecord({ place: placeOf(options), check, log: createLog() })
}

/** @throws {Failure} one sentence @throws {UsageError} */
export async function exportCommand({ file, progress, ...options }: CarriageOptions): Promise<Carriage> {
  return exportToFile({ place: placeOf(options), file, progress })
}

/** @throws {Failure} one sentence @throws {UsageError} */
export async function importCommand({ file, progress, ...options }: CarriageOptions): Promise<Carriage> {
  return importFromFile({ place: placeOf(options), file, progress, log: createLog() })
}

/** Read as the relay reads it, so that what works for the one works for the other. */
function placeOf({ flags, environment }: RecordOptions) {
  const { dataFolder, databaseUrl } = readRelayConfig({
    flags,
    environment,
    readFile: (path) => readFileSync(path, 'utf8'),
  })
  return { folder: dataFolder, url: databaseUrl }
}
