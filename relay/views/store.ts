/** What the relay remembers of saved views; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { SavedViewRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type ViewStore = ReturnType<typeof createViewStore>

export function createViewStore({ read }: Database) {
  return {
    /** A user's own, and those of the whole account. */
    list(account: string, user: string): Promise<SavedViewRow[]> {
      return read
        .selectFrom('saved_view')
        .selectAll()
        .where('account', '=', account)
        .where(({ or, eb }) => or([eb('user_id', 'is', null), eb('user_id', '=', user)]))
        .execute()
    },

    /** Nobody else changes it until the commit. */
    find({ sql }: Transaction, viewId: string): Promise<SavedViewRow | undefined> {
      return sql.selectFrom('saved_view').selectAll().where('view_id', '=', viewId).forNoKeyUpdate().executeTakeFirst()
    },

    /** @param user null: of the whole account */
    async count({ sql }: Transaction, account: string, user: string | null): Promise<number> {
      const { count } = await sql
        .selectFrom('saved_view')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('account', '=', account)
        .where('user_id', user === null ? 'is' : '=', user)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** @returns false: there is one with this ID, made at the same moment */
    async add({ sql }: Transaction, row: SavedViewRow): Promise<boolean> {
      const added = await sql
        .insertInto('saved_view')
        .values(row)
        .onConflict((on) => on.column('view_id').doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    async change({ sql }: Transaction, { view_id, ...row }: SavedViewRow): Promise<void> {
      await sql.updateTable('saved_view').set(row).where('view_id', '=', view_id).execute()
    },

    async remove({ sql }: Transaction, viewId: string): Promise<void> {
      await sql.deleteFrom('saved_view').where('view_id', '=', viewId).execute()
    },
  }
}
