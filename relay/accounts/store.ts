/** What the relay remembers about accounts and keys; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { AccountTable, ApiKeyRow } from '../database/tables.ts'

export type AccountStore = ReturnType<typeof createAccountStore>

const adminKeyHash = 'admin-key-hash'

export function createAccountStore({ read, write }: Database) {
  return {
    accounts(): Promise<AccountTable[]> {
      return read.selectFrom('account').selectAll().orderBy('id').execute()
    },

    /** @returns false when there is such an account already */
    async addAccount(row: AccountTable): Promise<boolean> {
      const added = await write((tx) =>
        tx.sql
          .insertInto('account')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst(),
      )
      return added.numInsertedOrUpdatedRows === 1n
    },

    keys(): Promise<ApiKeyRow[]> {
      return read.selectFrom('api_key').selectAll().orderBy('key_id').execute()
    },

    async addKey(row: ApiKeyRow): Promise<void> {
      await write((tx) => tx.sql.insertInto('api_key').values(row).execute())
    },

    async removeKey(keyId: string): Promise<void> {
      await write((tx) => tx.sql.deleteFrom('api_key').where('key_id', '=', keyId).execute())
    },

    async saveLastUsed(uses: Iterable<{ keyId: string; atMs: number }>): Promise<void> {
      await write(async (tx) => {
        for (const { keyId, atMs } of uses)
          await tx.sql.updateTable('api_key').set({ last_used_at: atMs }).where('key_id', '=', keyId).execute()
      })
    },

    /** SHA-256, hexadecimal. */
    async adminKeyHash(): Promise<string | undefined> {
      const found = await read.selectFrom('setting').select('value').where('name', '=', adminKeyHash).executeTakeFirst()
      return found?.value
    },

    async saveAdminKeyHash(value: string): Promise<void> {
      await write((tx) =>
        tx.sql
          .insertInto('setting')
          .values({ name: adminKeyHash, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute(),
      )
    },
  }
}
