/** The devices of this relay: what is known of them in memory and on disk, who may log in, and what they tell. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { Happening, Journal } from '../events/journal.ts'
import { createCredentialStore } from './credential-store.ts'
import { createRecordEvents, type RecordEvents } from './device-events.ts'
import { createInventory, type EndOfSessions, type Inventory } from './inventory.ts'
import { createKnownDevices, knownDeviceOf } from './known-devices.ts'
import { type DeviceLogIn, openLogIn } from './log-in.ts'
import type { PresenceView, StoredPresence } from './presence.ts'
import { createRegister, type Register } from './register.ts'
import { createDeviceStore, type DeviceStore } from './store.ts'

export interface Devices extends Inventory, Disposable {
  readonly logIn: DeviceLogIn
  readonly register: Register
  readonly recordEvents: RecordEvents
  /** How every device stands at the start, for the sessions: none is ONLINE. */
  loadPresences(): Promise<StoredPresence[]>
  count(): number
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
  clock: Clock
  random: Random
  log: Log
  /** XMPP domain. */
  domain: string
  /** Told to devices: their own timer (A5), in seconds; 0 is off. */
  survivalTimeoutSeconds: number
  accountExists(account: string): boolean
  /** undefined: never heard of since it was enrolled. */
  presenceOf(device: string): PresenceView | undefined
  /** Ends all sessions of the device, at once. */
  endSessions(device: string, reason: EndOfSessions): void
}

export async function openDevices(needs: DevicesNeeds): Promise<Devices> {
  const { database, journal, endSessions } = needs
  const store = createDeviceStore(database)
  const credentialStore = createCredentialStore(database)
  const known = createKnownDevices()
  for await (const row of store.all()) known.put(knownDeviceOf(row))
  await tellOfRestart(needs, store)

  const logIn = await openLogIn({
    ...needs,
    store: credentialStore,
    onOverlapEnded: (device) => endSessions(device, 'rotated'),
  })
  const inventory = createInventory({ ...needs, store, credentialStore, known, logIn })

  return {
    ...inventory,
    logIn,
    register: createRegister({ ...needs, store, known }),
    recordEvents: createRecordEvents({ ...needs, store }),
    loadPresences: () => store.presences(),
    count: () => known.all().length,
    savePresence: (presence, event) =>
      database.write(async (tx) => {
        const { device } = presence
        const account = known.find(device)?.account
        if (account === undefined || !(await store.savePresence(tx, presence))) return false
        if (event) await journal.append(tx, { ...event, account, device, at: presence.stateSinceAt })
        return true
      }),
    [Symbol.dispose]: () => logIn[Symbol.dispose](),
  }
}

/** Written together; more at once would hold up the start of the others. */
const restartStep = 500

/** Whoever was ONLINE when the last run ended has no session any more: that is said, and told, before anybody connects. */
async function tellOfRestart({ database, journal, clock }: DevicesNeeds, store: DeviceStore): Promise<void> {
  const online = await store.presences('online')
  const reason = 'relay-restart'
  for (let at = 0; at < online.length; at += restartStep)
    await database.write(async (tx) => {
      for (const presence of online.slice(at, at + restartStep)) {
        const { account, device } = presence
        const stateSinceAt = clock.wallNow()
        const offline = { state: 'offline', reason, stateSinceAt, address: undefined, transport: undefined } as const
        await store.savePresence(tx, { ...presence, ...offline })
        await journal.append(tx, { type: 'device.offline', account, device, at: stateSinceAt, facts: { reason } })
      }
    })
}
