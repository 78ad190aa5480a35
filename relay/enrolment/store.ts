/** What the relay remembers of codes, targets and claims; it decides nothing. Codes are HMACs here, nowhere the codes. */
import type { Database } from '../database/database.ts'
import type { ClaimRow, FactoryCodeRow, TargetRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

export type EnrolmentStore = ReturnType<typeof createEnrolmentStore>

export function createEnrolmentStore({ read, write }: Database) {
  return {
    findTarget(device: string, code: string): Promise<TargetRow | undefined> {
      return read
        .selectFrom('target')
        .selectAll()
        .where('device', '=', device)
        .where('code', '=', code)
        .executeTakeFirst()
    },

    /** Devices that have come with this code and that nobody has claimed. */
    unclaimedWith(code: string): Promise<TargetRow[]> {
      return read.selectFrom('target').selectAll().where('code', '=', code).where('claim_id', 'is', null).execute()
    },

    listed(device: string): Promise<FactoryCodeRow[]> {
      return read.selectFrom('factory_code').selectAll().where('device', '=', device).execute()
    },

    /** @returns how many have come that nobody has claimed, in all and from there */
    async countUnclaimed({ sql }: Transaction, network: string): Promise<{ all: number; fromThere: number }> {
      const { all, there } = await sql
        .selectFrom('target')
        .select(({ fn, eb }) => [
          fn.countAll<number>().as('all'),
          fn.sum<number>(eb.case().when('network', '=', network).then(1).else(0).end()).as('there'),
        ])
        .where('claim_id', 'is', null)
        .executeTakeFirstOrThrow()
      return { all: Number(all), fromThere: Number(there ?? 0) }
    },

    /** One that is there already stays as it is. */
    async addTarget({ sql }: Transaction, row: TargetRow): Promise<void> {
      await sql
        .insertInto('target')
        .values(row)
        .onConflict((on) => on.doNothing())
        .execute()
    },

    saveSeen(device: string, code: string, at: number): Promise<unknown> {
      return write(({ sql }) =>
        sql.updateTable('target').set({ seen_at: at }).where('device', '=', device).where('code', '=', code).execute(),
      )
    },

    /** @returns false: somebody else was quicker, or it is gone */
    async claimTarget({ sql }: Transaction, { device, code }: TargetRow, claimId: string): Promise<boolean> {
      const claimed = await sql
        .updateTable('target')
        .set({ claim_id: claimId })
        .where('device', '=', device)
        .where('code', '=', code)
        .where('claim_id', 'is', null)
        .executeTakeFirst()
      return claimed.numUpdatedRows === 1n
    },

    async addClaim({ sql }: Transaction, row: ClaimRow): Promise<void> {
      await sql.insertInto('claim').values(row).execute()
    },

    findClaim(claimId: string): Promise<ClaimRow | undefined> {
      return read.selectFrom('claim').selectAll().where('claim_id', '=', claimId).executeTakeFirst()
    },

    newestClaimOf: (device: string) => newestClaim(read, device),

    /** The secret that was told for it stands, and nobody has logged in with it. */
    async isUnused({ device, version }: ClaimRow): Promise<boolean> {
      const credential = await read
        .selectFrom('device_credential')
        .select('used_at')
        .where('device', '=', device)
        .where('version', '=', version)
        .executeTakeFirst()
      return credential?.used_at === null
    },

    /** The newest claim of a device, if it waits for its instruction. @returns undefined: it does not */
    async instruct({ sql }: Transaction, device: string, at: number, claimId?: string): Promise<ClaimRow | undefined> {
      const newest = await newestClaim(sql, device)
      if (!newest || newest.instructed_at !== null || (claimId ?? newest.claim_id) !== newest.claim_id) return undefined
      await sql.updateTable('claim').set({ instructed_at: at }).where('claim_id', '=', newest.claim_id).execute()
      return newest
    },

    async removeTargets({ sql }: Transaction, device: string): Promise<void> {
      await sql.deleteFrom('target').where('device', '=', device).execute()
    },

    async forgetUnclaimed(seenBefore: number): Promise<void> {
      await write(({ sql }) =>
        sql.deleteFrom('target').where('claim_id', 'is', null).where('seen_at', '<', seenBefore).execute(),
      )
    },

    /** @returns false: it is on the list already */
    async list({ sql }: Transaction, row: FactoryCodeRow): Promise<boolean> {
      const added = await sql
        .insertInto('factory_code')
        .values(row)
        .onConflict((on) => on.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },
  }
}

function newestClaim(sql: Transaction['sql'] | Database['read'], device: string): Promise<ClaimRow | undefined> {
  return sql
    .selectFrom('claim')
    .selectAll()
    .where('device', '=', device)
    .orderBy('claimed_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}
