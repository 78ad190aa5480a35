/** What the relay remembers of secrets: keys made of them, never the secrets; decides nothing. */
import type { Database } from '../database/database.ts'
import type { DeviceCredentialRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

export type CredentialStore = ReturnType<typeof createCredentialStore>

/** @param firstUsed in the transaction that notes it */
export function createCredentialStore(
  { read, write }: Database,
  firstUsed: (tx: Transaction, device: string) => Promise<void> = async () => {},
) {
  return {
    /** Newest first for each device; row by row. */
    all(): AsyncIterableIterator<DeviceCredentialRow> {
      return read.selectFrom('device_credential').selectAll().orderBy('device').orderBy('version', 'desc').stream()
    },

    /** Newest first for each device. */
    ofDevices(devices: readonly string[]): Promise<DeviceCredentialRow[]> {
      return read
        .selectFrom('device_credential')
        .selectAll()
        .where('device', 'in', devices)
        .orderBy('device')
        .orderBy('version', 'desc')
        .execute()
    },

    async add(tx: Transaction, row: DeviceCredentialRow): Promise<void> {
      await tx.sql.insertInto('device_credential').values(row).execute()
    },

    /** Newest first. */
    of(tx: Transaction, device: string): Promise<DeviceCredentialRow[]> {
      return tx.sql
        .selectFrom('device_credential')
        .selectAll()
        .where('device', '=', device)
        .orderBy('version', 'desc')
        .execute()
    },

    /** @param kept the one version that stays until `goodUntilMs`; undefined: none */
    async endOthers(
      tx: Transaction,
      device: string,
      kept: { version: number; goodUntilMs: number } | undefined,
    ): Promise<void> {
      await tx.sql
        .deleteFrom('device_credential')
        .where('device', '=', device)
        .where('version', '!=', kept?.version ?? -1)
        .execute()
      if (kept)
        await tx.sql
          .updateTable('device_credential')
          .set({ good_until: kept.goodUntilMs })
          .where('device', '=', device)
          .execute()
    },

    async remove(device: string, version: number): Promise<void> {
      await write((tx) =>
        tx.sql.deleteFrom('device_credential').where('device', '=', device).where('version', '=', version).execute(),
      )
    },

    async saveUsed(device: string, atMs: number): Promise<void> {
      await write(async (tx) => {
        const { numUpdatedRows } = await tx.sql
          .updateTable('device_credential')
          .set({ used_at: atMs })
          .where('device', '=', device)
          .where('used_at', 'is', null)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await firstUsed(tx, device)
      })
    },
  }
}
