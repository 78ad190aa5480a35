/** What the relay remembers of app passwords; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { AppPasswordRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type AppPasswordStore = ReturnType<typeof createAppPasswordStore>

export function createAppPasswordStore({ read }: Database) {
  return {
    of(userId: string): Promise<AppPasswordRow[]> {
      return read
        .selectFrom('app_password')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at')
        .orderBy('app_password_id')
        .execute()
    },

    find(hash: string): Promise<AppPasswordRow | undefined> {
      return read.selectFrom('app_password').selectAll().where('hash', '=', hash).executeTakeFirst()
    },

    async count({ sql }: Transaction, userId: string): Promise<number> {
      const { all } = await sql
        .selectFrom('app_password')
        .select(({ fn }) => fn.countAll<number>().as('all'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return Number(all)
    },

    async add({ sql }: Transaction, row: AppPasswordRow): Promise<void> {
      await sql.insertInto('app_password').values(row).execute()
    },

    async used({ sql }: Transaction, appPasswordId: string, at: number): Promise<void> {
      await sql
        .updateTable('app_password')
        .set({ last_used_at: at })
        .where('app_password_id', '=', appPasswordId)
        .execute()
    },

    /** @returns false: the user has no such one */
    async remove({ sql }: Transaction, userId: string, appPasswordId: string): Promise<boolean> {
      const removed = await sql
        .deleteFrom('app_password')
        .where('app_password_id', '=', appPasswordId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    async removeOf({ sql }: Transaction, userId: string): Promise<void> {
      await sql.deleteFrom('app_password').where('user_id', '=', userId).execute()
    },
  }
}
