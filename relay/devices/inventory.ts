/** What a service may do about devices: enrol one by hand, find, show, rotate, remove. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type {
  Device,
  DeviceChange,
  DeviceCounts,
  DeviceCountsQuery,
  DeviceInquiry,
  DeviceWords,
  EnrolledDevice,
  NewDevice,
  Page,
  Registration,
  Rotation,
} from '@fairlead/protocol/contract'
import { maxTags } from '@fairlead/protocol/contract'
import type { Act, TellAudit } from '../audit/act.ts'
import { actorOf, theRelay } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import type { DeviceRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { homeOf, reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { Credentials } from '../xmpp/carrier.ts'
import type { CredentialStore } from './credential-store.ts'
import { credentialRow, deriveCredentials, saltBytes } from './credentials.ts'
import { countByState, inquire } from './inquiry.ts'
import { type KnownDevice, type KnownDevices, knownDeviceOf } from './known-devices.ts'
import type { DeviceLogIn } from './log-in.ts'
import type { PresenceView } from './presence.ts'
import type { DeviceStore } from './store.ts'
import { renderDevices } from './view.ts'
import { findWords } from './words.ts'

export interface Inventory {
  /** From memory. */
  find(id: string): KnownDevice | undefined
  /** @throws {Failure} `unknown-device`, also for another tenant's */
  mustFind(caller: Caller, id: string): KnownDevice
  /** From memory, by ID. */
  ofAccount(account: string): readonly KnownDevice[]
  /** @param address that the caller calls from @throws {Failure} `id-taken`; `not-found` for an account that is not there or another's */
  enrol(caller: Caller, order: NewDevice, address?: string): Promise<EnrolledDevice>
  /**
   * Adds a device in somebody else's transaction; it is known once that is on disk. One that was released is there already: its
   * account has it again, as it was, another account has a new one.
   *
   * @returns the version of its secret; undefined: the ID is taken, or reserved for another account
   */
  add(tx: Transaction, device: AddedDevice): Promise<number | undefined>
  /** @throws {Failure} `unknown-device` */
  show(caller: Caller, id: string): Promise<Device>
  /** @throws {Failure} `unknown-device` */
  change(caller: Caller, id: string, change: DeviceChange, address?: string): Promise<Device>
  /** A7. @throws {Failure} `invalid-request` for a cursor that was never given out */
  inquire(caller: Caller, inquiry: DeviceInquiry): Promise<Page<Device>>
  /** How many there are in each state. */
  countByState(caller: Caller, query: DeviceCountsQuery): Promise<DeviceCounts>
  /** What a search can be completed with. */
  words(caller: Caller): Promise<DeviceWords>
  /** Makes a new secret; the old one and its sessions end now, or after the overlap. @throws {Failure} `unknown-device` */
  rotate(caller: Caller, id: string, order: Rotation, address?: string): Promise<{ secret: string }>
  /** @throws {Failure} `unknown-device` */
  remove(caller: Caller, id: string, address?: string): Promise<void>
}

export interface AddedDevice {
  id: string
  account: string
  model: string | null
  tags: readonly string[]
  registration: Extract<Registration, 'enrolled' | 'second'>
  credentials: Credentials
}

/** Why a device's sessions end; `removed` is also the reason of its being offline. */
export type EndOfSessions = 'removed' | 'rotated'

