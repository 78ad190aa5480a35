/** The clock of the record: what several nodes compare is not told by the clock of any of them. */
import { type RawBuilder, sql } from 'kysely'
import type { Database } from './database.ts'

/** Milliseconds since 1970, in a query. */
export function recordNow({ kind }: Pick<Database, 'kind'>): RawBuilder<number> {
  return kind === 'postgres'
    ? sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`
    : sql<number>`cast(unixepoch('subsec') * 1000 as integer)`
}
