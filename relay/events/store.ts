/** Where the journal lies; decides nothing. */
import type { Database } from '../database/database.ts'
import type { EventRow } from '../database/tables.ts'
import { quietTypes } from './entry.ts'

export type JournalStore = ReturnType<typeof createJournalStore>

export function createJournalStore({ read, write }: Database) {
  return {
    /** What other nodes than this one wrote up to `upTo` that changes what is known, in order. */
    changesAfter(seq: number, upTo: number, node: number): Promise<EventRow[]> {
      return read
        .selectFrom('event')
        .selectAll()
        .where('seq', '>', seq)
        .where('seq', '<=', upTo)
        .where('node', '<>', node)
        .where('type', 'not in', quietTypes)
        .orderBy('seq')
        .execute()
    },

    /** Number of the oldest that is kept; undefined when none is. */
    async oldest(): Promise<number | undefined> {
      const found = await read.selectFrom('event').select('seq').orderBy('seq').limit(1).executeTakeFirst()
      return found?.seq
    },

    /** Number of the newest that ever was. */
    async newest(): Promise<number> {
      const { seq } = await read.selectFrom('journal_head').select('seq').executeTakeFirstOrThrow()
      return seq
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
