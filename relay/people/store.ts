/** What the relay remembers of users; it decides nothing. Tokens are hashes here, nowhere the tokens. */
import type { Database } from '../database/database.ts'
import type { AccountUserRow } from '../database/people-tables.ts'
import type { Tables } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import { hashOf } from './token.ts'

export type PeopleStore = ReturnType<typeof createPeopleStore>

/** As people see a user. */
export type UserRow = AccountUserRow & { passkeys: number; identities: number }

const setUpHash = 'set-up-hash'

export function createPeopleStore({ read }: Database) {
  function users() {
    return read
      .selectFrom('account_user')
      .selectAll('account_user')
      .select(({ selectFrom }) =>
        selectFrom('passkey')
          .whereRef('passkey.user_id', '=', 'account_user.user_id')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .as('passkeys'),
      )
      .select(({ selectFrom }) =>
        selectFrom('oidc_identity')
          .whereRef('oidc_identity.user_id', '=', 'account_user.user_id')
          .select(({ fn }) => fn.countAll<number>().as('count'))
          .as('identities'),
      )
  }
  const counted = <Row extends { passkeys: unknown; identities: unknown }>(row: Row) => ({
    ...row,
    passkeys: Number(row.passkeys),
    identities: Number(row.identities),
  })

  return {
    async isEmpty(): Promise<boolean> {
      return (await read.selectFrom('account_user').select('user_id').limit(1).executeTakeFirst()) === undefined
    },

    async hasUsers({ sql }: Transaction): Promise<boolean> {
      return (await sql.selectFrom('account_user').select('user_id').limit(1).executeTakeFirst()) !== undefined
    },

    async find(userId: string): Promise<UserRow | undefined> {
      const row = await users().where('user_id', '=', userId).executeTakeFirst()
      return row && counted(row)
    },

    findByEmail(emailLower: string): Promise<AccountUserRow | undefined> {
      return read.selectFrom('account_user').selectAll().where('email_lower', '=', emailLower).executeTakeFirst()
    },

    /** @param account undefined: of all */
    async list(account: string | undefined): Promise<UserRow[]> {
      const rows = await (account === undefined ? users() : users().where('account', '=', account)).execute()
      return rows.map(counted)
    },

    /** @returns false: the address has a user */
    async add({ sql }: Transaction, row: AccountUserRow): Promise<boolean> {
      const added = await sql
        .insertInto('account_user')
        .values(row)
        .onConflict((on) => on.column('email_lower').doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    findToChange({ sql }: Transaction, userId: string): Promise<AccountUserRow | undefined> {
      return sql.selectFrom('account_user').selectAll().where('user_id', '=', userId).executeTakeFirst()
    },

    /** Whoever changes users of an account goes one after the other, at all nodes: two owners must not make each other none. */
    async holdAccount({ sql }: Transaction, account: string): Promise<void> {
      await sql.updateTable('account').set({ id: account }).where('id', '=', account).execute()
    },

    async hasOtherOwner({ sql }: Transaction, account: string, userId: string): Promise<boolean> {
      const other = await sql
        .selectFrom('account_user')
        .select('user_id')
        .where('account', '=', account)
        .where('role', '=', 'owner')
        .where('user_id', '!=', userId)
        .limit(1)
        .executeTakeFirst()
      return other !== undefined
    },

    /** @returns false: there is no such user any more */
    async change({ sql }: Transaction, userId: string, change: Partial<Tables['account_user']>): Promise<boolean> {
      const changed = await sql.updateTable('account_user').set(change).where('user_id', '=', userId).executeTakeFirst()
      return changed.numUpdatedRows === 1n
    },

    /** Sessions, passkeys and recovery codes go with it; that it was removed is remembered. */
    async remove({ sql }: Transaction, { user_id, account, email_lower }: AccountUserRow, at: number): Promise<void> {
      await sql
        .insertInto('removed_user')
        .values({ account, email_hash: hashOf(email_lower), removed_at: at })
        .onConflict((on) => on.columns(['account', 'email_hash']).doUpdateSet({ removed_at: at }))
        .execute()
      await sql.deleteFrom('account_user').where('user_id', '=', user_id).execute()
    },

    async isUser({ sql }: Transaction, emailLower: string): Promise<boolean> {
      const user = await sql
        .selectFrom('account_user')
        .select('user_id')
        .where('email_lower', '=', emailLower)
        .executeTakeFirst()
      return user !== undefined
    },

    async wasRemoved({ sql }: Transaction, account: string, emailLower: string): Promise<boolean> {
      const removed = await sql
        .selectFrom('removed_user')
        .select('removed_at')
        .where('account', '=', account)
        .where('email_hash', '=', hashOf(emailLower))
        .executeTakeFirst()
      return removed !== undefined
    },

    /** An authenticator app or a passkey. */
    async hasFactor({ sql }: Transaction, userId: string): Promise<boolean> {
      const app = sql
        .selectFrom('account_user')
        .select('user_id')
        .where('user_id', '=', userId)
        .where('totp_since', 'is not', null)
      const passkey = sql.selectFrom('passkey').select('user_id').where('user_id', '=', userId)
      return (await app.unionAll(passkey).limit(1).executeTakeFirst()) !== undefined
    },

    /** In a transaction that holds the account: whether it wants a second factor of everybody. */
    async demandsFactor({ sql }: Transaction, account: string): Promise<boolean> {
      const row = await sql
        .selectFrom('account')
        .select('require_second_factor')
        .where('id', '=', account)
        .executeTakeFirst()
      return row?.require_second_factor === 1
    },

    async isFactorDemanded(account: string): Promise<boolean> {
      const row = await read
        .selectFrom('account')
        .select('require_second_factor')
        .where('id', '=', account)
        .executeTakeFirst()
      return row?.require_second_factor === 1
    },

    /** @returns false: one is asked for already */
    async beginTotp({ sql }: Transaction, userId: string, secret: string): Promise<boolean> {
      const begun = await sql
        .updateTable('account_user')
        .set({ totp_secret: secret })
        .where('user_id', '=', userId)
        .where('totp_since', 'is', null)
        .executeTakeFirst()
      return begun.numUpdatedRows === 1n
    },

    /** @returns false: it is another one by now */
    async confirmTotp(
      { sql }: Transaction,
      { user_id, totp_secret }: AccountUserRow,
      since: { totp_since: number; totp_step: number },
    ): Promise<boolean> {
      const confirmed = await sql
        .updateTable('account_user')
        .set(since)
        .where('user_id', '=', user_id)
        .where('totp_since', 'is', null)
        .where('totp_secret', '=', totp_secret)
        .executeTakeFirst()
      return confirmed.numUpdatedRows === 1n
    },

    /** Its recovery codes go with it. */
    async endTotp({ sql }: Transaction, userId: string): Promise<void> {
      const none = { totp_secret: null, totp_since: null, totp_step: null }
      await sql.updateTable('account_user').set(none).where('user_id', '=', userId).execute()
      await sql.deleteFrom('recovery_code').where('user_id', '=', userId).execute()
    },

    /** @returns false: a code of this step, or of a later one, was taken before */
    async useStep({ sql }: Transaction, userId: string, step: number): Promise<boolean> {
      const used = await sql
        .updateTable('account_user')
        .set({ totp_step: step })
        .where('user_id', '=', userId)
        .where('totp_step', '<', step)
        .executeTakeFirst()
      return used.numUpdatedRows === 1n
    },

    async replaceRecoveryCodes({ sql }: Transaction, userId: string, hashes: readonly string[]): Promise<void> {
      await sql.deleteFrom('recovery_code').where('user_id', '=', userId).execute()
      await sql
        .insertInto('recovery_code')
        .values(hashes.map((hash) => ({ user_id: userId, hash })))
        .execute()
    },

    /** @returns false: it is none, or was used before */
    async useRecoveryCode({ sql }: Transaction, userId: string, hash: string): Promise<boolean> {
      const used = await sql
        .deleteFrom('recovery_code')
        .where('user_id', '=', userId)
        .where('hash', '=', hash)
        .executeTakeFirst()
      return used.numDeletedRows === 1n
    },

    async keepSetUpHash({ sql }: Transaction, value: string): Promise<void> {
      await sql
        .insertInto('setting')
        .values({ name: setUpHash, value })
        .onConflict((on) => on.column('name').doUpdateSet({ value }))
        .execute()
    },

    async isSetUpHash(value: string): Promise<boolean> {
      const row = await read.selectFrom('setting').select('value').where('name', '=', setUpHash).executeTakeFirst()
      return row?.value === value
    },

    /** @returns false: it is not the one, or somebody has used it */
    async useSetUpHash({ sql }: Transaction, value: string): Promise<boolean> {
      const used = await sql
        .deleteFrom('setting')
        .where('name', '=', setUpHash)
        .where('value', '=', value)
        .executeTakeFirst()
      return used.numDeletedRows === 1n
    },
  }
}
