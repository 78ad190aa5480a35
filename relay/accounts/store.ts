/** What the relay remembers about accounts and keys; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { AccountRow, ApiKeyRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { RecordChange } from '../events/entry.ts'

export type AccountStore = ReturnType<typeof createAccountStore>

const adminKeyHash = 'admin-key-hash'

/** To the audit log, in the transaction that changes it. */
type Tell = (tx: Transaction) => void

/** @param changed other nodes are to read this anew: told in the transaction that changes it */
export function createAccountStore(
  { read, write }: Database,
  changed: (tx: Transaction, change: RecordChange) => void = () => {},
) {
  return {
    accounts(): Promise<AccountRow[]> {
      return read.selectFrom('account').selectAll().orderBy('id').execute()
    },

    /** @returns false when there is such an account already */
    async addAccount(row: AccountRow, tell: Tell = () => {}): Promise<boolean> {
      return write(async (tx) => {
        const added = await tx.sql
          .insertInto('account')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows !== 1n) return false
        changed(tx, 'record.account')
        tell(tx)
        return true
      })
    },

    /** @returns as it is now */
    async changeAccount(
      id: string,
      change: Pick<AccountRow, 'require_second_factor'>,
      tell: Tell,
    ): Promise<AccountRow> {
      return write(async (tx) => {
        const row = await tx.sql
          .updateTable('account')
          .set(change)
          .where('id', '=', id)
          .returningAll()
          .executeTakeFirstOrThrow()
        changed(tx, 'record.account')
        tell(tx)
        return row
      })
    },

    keys(): Promise<ApiKeyRow[]> {
      return read.selectFrom('api_key').selectAll().orderBy('key_id').execute()
    },

    async addKey(row: ApiKeyRow, tell: Tell): Promise<void> {
      await write(async (tx) => {
        await tx.sql.insertInto('api_key').values(row).execute()
        changed(tx, 'record.key')
        tell(tx)
      })
    },

    /** Twice does no harm, and is told once. */
    async removeKey(keyId: string, tell: Tell): Promise<void> {
      await write(async (tx) => {
        const removed = await tx.sql.deleteFrom('api_key').where('key_id', '=', keyId).executeTakeFirst()
        if (removed.numDeletedRows === 0n) return
        changed(tx, 'record.key')
        tell(tx)
      })
    },

    async saveLastUsed(uses: Iterable<{ keyId: string; atMs: number }>): Promise<void> {
      await write(async (tx) => {
        // In one order: two nodes that save the same keys do not wait for each other crosswise.
        for (const { keyId, atMs } of [...uses].sort((one, other) => (one.keyId < other.keyId ? -1 : 1)))
          await tx.sql
            .updateTable('api_key')
            .set({ last_used_at: atMs })
            .where('key_id', '=', keyId)
            .where((is) => is.or([is('last_used_at', 'is', null), is('last_used_at', '<', atMs)]))
            .execute()
      })
    },

    /** SHA-256, hexadecimal. */
    async adminKeyHash(): Promise<string | undefined> {
      const found = await read.selectFrom('setting').select('value').where('name', '=', adminKeyHash).executeTakeFirst()
      return found?.value
    },

    /** @returns the one that stands: this, or another's that was first */
    keepAdminKeyHash(value: string, tell: Tell): Promise<string> {
      return write(async (tx) => {
        const { sql } = tx
        const added = await sql
          .insertInto('setting')
          .values({ name: adminKeyHash, value })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows === 1n) tell(tx)
        const kept = await sql
          .selectFrom('setting')
          .select('value')
          .where('name', '=', adminKeyHash)
          .executeTakeFirstOrThrow()
        return kept.value
      })
    },

    async saveAdminKeyHash(value: string, tell: Tell): Promise<void> {
      await write(async (tx) => {
        await tx.sql
          .insertInto('setting')
          .values({ name: adminKeyHash, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute()
        changed(tx, 'record.admin-key')
        tell(tx)
      })
    },
  }
}
