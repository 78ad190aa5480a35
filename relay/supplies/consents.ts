/** The owner's consent (B8): it stands for the press at the device where nobody ever claimed that by its code. */
import { type Clock, Failure } from '@fairlead/base'
import type { Consent } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import { askerOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { newestClaim, ownedBy } from './mandate.ts'

export interface Consents {
  /** Given again it stays as it was. @throws {Failure} `unknown-device`; `invalid-request`: it was claimed by its code */
  give(caller: Caller, device: string, address: string): Promise<Consent>
  /** @throws {Failure} `unknown-device` */
  withdraw(caller: Caller, device: string, address: string): Promise<void>
  /** In the transaction that removes or releases the device: its next owner has to say so anew. */
  removed(tx: Transaction, device: string): Promise<void>
}

export interface ConsentsNeeds {
  database: Database
  clock: Clock
  audit: TellAudit
  /** @throws {Failure} `unknown-device`, also for another tenant's */
  mustFindDevice(caller: Caller, device: string): { account: string }
  lookSoon(tx: Transaction, device: string): Promise<void>
}

/** @returns false: there was none */
async function remove({ sql }: Transaction, device: string): Promise<boolean> {
  const removed = await sql.deleteFrom('consent').where('device', '=', device).executeTakeFirst()
  return removed.numDeletedRows === 1n
}

export function createConsents({ database, clock, audit, mustFindDevice, lookSoon }: ConsentsNeeds): Consents {
  return {
    async give(caller, device, address) {
      const { account } = mustFindDevice(caller, device)
      return database.write(async (tx) => {
        // It may have been given away a moment ago: the consent is its owner's.
        const owned = await ownedBy(tx, device)
        if (owned?.account !== account) throw new Failure('unknown-device', `Device ${device} is being removed.`)
        if (owned.registration === 'none')
          throw new Failure('invalid-request', `${device} has been released: claim, pair or enrol it first.`)
        if (await newestClaim(tx, device, owned))
          throw new Failure(
            'invalid-request',
            `${device} was claimed by its code: press "Confirm" at the device. A consent does not stand for that.`,
          )
        const row = { device, given_by: askerOf(caller), given_at: clock.wallNow() }
        const added = await tx.sql
          .insertInto('consent')
          .values(row)
          .onConflict((on) => on.doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows === 1n)
          audit(tx, { action: 'consent.given', account, device, actor: actorOf(caller), address })
        await lookSoon(tx, device)
        const kept = await tx.sql.selectFrom('consent').selectAll().where('device', '=', device).executeTakeFirst()
        const { given_by: givenBy, given_at } = kept ?? row
        return { device, givenBy, givenAt: new Date(given_at).toISOString() }
      })
    },

    async withdraw(caller, device, address) {
      const { account } = mustFindDevice(caller, device)
      await database.write(async (tx) => {
        if (await remove(tx, device))
          audit(tx, { action: 'consent.withdrawn', account, device, actor: actorOf(caller), address })
      })
    },

    async removed(tx, device) {
      await remove(tx, device)
    },
  }
}
