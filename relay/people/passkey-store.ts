/** What the relay remembers of passkeys; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { PasskeyRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type PasskeyStore = ReturnType<typeof createPasskeyStore>

export function createPasskeyStore({ read }: Database) {
  return {
    of(userId: string): Promise<PasskeyRow[]> {
      return read.selectFrom('passkey').selectAll().where('user_id', '=', userId).orderBy('created_at').execute()
    },

    find(passkeyId: string): Promise<PasskeyRow | undefined> {
      return read.selectFrom('passkey').selectAll().where('passkey_id', '=', passkeyId).executeTakeFirst()
    },

    /** @returns false: it is there already */
    async add({ sql }: Transaction, row: PasskeyRow): Promise<boolean> {
      const added = await sql
        .insertInto('passkey')
        .values(row)
        .onConflict((on) => on.column('passkey_id').doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    /** @returns false: it has been removed */
    async use({ sql }: Transaction, passkeyId: string, counter: number, at: number): Promise<boolean> {
      const used = await sql
        .updateTable('passkey')
        .set({ counter, last_used_at: at })
        .where('passkey_id', '=', passkeyId)
        .executeTakeFirst()
      return used.numUpdatedRows === 1n
    },

    /** @returns false: the user has no such passkey */
    async remove({ sql }: Transaction, userId: string, passkeyId: string): Promise<boolean> {
      const removed = await sql
        .deleteFrom('passkey')
        .where('passkey_id', '=', passkeyId)
        .where('user_id', '=', userId)
        .executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    async removeOf({ sql }: Transaction, userId: string): Promise<void> {
      await sql.deleteFrom('passkey').where('user_id', '=', userId).execute()
    },

    /** @returns false: it was answered before */
    async spend({ sql }: Transaction, challenge: string, until: number): Promise<boolean> {
      const spent = await sql
        .insertInto('spent_challenge')
        .values({ challenge, until })
        .onConflict((on) => on.doNothing())
        .executeTakeFirst()
      return spent.numInsertedOrUpdatedRows === 1n
    },

    async forgetSpent({ sql }: Transaction, nowMs: number): Promise<void> {
      await sql.deleteFrom('spent_challenge').where('until', '<', nowMs).execute()
    },
  }
}
