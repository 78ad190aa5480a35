/** What the relay remembers of IPP proxies and of what they want to be told; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { OutputDeviceRow, OutputSubscriptionRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type ProxyStore = ReturnType<typeof createProxyStore>

export function createProxyStore({ read, write }: Database) {
  return {
    findDevice(device: string, uuid: string): Promise<OutputDeviceRow | undefined> {
      return read
        .selectFrom('output_device')
        .selectAll()
        .where('device', '=', device)
        .where('uuid', '=', uuid)
        .executeTakeFirst()
    },

    /** How many more serve this device. */
    async countOthers({ sql }: Transaction, device: string, uuid: string): Promise<number> {
      const { count } = await sql
        .selectFrom('output_device')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('device', '=', device)
        .where('uuid', '!=', uuid)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async saveDevice({ sql }: Transaction, row: OutputDeviceRow): Promise<void> {
      const { heard_at, attributes } = row
      await sql
        .insertInto('output_device')
        .values(row)
        .onConflict((on) => on.columns(['device', 'uuid']).doUpdateSet({ heard_at, attributes }))
        .execute()
    },

    async removeDevice({ sql }: Transaction, device: string, uuid: string): Promise<void> {
      await sql.deleteFrom('output_device').where('device', '=', device).where('uuid', '=', uuid).execute()
    },

    /** @param uuid undefined: it has not said who it is, so that it may be any @param unlessSince it was heard of then, which is near enough */
    async heard(device: string, uuid: string | undefined, at: number, unlessSince: number): Promise<void> {
      let stale = read.selectFrom('output_device').select('uuid').where('device', '=', device)
      if (uuid !== undefined) stale = stale.where('uuid', '=', uuid)
      const uuids = (await stale.where('heard_at', '<', unlessSince).execute()).map((row) => row.uuid)
      if (uuids.length === 0) return
      await write(({ sql }) =>
        sql
          .updateTable('output_device')
          .set({ heard_at: at })
          .where('device', '=', device)
          .where('uuid', 'in', uuids)
          .execute(),
      )
    },

    async askIdentify(device: string, at: number): Promise<void> {
      await write(({ sql }) =>
        sql.updateTable('output_device').set({ identify_at: at }).where('device', '=', device).execute(),
      )
    },

    async wantsIdentify(device: string): Promise<boolean> {
      const row = await read
        .selectFrom('output_device')
        .select('uuid')
        .where('device', '=', device)
        .where('identify_at', 'is not', null)
        .executeTakeFirst()
      return row !== undefined
    },

    /** @returns whether somebody wanted it */
    takeIdentify(device: string): Promise<boolean> {
      return write(async ({ sql }) => {
        const { numUpdatedRows } = await sql
          .updateTable('output_device')
          .set({ identify_at: null })
          .where('device', '=', device)
          .where('identify_at', 'is not', null)
          .executeTakeFirst()
        return numUpdatedRows > 0n
      })
    },

    subscriptionsOf({ sql }: Transaction, device: string): Promise<OutputSubscriptionRow[]> {
      return sql
        .selectFrom('output_subscription')
        .selectAll()
        .where('device', '=', device)
        .orderBy('asked_at')
        .execute()
    },

    findSubscription(device: string, number: number): Promise<OutputSubscriptionRow | undefined> {
      return read
        .selectFrom('output_subscription')
        .selectAll()
        .where('device', '=', device)
        .where('number', '=', number)
        .executeTakeFirst()
    },

    /** Nobody else changes it until the commit. */
    holdSubscription({ sql }: Transaction, device: string, number: number): Promise<OutputSubscriptionRow | undefined> {
      return sql
        .selectFrom('output_subscription')
        .selectAll()
        .where('device', '=', device)
        .where('number', '=', number)
        .forUpdate()
        .executeTakeFirst()
    },

    async addSubscription({ sql }: Transaction, row: OutputSubscriptionRow): Promise<void> {
      await sql.insertInto('output_subscription').values(row).execute()
    },

    async changeSubscription(
      { sql }: Transaction,
      { device, number }: Pick<OutputSubscriptionRow, 'device' | 'number'>,
      changes: Partial<OutputSubscriptionRow>,
    ): Promise<void> {
      await sql
        .updateTable('output_subscription')
        .set(changes)
        .where('device', '=', device)
        .where('number', '=', number)
        .execute()
    },

    async removeSubscription({ sql }: Transaction, device: string, number: number): Promise<boolean> {
      const { numDeletedRows } = await sql
        .deleteFrom('output_subscription')
        .where('device', '=', device)
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
