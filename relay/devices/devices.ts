/** The devices of this relay: what is known of them in memory and on disk, who may log in, and what they tell. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { DeviceEvent, Json } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Happening } from '../events/entry.ts'
import type { Journal } from '../events/journal.ts'
import { createCredentialStore } from './credential-store.ts'
import { createRecordEvents, type RecordEvents } from './device-events.ts'
import { createInventory, type EndOfSessions, type Inventory } from './inventory.ts'
import { createKnownDevices, knownDeviceOf } from './known-devices.ts'
import { createLearning, type Learn } from './learning.ts'
import { type DeviceLogIn, openLogIn } from './log-in.ts'
import { saveObjects } from './objects.ts'
import type { PresenceView, StoredPresence } from './presence.ts'
import { createRegister, type Register } from './register.ts'
import { createReleasing, type Releasing } from './release.ts'
import { createDeviceStore, type DeviceStore } from './store.ts'

export interface Devices extends Inventory, Releasing, Disposable {
  readonly logIn: DeviceLogIn
  readonly register: Register
  readonly recordEvents: RecordEvents
  /** What it says that it has taken is what is known of it from now on, as if it had told it; not of one that is gone. */
  holds(tx: Transaction, device: string, values: Readonly<Record<string, Json>>): Promise<void>
  /** How every device stands at the start, for the sessions: none is ONLINE. */
  loadPresences(): Promise<StoredPresence[]>
  count(): number
  /** Reads anew what other nodes may have changed. */
  learn: Learn
  /** A node is no more: whoever was ONLINE there has no session. Twice does no harm. */
  bury(node: number): Promise<void>
  /** Nobody has come for these sessions in time. */
  lost(sessions: readonly { device: string; epoch: number }[]): Promise<void>
  /** How it stands as it is written down, whichever node wrote it. */
  onRecord(device: string): Promise<Pick<StoredPresence, 'state' | 'epoch' | 'node'> | undefined>
  /** From memory. */
  countAsleep(): number
  /** When a device that has no session was heard of. */
  saveSeen(device: string, at: number): Promise<void>
  /**
   * Writes down how a device stands, together with the event that tells of it. Nothing is written, and nothing told, when
   * the device is gone or a session with a larger epoch has written already.
   *
   * @returns whether it was written
   */
  savePresence(presence: Omit<StoredPresence, 'account'>, event?: PresenceEvent): Promise<boolean>
}

/** The device and its account are those of the presence. */
export type PresenceEvent = Pick<Happening, 'type' | 'facts'>

export interface DevicesNeeds {
  database: Database
  journal: Journal
  audit: TellAudit
  clock: Clock
  random: Random
  log: Log
  /** XMPP domain. */
  domain: string
  /** Told to devices: their own timer (A5), in seconds; 0 is off. */
  survivalTimeoutSeconds: number
  /** How long an owner may object to the reset of a device. */
  resetNoticeSeconds: number
  accountExists(account: string): boolean
  /** undefined: never heard of since it was enrolled. */
  presenceOf(device: string): PresenceView | undefined
  /** Ends all sessions of the device, at once. */
  endSessions(device: string, reason: EndOfSessions): void
  /** In the transaction that removes a device. */
  removed?(tx: Transaction, device: string): Promise<void>
  /** In the transaction of the device's event: somebody did there what was asked for. */
  instructed?(tx: Transaction, device: string, claimId: string | undefined, address?: string): Promise<void>
  /** In the transaction that notes that a device has used its secret for the first time. */
  firstUsed?(tx: Transaction, device: string): Promise<void>
  /** The same: all else that follows from it. */
  happened?(tx: Transaction, device: string, event: DeviceEvent): Promise<void>
  /** In the transaction of its register process: what follows from the objects that it told. */
  registered?(tx: Transaction, device: string, values: Readonly<Record<string, Json>>): Promise<void>
  /** Where there are several nodes. */
  shared?: {
    /** How a device stands, as another node wrote it down. */
    presenceLearned(presence: StoredPresence): void
    /** Resolves when all of them know what this one has written. */
    everywhere(): Promise<void>
    /** How devices stand that are at other nodes, as those say. */
    presencesNow(devices: readonly string[]): Promise<ReadonlyMap<string, PresenceView>>
  }
}

