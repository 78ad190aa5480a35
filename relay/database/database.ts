/** The record: what this relay, or all nodes of one, must not forget. What `write` has resolved is on disk (G1). */
import type { Database, DatabaseNeeds } from './shape.ts'
import { openSqliteDatabase } from './sqlite-database.ts'

export type { Database, DatabaseNeeds } from './shape.ts'

/**
 * Opens or makes the database, and brings it to the newest schema.
 *
 * @throws {Failure} `unavailable`, one sentence that says what to do @throws {UsageError} for a URL that is none
 */
export async function openDatabase(needs: DatabaseNeeds): Promise<Database> {
  if (needs.url === undefined) return openSqliteDatabase(needs)
  // Only now: who has no server needs no driver for it.
  const { openPostgresDatabase } = await import('./postgres-database.ts')
  return openPostgresDatabase({ ...needs, url: needs.url })
}
