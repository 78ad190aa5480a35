/** What the relay remembers of release codes and walk-ups; it decides nothing. Codes and tokens are hashes here. */
import type { Database } from '../database/database.ts'
import type { ReleaseCodeRow, WalkUpRow } from '../database/walk-up-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type WalkUpStore = ReturnType<typeof createWalkUpStore>

/** With whose it is. */
export type CodeWithUser = ReleaseCodeRow & { user_name: string; user_email: string }

export function createWalkUpStore({ read }: Database) {
  const codes = () =>
    read
      .selectFrom('release_code')
      .innerJoin('account_user', 'account_user.user_id', 'release_code.user_id')
      .selectAll('release_code')
      .select(['account_user.name as user_name', 'account_user.email as user_email'])

  return {
    /** The oldest first. */
    codesOf(whose: { userId: string } | { account: string }): Promise<CodeWithUser[]> {
      const all = codes().orderBy('release_code.created_at').orderBy('release_code_id')
      return (
        'userId' in whose
          ? all.where('release_code.user_id', '=', whose.userId)
          : all.where('release_code.account', '=', whose.account)
      ).execute()
    },

    findCode(releaseCodeId: string): Promise<CodeWithUser | undefined> {
      return codes().where('release_code_id', '=', releaseCodeId).executeTakeFirst()
    },

    /** Whose it is in that account. */
    findByHash(account: string, hash: string): Promise<CodeWithUser | undefined> {
      return codes().where('release_code.account', '=', account).where('hash', '=', hash).executeTakeFirst()
    },

    async countCodes({ sql }: Transaction, userId: string): Promise<number> {
      const { all } = await sql
        .selectFrom('release_code')
        .select(({ fn }) => fn.countAll<number>().as('all'))
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow()
      return Number(all)
    },

    /** @returns false: there is such a code in the account */
    async addCode({ sql }: Transaction, row: ReleaseCodeRow): Promise<boolean> {
      const added = await sql
        .insertInto('release_code')
        .values(row)
        .onConflict((on) => on.columns(['account', 'hash']).doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    /** @returns false: it is gone already */
    async used({ sql }: Transaction, releaseCodeId: string, at: number): Promise<boolean> {
      const used = await sql
        .updateTable('release_code')
        .set({ last_used_at: at })
        .where('release_code_id', '=', releaseCodeId)
        .executeTakeFirst()
      return used.numUpdatedRows === 1n
    },

    /** @returns false: it is gone already */
    async removeCode({ sql }: Transaction, releaseCodeId: string): Promise<boolean> {
      const removed = await sql
        .deleteFrom('release_code')
        .where('release_code_id', '=', releaseCodeId)
        .executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    /** With the name of who it is, once that is known. */
    find(walkUpId: string): Promise<(WalkUpRow & { user_name: string | null }) | undefined> {
      return read
        .selectFrom('walk_up')
        .leftJoin('account_user', 'account_user.user_id', 'walk_up.user_id')
        .selectAll('walk_up')
        .select('account_user.name as user_name')
        .where('walk_up_id', '=', walkUpId)
        .executeTakeFirst()
    },

    findByToken(token: string): Promise<WalkUpRow | undefined> {
      return read.selectFrom('walk_up').selectAll().where('token', '=', token).executeTakeFirst()
    },

    /** In the place of those that there are at the device. */
    async begin({ sql }: Transaction, row: WalkUpRow): Promise<void> {
      await sql.deleteFrom('walk_up').where('device', '=', row.device).execute()
      await sql.insertInto('walk_up').values(row).execute()
    },

    /** @returns false: it is over, or somebody was quicker */
    async confirm({ sql }: Transaction, token: string, userId: string, now: number, expiresAt: number) {
      const confirmed = await sql
        .updateTable('walk_up')
        .set({ token: null, user_id: userId, expires_at: expiresAt })
        .where('token', '=', token)
        .where('expires_at', '>', now)
        .executeTakeFirst()
      return confirmed.numUpdatedRows === 1n
    },

    /** @returns false: it is over */
    async putOff({ sql }: Transaction, walkUpId: string, expiresAt: number): Promise<boolean> {
      const putOff = await sql
        .updateTable('walk_up')
        .set({ expires_at: expiresAt })
        .where('walk_up_id', '=', walkUpId)
        .executeTakeFirst()
      return putOff.numUpdatedRows === 1n
    },

    async end({ sql }: Transaction, walkUpId: string): Promise<void> {
      await sql.deleteFrom('walk_up').where('walk_up_id', '=', walkUpId).execute()
    },

    async forget({ sql }: Transaction, now: number): Promise<void> {
      await sql.deleteFrom('walk_up').where('expires_at', '<=', now).execute()
    },
  }
}