export async function openDevices(needs: DevicesNeeds): Promise<Devices> {
  const { database, journal, endSessions } = needs
  const store = createDeviceStore(database)
  const credentialStore = createCredentialStore(database, needs.firstUsed)
  const known = createKnownDevices()
  for await (const row of store.all()) known.put(knownDeviceOf(row))
  // Where nobody else is, whoever was ONLINE when the last run ended has no session any more.
  await tellOfRestart(needs, store, 0)

  const logIn = await openLogIn({
    ...needs,
    store: credentialStore,
    onOverlapEnded: (device) => endSessions(device, 'rotated'),
  })
  const everywhere = async () => needs.shared?.everywhere()
  const inventory = createInventory({
    ...needs,
    store,
    credentialStore,
    known,
    logIn,
    everywhere,
    ...(needs.shared && { presencesNow: needs.shared.presencesNow }),
  })
  const register = createRegister({ ...needs, store, known })
  const presenceLearned = (presence: StoredPresence) => needs.shared?.presenceLearned(presence)

  const releasing = createReleasing({
    ...needs,
    store,
    credentialStore,
    known,
    logIn,
    everywhere,
    mustFind: inventory.mustFind,
    resetNoticeMs: needs.resetNoticeSeconds * 1000,
  })

  return {
    ...inventory,
    ...releasing,
    logIn,
    async register(device, told) {
      const registered = await register(device, told)
      await everywhere()
      return registered
    },
    learn: createLearning({ ...needs, store, credentialStore, known, logIn, presenceLearned }),
    bury: (node) => tellOfRestart(needs, store, node),
    lost: (sessions) => tellOfLoss(needs, store, sessions),
    saveSeen: store.saveSeen,
    recordEvents: createRecordEvents({ ...needs, store }),
    async holds(tx, device, values) {
      if (await store.findToChange(tx, device)) await saveObjects(store, tx, device, values, needs.clock.wallNow())
    },
    loadPresences: () => store.presences(),
    async onRecord(device) {
      const [found] = await store.some([device])
      return found?.presence
    },
    count: () => known.all().length,
    countAsleep: () => known.all().filter(({ id }) => needs.presenceOf(id)?.state === 'asleep').length,
    savePresence: (presence, event) =>
      database.write(async (tx) => {
        const { device } = presence
        const account = known.find(device)?.account
        if (account === undefined || !(await store.savePresence(tx, presence))) return false
        if (event) journal.append(tx, { ...event, account, device, at: presence.stateSinceAt })
        return true
      }),
    [Symbol.dispose]: () => logIn[Symbol.dispose](),
  }
}

/** Written together; more at once would hold up the start of the others. */
const restartStep = 500

/** Whoever was ONLINE at a node that is no more has no session: that is said, and told. */
async function tellOfRestart(needs: DevicesNeeds, store: DeviceStore, node: number): Promise<void> {
  await tellOffline(needs, store, await store.strandedAt(node))
}

async function tellOfLoss(
  needs: DevicesNeeds,
  store: DeviceStore,
  sessions: readonly { device: string; epoch: number }[],
): Promise<void> {
  if (sessions.length === 0) return
  const epochOf = new Map(sessions.map(({ device, epoch }) => [device, epoch]))
  const devices = await store.some([...epochOf.keys()])
  const lost = devices.map(({ presence }) => presence)
  await tellOffline(
    needs,
    store,
    lost.filter(({ device, state, epoch }) => state === 'online' && epoch === epochOf.get(device)),
  )
}

async function tellOffline(
  { database, journal, clock }: DevicesNeeds,
  store: DeviceStore,
  online: readonly StoredPresence[],
): Promise<void> {
  const reason = 'relay-restart'
  for (let at = 0; at < online.length; at += restartStep)
    await database.write(async (tx) => {
      for (const presence of online.slice(at, at + restartStep)) {
        const { account, device } = presence
        const stateSinceAt = clock.wallNow()
        // Another node may say so at the same moment: it is told once.
        if (!(await store.endPresence(tx, presence, reason, stateSinceAt))) continue
        journal.append(tx, { type: 'device.offline', account, device, at: stateSinceAt, facts: { reason } })
      }
    })
}
