/** What the relay remembers of who is signed in; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { AccountUserRow, UserSessionRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type SessionStore = ReturnType<typeof createSessionStore>

/** A session, whose it is, and what their account demands of them. */
export type SessionRow = UserSessionRow &
  Omit<AccountUserRow, 'created_at'> & { require_second_factor: number; passkeys: number }

export function createSessionStore({ read }: Database) {
  return {
    async find(key: string): Promise<SessionRow | undefined> {
      const row = await read
        .selectFrom('user_session')
        .innerJoin('account_user', 'account_user.user_id', 'user_session.user_id')
        .innerJoin('account', 'account.id', 'account_user.account')
        .selectAll('account_user')
        .selectAll('user_session')
        .select('account.require_second_factor')
        .select(({ selectFrom }) =>
          selectFrom('passkey')
            .whereRef('passkey.user_id', '=', 'account_user.user_id')
            .select(({ fn }) => fn.countAll<number>().as('count'))
            .as('passkeys'),
        )
        .where('key', '=', key)
        .executeTakeFirst()
      return row && { ...row, passkeys: Number(row.passkeys) }
    },

    /** Newest first. */
    of(userId: string): Promise<UserSessionRow[]> {
      return read
        .selectFrom('user_session')
        .selectAll()
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .orderBy('key')
        .execute()
    },

    async add({ sql }: Transaction, row: UserSessionRow): Promise<void> {
      await sql.insertInto('user_session').values(row).execute()
    },

    async saveSeen({ sql }: Transaction, key: string, at: number): Promise<void> {
      await sql
        .updateTable('user_session')
        .set({ seen_at: at })
        .where('key', '=', key)
        .where('seen_at', '<', at)
        .execute()
    },

    async saveProof(
      { sql }: Transaction,
      key: string,
      proof: Partial<Pick<UserSessionRow, 'proven_at' | 'factor_at'>>,
    ): Promise<void> {
      await sql.updateTable('user_session').set(proof).where('key', '=', key).execute()
    },

    async end({ sql }: Transaction, key: string): Promise<void> {
      await sql.deleteFrom('user_session').where('key', '=', key).execute()
    },

    /** @param butFor its key: that one stays */
    async endAllOf({ sql }: Transaction, userId: string, butFor = ''): Promise<void> {
      await sql.deleteFrom('user_session').where('user_id', '=', userId).where('key', '!=', butFor).execute()
    },

    /** @param newest so many stay */
    async endOldestOf({ sql }: Transaction, userId: string, newest: number): Promise<void> {
      const kept = sql
        .selectFrom('user_session')
        .select('key')
        .where('user_id', '=', userId)
        .orderBy('created_at', 'desc')
        .limit(newest)
      await sql.deleteFrom('user_session').where('user_id', '=', userId).where('key', 'not in', kept).execute()
    },

    async forget({ sql }: Transaction, createdBefore: number, seenBefore: number): Promise<void> {
      await sql
        .deleteFrom('user_session')
        .where(({ or, eb }) => or([eb('created_at', '<', createdBefore), eb('seen_at', '<', seenBefore)]))
        .execute()
    },
  }
}
