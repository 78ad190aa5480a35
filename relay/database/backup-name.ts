/** Names of the backups that are made before a database is brought to a newer schema. */
import { join } from 'node:path'

/** Such as `backup-schema-3-2026-11-26T10-15-00Z.db`: a colon is no part of a file's name everywhere. */
export function backupPath(folder: string, version: number, ending: string, nowMs = Date.now()): string {
  const at = new Date(nowMs)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '-')
  return join(folder, `backup-schema-${version}-${at}.${ending}`)
}
