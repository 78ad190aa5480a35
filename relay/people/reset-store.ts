/** What the relay remembers of links for a new password; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { PasswordResetRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type ResetStore = ReturnType<typeof createResetStore>

export function createResetStore({ read }: Database) {
  return {
    findByHash(hash: string, nowMs: number): Promise<PasswordResetRow | undefined> {
      return read
        .selectFrom('password_reset')
        .selectAll()
        .where('hash', '=', hash)
        .where('expires_at', '>', nowMs)
        .executeTakeFirst()
    },

    /** One for each user: the one before is dead. */
    async put({ sql }: Transaction, row: PasswordResetRow): Promise<void> {
      await sql
        .insertInto('password_reset')
        .values(row)
        .onConflict((on) => on.column('user_id').doUpdateSet(row))
        .execute()
    },

    /** @returns false: somebody has used it, or another was made */
    async take({ sql }: Transaction, hash: string): Promise<boolean> {
      const taken = await sql.deleteFrom('password_reset').where('hash', '=', hash).executeTakeFirst()
      return taken.numDeletedRows === 1n
    },

    /** Those that somebody has made, and the one for them. */
    async removeOf({ sql }: Transaction, userId: string, maker: string): Promise<void> {
      await sql
        .deleteFrom('password_reset')
        .where(({ or, eb }) => or([eb('user_id', '=', userId), eb('made_by', '=', maker)]))
        .execute()
    },

    async forgetExpired({ sql }: Transaction, nowMs: number): Promise<void> {
      await sql.deleteFrom('password_reset').where('expires_at', '<=', nowMs).execute()
    },
  }
}
