/** Numbers of events: given when a group is done, in the order of commits, with none left out. */
import type { Kysely } from 'kysely'
import { prepareForMany } from './prepared.ts'
import type { EventRow, NewEventRow, Tables } from './tables.ts'

const add = prepareForMany((sql, rows: readonly EventRow[]) => sql.insertInto('event').values(rows))

/**
 * Writes the events under the next numbers. From here to the commit nobody else can number any: who reads up to a number has
 * read everything up to it.
 */
export async function numberEvents(sql: Kysely<Tables>, events: readonly NewEventRow[]): Promise<readonly EventRow[]> {
  if (events.length === 0) return []
  const head = await sql
    .updateTable('journal_head')
    .set(({ eb }) => ({ seq: eb('seq', '+', events.length) }))
    .returning('seq')
    .executeTakeFirstOrThrow()
  const first = head.seq - events.length + 1
  const rows = events.map((event, at) => ({ seq: first + at, ...event }))
  await add(sql, rows)
  return rows
}
