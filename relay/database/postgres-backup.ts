/** A copy of a PostgreSQL record, made before it is brought to a newer schema: an export into the data folder. */
import { Failure, type Log } from '@fairlead/base'
import { backupPath } from './backup-name.ts'
import { makeDataFolder } from './data-folder.ts'
import type { PostgresPlace } from './postgres-url.ts'
import { exportRecord } from './transfer/export-record.ts'
import { openOutput } from './transfer/record-file.ts'
import { openPostgresSnapshot } from './transfer/snapshot.ts'

/** @throws {Failure} `unavailable`, one sentence: without a copy nothing is changed */
export async function backUpPostgres(
  place: PostgresPlace,
  version: number,
  { folder, log }: { folder: string; log?: Log | undefined },
): Promise<void> {
  const path = backupPath(folder, version, 'jsonl.gz')
  try {
    makeDataFolder(folder)
    await using snapshot = await openPostgresSnapshot(place)
    await using output = await openOutput(path)
    await exportRecord(snapshot, { known: version, write: output.write })
    await output.finish()
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    throw new Failure(
      'unavailable',
      `The database ${place.inWords} must be brought to a newer schema, but no backup of it can be made: ${said}`,
      { cause },
    )
  }
  log?.info('database.backed-up', 'Before the database is brought to a newer schema, it was exported.', {
    path,
    version,
  })
}
