/** What the relay remembers of PINs and pairings; it decides nothing. PINs are HMACs here, tokens hashes. */
import type { Database } from '../database/database.ts'
import type { PairingRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

export type PairingStore = ReturnType<typeof createPairingStore>

/** Phases in which a PIN or its code is good for something. */
const live = ['waiting', 'press-needed', 'sending']

export function createPairingStore({ read, write }: Database) {
  return {
    find(pairingId: string): Promise<PairingRow | undefined> {
      return read.selectFrom('pairing').selectAll().where('pairing_id', '=', pairingId).executeTakeFirst()
    },

    findByToken(token: string): Promise<PairingRow | undefined> {
      return read.selectFrom('pairing').selectAll().where('token', '=', token).executeTakeFirst()
    },

    /** Nobody else changes it until the commit. */
    findToChange({ sql }: Transaction, pairingId: string): Promise<PairingRow | undefined> {
      return sql
        .selectFrom('pairing')
        .selectAll()
        .where('pairing_id', '=', pairingId)
        .forNoKeyUpdate()
        .executeTakeFirst()
    },

    /** Those that wait for somebody to type this PIN, or any PIN in one of these networks; nobody else changes them until the commit. */
    concernedBy({ sql }: Transaction, pin: string, networks: readonly string[], nowMs: number): Promise<PairingRow[]> {
      const waiting = sql.selectFrom('pairing').select('pairing_id').where('phase', '=', 'waiting')
      // Each by its own index, which SQLite takes as long as nothing is said of the time: a try must not cost more because others show their PINs.
      const concerned = waiting.where('pin', '=', pin).union(waiting.where('network', 'in', networks))
      return (
        sql
          .selectFrom('pairing')
          .selectAll()
          .where('pairing_id', 'in', concerned)
          .where('expires_at', '>', nowMs)
          // In one order: two nodes do not wait for each other crosswise.
          .orderBy('pairing_id')
          .forNoKeyUpdate()
          .execute()
      )
    },

    /** @returns how many wait, in all and from there, and whether one of those from there has this PIN */
    async countLive({ sql }: Transaction, network: string, pin: string, nowMs: number) {
      const { all, there, same } = await sql
        .selectFrom('pairing')
        .select(({ fn, eb, and }) => [
          fn.countAll<number>().as('all'),
          fn.sum<number>(eb.case().when('network', '=', network).then(1).else(0).end()).as('there'),
          fn
            .sum<number>(
              eb
                .case()
                .when(and([eb('network', '=', network), eb('pin', '=', pin)]))
                .then(1)
                .else(0)
                .end(),
            )
            .as('same'),
        ])
        .where('phase', 'in', live)
        .where('expires_at', '>', nowMs)
        .executeTakeFirstOrThrow()
      return { all: Number(all), fromThere: Number(there ?? 0), isTaken: Number(same ?? 0) > 0 }
    },

    async add({ sql }: Transaction, row: PairingRow): Promise<void> {
      await sql.insertInto('pairing').values(row).execute()
    },

    async save({ sql }: Transaction, pairingId: string, changes: Partial<PairingRow>): Promise<void> {
      await sql.updateTable('pairing').set(changes).where('pairing_id', '=', pairingId).execute()
    },

    /** Where the device was seen last. */
    async saveSeen(pairingId: string, seen: string, veiled: number): Promise<void> {
      await write(({ sql }) =>
        sql.updateTable('pairing').set({ seen, veiled }).where('pairing_id', '=', pairingId).execute(),
      )
    },

    /** Of that device, its secret told and not used yet. */
    spentBy({ sql }: Transaction, device: string): Promise<PairingRow[]> {
      return sql
        .selectFrom('pairing')
        .selectAll()
        .where('device', '=', device)
        .where('phase', '=', 'spent')
        .forNoKeyUpdate()
        .execute()
    },

    /** Failed tries against one device, of PINs that were shown since. */
    async triesSince(device: string, sinceMs: number): Promise<number> {
      const { tries } = await read
        .selectFrom('pairing')
        .select(({ fn }) => fn.sum<number>('tries').as('tries'))
        .where('device', '=', device)
        .where('created_at', '>', sinceMs)
        .executeTakeFirstOrThrow()
      return Number(tries ?? 0)
    },

    /** How many accounts have devices that were last seen there. */
    async accountsBehind(address: string, sinceMs: number): Promise<number> {
      const { accounts } = await read
        .selectFrom('device')
        .select(({ fn }) => fn.count<number>('account').distinct().as('accounts'))
        .where('address', '=', address)
        .where('last_seen_at', '>', sinceMs)
        .executeTakeFirstOrThrow()
      return Number(accounts)
    },

    /** The secret that it was told stands, and nobody has logged in with it. */
    async isUnused(device: string): Promise<boolean> {
      const credentials = await read
        .selectFrom('device_credential')
        .select('used_at')
        .where('device', '=', device)
        .execute()
      return credentials.length === 1 && credentials[0]?.used_at === null
    },

    async removeOf({ sql }: Transaction, device: string): Promise<void> {
      await sql.deleteFrom('pairing').where('device', '=', device).where('phase', '!=', 'waiting').execute()
    },

    /** A device that has been told its secret may ask for it again, however late. */
    async forget(createdBefore: number): Promise<void> {
      await write(({ sql }) =>
        sql.deleteFrom('pairing').where('created_at', '<', createdBefore).where('phase', '!=', 'spent').execute(),
      )
    },
  }
}
