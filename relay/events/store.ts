/** Where the journal lies; decides nothing. */
import type { Database } from '../database/database.ts'
import { prepareForMany } from '../database/prepared.ts'
import type { EventRow } from '../database/tables.ts'

export function createJournalStore({ read, write }: Database) {
  return {
    add: prepareForMany((sql, rows: readonly EventRow[]) => sql.insertInto('event').values(rows)),

    /** First and last number kept; undefined when nothing ever happened. */
    async bounds(): Promise<{ first: number; last: number } | undefined> {
      const found = await read
        .selectFrom('event')
        .select(({ fn }) => [fn.min('seq').as('first'), fn.max('seq').as('last')])
        .executeTakeFirst()
      const { first, last } = found ?? {}
      return typeof first === 'number' && typeof last === 'number' ? { first, last } : undefined
    },

    after(seq: number, limit: number): Promise<EventRow[]> {
      return read.selectFrom('event').selectAll().where('seq', '>', seq).orderBy('seq').limit(limit).execute()
    },

    /** @returns the number of the last one of which nothing after it is older than `beforeMs` */
    async lastBefore(beforeMs: number): Promise<number> {
      const found = await read
        .selectFrom('event')
        .select('seq')
        .where('at', '>=', beforeMs)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst()
      return found ? found.seq - 1 : Number.MAX_SAFE_INTEGER
    },

    async removeUpTo(seq: number): Promise<void> {
      await write((tx) => tx.sql.deleteFrom('event').where('seq', '<=', seq).execute())
    },
  }
}
