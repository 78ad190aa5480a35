/** A copy of the embedded database, made before it is brought to a newer schema. */
import { chmodSync, closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { Failure, type Log } from '@fairlead/base'
import { backupPath } from './backup-name.ts'
import { messageOf } from './sqlite-errors.ts'

/**
 * On disk when it returns, readable by its owner alone.
 *
 * @throws {Failure} `unavailable`, one sentence: without a copy nothing is changed
 */
export async function backUpSqlite(
  file: DatabaseSync,
  version: number,
  { folder, log }: { folder: string; log?: Log | undefined },
): Promise<void> {
  const path = backupPath(folder, version, 'db')
  try {
    file.prepare('VACUUM INTO ?').run(path)
    chmodSync(path, 0o600)
    for (const synced of [path, folder]) sync(synced)
  } catch (cause) {
    rmSync(path, { force: true })
    throw new Failure(
      'unavailable',
      `The database must be brought to a newer schema, but no backup of it can be made in ${folder} (${messageOf(cause)}): make room there.`,
      { cause },
    )
  }
  log?.info('database.backed-up', 'Before the database is brought to a newer schema, a copy of it was made.', {
    path,
    version,
  })
}

function sync(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
