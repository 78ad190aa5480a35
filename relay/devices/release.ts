/**
 * Life after the claim: an owner releases a device, to anybody or to one account; whoever stands before a device resets it
 * there, and it is released a day later unless its owner objects (S-R4). What is known of it stays with its account until another
 * account has it: who claims it again finds its history, its tags and its requests (field note 10).
 */
import { type Clock, Failure } from '@fairlead/base'
import type { Ownership, Release } from '@fairlead/protocol/contract'
import type { Act, TellAudit } from '../audit/act.ts'
import { actorOf, theRelay } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import type { DeviceRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import type { Caller } from '../http/route.ts'
import type { CredentialStore } from './credential-store.ts'
import type { EndOfSessions } from './inventory.ts'
import { type KnownDevice, type KnownDevices, knownDeviceOf } from './known-devices.ts'
import type { DeviceLogIn } from './log-in.ts'
import type { PresenceView } from './presence.ts'
import type { DeviceStore } from './store.ts'

export interface Releasing {
  /** @throws {Failure} `unknown-device` */
  ownership(caller: Caller, id: string): Promise<Ownership>
  /** Its secret and its sessions end at once, and its code is good again. @throws {Failure} `unknown-device` */
  release(caller: Caller, id: string, order: Release, address?: string): Promise<Ownership>
  /** The device itself says, with its secret, that somebody has reset it. Again it does no harm. @returns when it is released */
  askReset(id: string, address?: string): Promise<number>
  /** The owner objects. @throws {Failure} `unknown-device`, `not-found`: nobody has asked for it */
  refuseReset(caller: Caller, id: string, address?: string): Promise<void>
  /** Releases those whose notice is over. */
  carryOutResets(): Promise<void>
}

export interface ReleasingNeeds {
  database: Database
  store: DeviceStore
  credentialStore: CredentialStore
  known: KnownDevices
  logIn: DeviceLogIn
  journal: Journal
  audit: TellAudit
  clock: Clock
  /** How long an owner may object to a reset. */
  resetNoticeMs: number
  mustFind(caller: Caller, id: string): KnownDevice
  presenceOf(device: string): PresenceView | undefined
  endSessions(device: string, reason: EndOfSessions): void
  /** In the transaction that releases it: nobody owns it any more. */
  removed?(tx: Transaction, device: string): Promise<void>
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

/** Who does it, and from where. */
type By = Pick<Act, 'actor' | 'address'>

const reservedMs = 7 * 24 * 3_600_000

export function createReleasing(needs: ReleasingNeeds): Releasing {
  const { database, store, credentialStore, known, logIn, journal, audit, clock } = needs

  function viewOf(row: DeviceRow): Ownership {
    const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
    const [askedAt, dueAt] = [iso(row.reset_asked_at), iso(row.reset_due_at)]
    const isReserved = row.reserved_until !== null && row.reserved_until > clock.wallNow()
    return {
      registration: row.registration as Ownership['registration'],
      releasedAt: iso(row.released_at),
      reservedFor: isReserved ? row.reserved_for : null,
      reservedUntil: isReserved ? iso(row.reserved_until) : null,
      reset: askedAt !== null && dueAt !== null ? { askedAt, dueAt } : null,
    }
  }

  /**
   * @param isStill asked in the transaction: what was read before may be different by then
   * @returns undefined: it is not any more, or the device has been removed in this moment
   */
  async function releaseOne(
    { id, account }: KnownDevice,
    to: string | undefined,
    by: By,
    isStill: (row: DeviceRow) => boolean = () => true,
  ): Promise<DeviceRow | undefined> {
    // Nobody may log in any more before the sessions end, or one could slip in between.
    const restoreLogIn = logIn.drop(id)
    try {
      const released = await database.write(async (tx) => {
        const before = await store.findToChange(tx, id)
        if (before?.account !== account || !isStill(before)) return undefined
        const [newest] = await credentialStore.of(tx, id)
        const nowMs = clock.wallNow()
        const row = {
          ...before,
          registration: 'none',
          released_at: before.released_at ?? nowMs,
          reserved_for: to ?? null,
          reserved_until: to === undefined ? null : nowMs + reservedMs,
          secret_version: newest?.version ?? before.secret_version,
          reset_asked_at: null,
          reset_due_at: null,
        }
        await credentialStore.endOthers(tx, id, undefined)
        await store.save(tx, id, row)
        await needs.removed?.(tx, id)
        if (needs.presenceOf(id)?.state === 'online')
          journal.append(tx, { type: 'device.offline', account, device: id, facts: { reason: 'removed' } })
        journal.append(tx, { type: 'device.changed', account, device: id, facts: { registration: 'none' } })
        audit(tx, { action: 'device.released', account, device: id, ...by })
        tx.afterCommit(() => {
          known.put(knownDeviceOf(row))
          needs.endSessions(id, 'removed')
        })
        return row
      })
      if (!released) restoreLogIn()
      return released
    } catch (error) {
      restoreLogIn()
      throw error
    }
  }

  async function changeReset(
    id: string,
    change: (row: DeviceRow) => Partial<DeviceRow>,
    facts: object,
    act: By & Pick<Act, 'action'>,
  ): Promise<DeviceRow> {
    return await database.write(async (tx) => {
      const row = await store.findToChange(tx, id)
      if (!row) throw unknown(id)
      const changes = change(row)
      await store.save(tx, id, changes)
      journal.append(tx, { type: 'device.changed', account: row.account, device: id, facts: { ...facts } })
      audit(tx, { ...act, account: row.account, device: id })
      return { ...row, ...changes }
    })
  }

  return {
    async ownership(caller, id) {
      needs.mustFind(caller, id)
      const row = await store.find(id)
      if (!row) throw unknown(id)
      return viewOf(row)
    },

    async release(caller, id, { to }, address) {
      const row = await releaseOne(needs.mustFind(caller, id), to, { actor: actorOf(caller), address })
      if (!row) throw unknown(id)
      await needs.everywhere()
      return viewOf(row)
    },

    async askReset(id, address) {
      const known = await store.find(id)
      if (known?.reset_due_at) return known.reset_due_at
      const nowMs = clock.wallNow()
      const dueMs = nowMs + needs.resetNoticeMs
      await changeReset(
        id,
        () => ({ reset_asked_at: nowMs, reset_due_at: dueMs }),
        { reset: 'asked', dueAt: new Date(dueMs).toISOString() },
        { action: 'device.reset-asked', actor: { kind: 'device', id }, address },
      )
      return dueMs
    },

    async refuseReset(caller, id, address) {
      needs.mustFind(caller, id)
      await changeReset(
        id,
        ({ reset_due_at }) => {
          if (reset_due_at === null) throw new Failure('not-found', `Nobody has asked for ${id} to be reset.`)
          return { reset_asked_at: null, reset_due_at: null }
        },
        { reset: 'refused' },
        { action: 'device.reset-refused', actor: actorOf(caller), address },
      )
    },

    async carryOutResets() {
      const nowMs = clock.wallNow()
      // Its owner may object in this moment, and another node may be quicker.
      const isDue = ({ reset_due_at }: DeviceRow) => reset_due_at !== null && reset_due_at <= nowMs
      for (const id of await store.resetsDue(nowMs)) {
        const device = known.find(id)
        if (device) await releaseOne(device, undefined, { actor: theRelay }, isDue)
      }
    },
  }
}

function unknown(id: string): Failure {
  return new Failure('unknown-device', `Device ${id} is being removed.`)
}
