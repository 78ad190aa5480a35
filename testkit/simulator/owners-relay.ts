/** The rooms of a relay that give devices their owners and look after them, on a real database file, in time that a test passes by hand. */
import { type Clock, createSeededRandom, Failure, type HandClock, type Random, silentLog } from '@fairlead/base'
import { defaultAccount } from '@fairlead/protocol/contract'
import { openAudit } from '../../relay/audit/audit.ts'
import { openDatabase } from '../../relay/database/database.ts'
import { deriveCredentials, saltBytes } from '../../relay/devices/credentials.ts'
import { type Devices, openDevices } from '../../relay/devices/devices.ts'
import { type Enrolment, openEnrolment } from '../../relay/enrolment/enrolment.ts'
import { openJournal } from '../../relay/events/journal.ts'
import { openPairings, type Pairings } from '../../relay/pairing/pairing.ts'
import { openSupplies, type Supplies } from '../../relay/supplies/supplies.ts'
import { openWebhooks, type Send } from '../../relay/webhooks/webhooks.ts'

export const accounts = [defaultAccount, 'acme', 'rival'] as const

/** A relay's rooms, as long as it does not crash. */
export interface OwnersRelay extends AsyncDisposable {
  devices: Devices
  enrolment: Enrolment
  pairings: Pairings
  supplies: Supplies
}

export interface OwnersRelayOptions {
  folder: string
  clock: HandClock
  random: Random
  /** Where webhooks go; left out: nowhere. */
  send?: Send
}

export async function openOwnersRelay(options: OwnersRelayOptions): Promise<OwnersRelay> {
  const { folder, clock, random, send = async () => ({ error: 'Nobody is there.' }) } = options
  await using opening = new AsyncDisposableStack()
  const database = opening.use(await openDatabase({ folder }))
  await database.write(async ({ sql }) => {
    for (const id of accounts)
      await sql
        .insertInto('account')
        .values({ id, name: null, created_at: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
  })
  const journal = opening.use(await openJournal({ database, clock, log: silentLog }))
  const accountExists = (account: string) => accounts.some((id) => id === account)
  // With chance of its own: it does not change whose life it tells of.
  const chain = { random: createSeededRandom(0), keepDays: 0, isShared: false }
  const audit = opening.use(openAudit({ database, clock, log: silentLog, ...chain }))
  const common = {
    database,
    journal,
    audit,
    clock,
    random,
    domain: 'relay.example',
    accountExists,
    everywhere: async () => {},
  }
  const devices: Devices = opening.use(
    await openDevices({
      ...common,
      audit: audit.tell,
      log: silentLog,
      ...{ survivalTimeoutSeconds: 60, resetNoticeSeconds: 86_400 },
      presenceOf: () => undefined,
      endSessions: () => {},
      async removed(tx, device) {
        await enrolment.removed(tx, device)
        await pairings.removed(tx, device)
        await supplies.consents.removed(tx, device)
      },
      instructed: (...said) => enrolment.instructed(...said),
      firstUsed: (tx, device) => pairings.used(tx, device),
      happened: (tx, device, event) => supplies.happened(tx, device, event),
    }),
  )
  const forOwners = {
    ...common,
    async addDevice({ secret, ...device }: { id: string; account: string; model: string | null; secret: string }) {
      const credentials = await deriveCredentials(secret, Buffer.from(random.token(saltBytes), 'base64url'))
      return (tx: Parameters<Devices['add']>[0]) =>
        devices.add(tx, { ...device, tags: [], registration: 'second', credentials })
    },
  }
  const enrolment: Enrolment = await openEnrolment({
    ...forOwners,
    mode: 'open',
    limits: { perAsker: 1_000, perNetwork: 1_000 },
    findDevice: (id) => (devices.find(id)?.registration === 'none' ? undefined : devices.find(id)),
    spend: (...come) => pairings.spend(...come),
    // Nobody has a session here.
    command: () => Promise.reject(new Failure('device-offline', 'It is not connected.')),
  })
  const pairings: Pairings = await openPairings({ ...forOwners, tries: enrolment.tries, isFree: enrolment.isFree })
  const served = { database, clock: inMinutes(clock), random, log: silentLog }
  const webhooks = opening.use(
    await openWebhooks({ ...served, send, networks: ['192.0.2.0/24'], isAlone: true, tried: async () => {} }),
  )
  const supplies: Supplies = opening.use(
    openSupplies({
      ...served,
      journal,
      audit: audit.tell,
      webhooks,
      intervalMs: 900_000,
      keepMs: 400 * 86_400_000,
      accountExists,
      mustFindDevice: devices.mustFind,
      devicesOf: devices.ofAccount,
      ownerOf: (device) => devices.find(device)?.account,
      // No device holds a connection here: what they read they tell.
      ...{ node: () => 0, isHere: () => false, isIdle: () => false, isBusy: () => false },
      ...{ ask: async () => undefined, newRequestId: () => '' },
    }),
  )
  const opened = opening.move()
  return { devices, enrolment, pairings, supplies, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** What looks again every second has nothing to do in most of the days that a life has. */
function inMinutes(clock: HandClock): Clock {
  return { ...clock, at: (atMs, run) => clock.at(Math.ceil(atMs / 60_000) * 60_000, run) }
}