export interface InventoryNeeds {
  database: Database
  store: DeviceStore
  credentialStore: CredentialStore
  known: KnownDevices
  logIn: DeviceLogIn
  journal: Journal
  audit: TellAudit
  clock: Clock
  random: Random
  /** XMPP domain. */
  domain: string
  accountExists(account: string): boolean
  /** undefined: never heard of since it was enrolled. */
  presenceOf(device: string): PresenceView | undefined
  /** Where devices may be at other nodes: asks those. */
  presencesNow?(devices: readonly string[]): Promise<ReadonlyMap<string, PresenceView>>
  endSessions(device: string, reason: EndOfSessions): void
  /** In the transaction that removes it: nobody owns it any more. */
  removed?(tx: Transaction, device: string): Promise<void>
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

/** Each one lost is one that somebody else's rotation won. */
const maxRotateAttempts = 10
/** 256 bit (S-A4). */
const secretBytes = 32

export function createInventory(needs: InventoryNeeds): Inventory {
  const { database, store, credentialStore, known, logIn, journal, audit, clock, random, domain } = needs
  const newSalt = () => Buffer.from(random.token(saltBytes), 'base64url')

  function mustFind(caller: Caller, id: string): KnownDevice {
    const device = known.find(id)
    if (!device || !reaches(caller, device.account))
      throw new Failure('unknown-device', `There is no device ${id.slice(0, 64)} in this account.`)
    return device
  }

  const stateOf = (device: string) => needs.presenceOf(device)?.state ?? 'offline'
  const render = (devices: readonly KnownDevice[]) => renderDevices(devices, needs)

  /** @returns false when somebody else rotated it in between: nothing was done */
  async function rotateOnce(
    device: KnownDevice,
    secret: string,
    overlapSeconds: number,
    by: Pick<Act, 'actor' | 'address'>,
  ): Promise<boolean> {
    const { id } = device
    const current = logIn.newest(id)
    const overlaps = overlapSeconds > 0 && current !== undefined
    // SCRAM names the salt before it knows which secret the device will use: both have the same while they overlap.
    const credentials = await deriveCredentials(secret, overlaps ? current.credentials.salt : newSalt())
    const nowMs = clock.wallNow()
    const version = (current?.version ?? 0) + 1
    const row = credentialRow(id, version, credentials, nowMs)
    const kept = overlaps ? { version: current.version, goodUntilMs: nowMs + overlapSeconds * 1000 } : undefined
    return database.write(async (tx) => {
      if (!(await store.findToChange(tx, id))) throw new Failure('unknown-device', `Device ${id} is being removed.`)
      const rows = await credentialStore.of(tx, id)
      if (rows[0]?.version !== current?.version) {
        // Another node may have rotated it, and only the record knows.
        tx.afterCommit(() => logIn.replace(id, rows))
        return false
      }
      await credentialStore.endOthers(tx, id, kept)
      await credentialStore.add(tx, row)
      journal.append(tx, { type: 'record.secret', account: device.account, device: id })
      audit(tx, { action: 'device.rotated', account: device.account, device: id, ...by })
      const old =
        kept && current
          ? [{ ...credentialRow(id, kept.version, current.credentials, nowMs), good_until: kept.goodUntilMs }]
          : []
      tx.afterCommit(() => logIn.replace(id, [row, ...old]))
      return true
    })
  }

  async function add(tx: Transaction, { id, account, model, tags, registration, credentials }: AddedDevice) {
    const nowMs = clock.wallNow()
    const before = await store.findToChange(tx, id)
    if (before && !isFreeFor(account, before, nowMs)) return undefined
    const own = before?.account === account ? before : undefined
    if (before && !own) {
      // What was known of it is its former owner's, and nobody else's.
      await store.remove(tx, id)
      journal.append(tx, { type: 'device.removed', account: before.account, device: id })
      audit(tx, { action: 'device.removed', account: before.account, device: id, actor: theRelay })
    }
    const row = {
      ...{ id, account, model, serial: null, serial_lower: null, registration, capabilities: '{}' },
      tags: JSON.stringify([...new Set(tags)]),
      ...{ created_at: nowMs, registered_at: null, last_seen_at: null, address: null, transport: null },
      ...{ state: 'offline', state_since_at: nowMs, reason: 'never-seen', epoch: before?.epoch ?? 0 },
      ...(own && keptOf(own)),
      ...{ released_at: null, reserved_for: null, reserved_until: null },
      release_at_device: own?.release_at_device ?? 0,
    }
    if (own) await store.save(tx, id, row)
    else if (!(await store.add(tx, row))) return undefined
    const version = (before?.secret_version ?? 0) + 1
    const credential = credentialRow(id, version, credentials, nowMs)
    await credentialStore.add(tx, credential)
    const facts = { registration, model: row.model, serial: row.serial }
    journal.append(tx, { type: 'device.registered', account, device: id, facts })
    tx.afterCommit(() => {
      known.put(knownDeviceOf(row))
      logIn.replace(id, [credential])
    })
    return version
  }

  async function show(caller: Caller, id: string): Promise<Device> {
    const [device] = await render([mustFind(caller, id)])
    if (!device) throw new Failure('unknown-device', `Device ${id} is being removed.`)
    return device
  }

  return {
    find: known.find,
    mustFind,
    ofAccount: known.ofAccount,

    async enrol(caller, order, address) {
      const { id, account = homeOf(caller), model, tags = [], secret = random.token(secretBytes) } = order
      if (!needs.accountExists(account) || !reaches(caller, account))
        throw new Failure('not-found', `There is no account ${account}.`)
      const credentials = await deriveCredentials(secret, newSalt())
      const device = { id, account, model: model ?? null, tags, registration: 'enrolled', credentials } as const
      await database.write(async (tx) => {
        if ((await add(tx, device)) === undefined)
          throw new Failure('id-taken', `The device ID ${id} is taken: choose another.`)
        audit(tx, { action: 'device.enrolled', account, device: id, actor: actorOf(caller), address })
      })
      await needs.everywhere()
      return { id, jid: `${id}@${domain}`, secret }
    },

    add,

    show,

    async change(caller, id, change, address) {
      const device = mustFind(caller, id)
      if (Object.values(change).some((part) => part !== undefined)) {
        await database.write(async (tx) => {
          const before = await store.findToChange(tx, id)
          if (before?.account !== device.account) throw new Failure('unknown-device', `Device ${id} is being removed.`)
          const tags = tagsAfter(change, JSON.parse(before.tags))
          const releaseAtDevice = change.releaseAtDevice ?? before.release_at_device === 1
          const changes = { tags: JSON.stringify(tags), release_at_device: releaseAtDevice ? 1 : 0 }
          await store.save(tx, id, changes)
          const facts = { tags, releaseAtDevice }
          journal.append(tx, { type: 'device.changed', account: device.account, device: id, facts })
          const by = { actor: actorOf(caller), address }
          audit(tx, { action: 'device.changed', account: device.account, device: id, ...by })
          tx.afterCommit(() => known.put(knownDeviceOf({ ...before, ...changes })))
        })
        await needs.everywhere()
      }
      return await show(caller, id)
    },

    countByState: (caller, query) => countByState({ known, store, stateOf }, caller, query),

    words: (caller) => findWords(known, store, caller),

    async inquire(caller, inquiry) {
      const { items, nextCursor } = await inquire({ known, store, stateOf }, caller, inquiry)
      return { items: await render(items), nextCursor }
    },

    async rotate(caller, id, { overlapSeconds }, address) {
      const device = mustFind(caller, id)
      const secret = random.token(secretBytes)
      const by = { actor: actorOf(caller), address }
      for (let attempt = 0; attempt < maxRotateAttempts; attempt++) {
        if (!(await rotateOnce(device, secret, overlapSeconds, by))) {
          await journal.catchUp()
          continue
        }
        if (overlapSeconds === 0) needs.endSessions(id, 'rotated')
        await needs.everywhere()
        return { secret }
      }
      throw new Failure('unavailable', `Device ${id} is being rotated by others: try again.`, { retryAfterSeconds: 1 })
    },

    async remove(caller, id, address) {
      const device = mustFind(caller, id)
      // Nobody may log in any more before the sessions end, or one could slip in between.
      const restoreLogIn = logIn.drop(id)
      try {
        await database.write(async (tx) => {
          if (!(await store.remove(tx, id))) return
          await needs.removed?.(tx, id)
          const happening = { account: device.account, device: id }
          if (needs.presenceOf(id)?.state === 'online')
            journal.append(tx, { ...happening, type: 'device.offline', facts: { reason: 'removed' } })
          journal.append(tx, { ...happening, type: 'device.removed' })
          audit(tx, { ...happening, action: 'device.removed', actor: actorOf(caller), address })
          tx.afterCommit(() => {
            known.remove(id)
            // Only now: what waited for it is told that it will never leave, and the disk may have refused.
            needs.endSessions(id, 'removed')
          })
        })
      } catch (error) {
        restoreLogIn()
        throw error
      }
      await needs.everywhere()
    },
  }
}

/** By what the record says now: two who add a tag at the same time both have it added. @throws {Failure} `invalid-request` */
function tagsAfter({ tags, addTags = [], removeTags = [] }: DeviceChange, before: readonly string[]): string[] {
  const gone = new Set(removeTags)
  const after = [...new Set([...(tags ?? before), ...addTags])].filter((tag) => !gone.has(tag))
  if (after.length <= maxTags) return after
  throw new Failure(
    'invalid-request',
    `It would have ${after.length} tags, and may have ${maxTags}: remove some first.`,
  )
}

/** Its owner has released it, and for nobody else. */
function isFreeFor(account: string, { registration, reserved_for, reserved_until }: DeviceRow, nowMs: number): boolean {
  const isReserved = reserved_until !== null && nowMs < reserved_until
  return registration === 'none' && (!isReserved || reserved_for === account)
}

/** What is known of a device stays with its account. */
function keptOf({
  model,
  serial,
  serial_lower,
  tags,
  capabilities,
  created_at,
  registered_at,
  last_seen_at,
}: DeviceRow) {
  return { model, serial, serial_lower, tags, capabilities, created_at, registered_at, last_seen_at }
}
