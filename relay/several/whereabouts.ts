/** Where devices are, among several nodes: what is known of it here, and who is asked. */
import { type Clock, inBackground, type Log } from '@fairlead/base'
import type { EventRow } from '../database/tables.ts'
import type { PresenceView, StoredPresence } from '../devices/presence.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Ids } from '../nodes/ids.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import type { PresenceChange, Remembered } from '../sessions/sessions.ts'
import type { SharedSessionStore } from '../xmpp/bosh-store.ts'
import { keyOf } from '../xmpp/kept-session.ts'
import type { Rooms } from './several.ts'

export interface Whereabouts {
  /** The number of the node where the device is, as far as is known; 0: none, or this one. */
  whereIs(device: string): number
  /** How a device stands, as it was written down. */
  learn(presence: StoredPresence): void
  /** What other nodes wrote to the journal; undefined: anything may be different. */
  learnRows(rows: readonly EventRow[] | undefined): Promise<void>
  /** How devices stand that are at other nodes, as those say. */
  presencesNow(devices: readonly string[]): Promise<ReadonlyMap<string, PresenceView>>
  /** What others have seen of the device and not written yet is known here. */
  learnNow(device: string): Promise<void>
  count(): number
  /** The device has called with its own secret (A6). */
  signOfLife(device: string): void
  knowsSession(device: string, id: string): Promise<boolean>
  saveSeen(): void
}

export interface WhereaboutsNeeds {
  nodes: Nodes
  calls: Calls
  clock: Clock
  log: Log
  ground: { ids: Ids }
  remembered: Map<string, Remembered>
  keptSessions: Pick<SharedSessionStore, 'find'>
  rooms(): Rooms
  readonly built: Promise<void>
  knowsSessionHere(device: string, id: string): boolean
}

type Moment = Pick<PresenceChange, 'epoch' | 'stateSinceAt'>
type Witnessed = PresenceChange & { node: number }

/** A node that says nothing is not waited for when somebody only wants to look. */
const lookMs = 1_000
/** Nor when a service is to be told at once that a device is OFFLINE (A8). */
const glanceMs = 250

/** The shortest management timer is 5 s (A6). */
const tellAliveMs = 200

/** Events after which what is known of their device is read anew. */
const changesDevice = new Set([
  'device.registered',
  'device.changed',
  'device.removed',
  'device.online',
  'device.offline',
  'device.asleep',
  'record.secret',
  'record.moved',
  'record.waits',
])

export function createWhereabouts(needs: WhereaboutsNeeds): Whereabouts {
  const { nodes, calls, clock, log, remembered, rooms } = needs
  const seen = new Map<string, number>()

  /** Signs of life of devices at other nodes, until they are told there: together, and a moment later. */
  const alive = new Map<number, Set<string>>()
  let isTelling = false

  calls.hear('alive', ({ head }) => {
    const { sessions } = rooms()
    for (const device of head['devices'] as string[]) if (sessions.isHere(device)) sessions.signOfLife(device)
  })

  function tellAlive(): void {
    isTelling = false
    for (const [number, devices] of alive) {
      const peer = nodes.find(number)
      if (peer) calls.tell(peer, 'alive', { head: { devices: [...devices] } })
    }
    alive.clear()
  }
  calls.serve('presences', ({ head }) => {
    const { sessions } = rooms()
    return { head: { presences: (head['devices'] as string[]).flatMap((device) => sessions.witnessed(device) ?? []) } }
  })
  calls.serve('knows-session', ({ head }) => ({
    head: { knows: needs.knowsSessionHere(String(head['device']), String(head['id'])) },
  }))

  function whereIs(device: string): number {
    const { elsewhere } = remembered.get(device) ?? {}
    return elsewhere?.state === 'online' && elsewhere.node !== nodes.number ? elsewhere.node : 0
  }

  function nodeOf(device: string): Peer | undefined {
    return nodes.find(whereIs(device))
  }

  async function learnRows(rows: readonly EventRow[] | undefined): Promise<void> {
    await needs.built
    const { devices } = rooms()
    await learnWhoComesIn(rows)
    const touched = rows?.filter(({ type }) => changesDevice.has(type))
    const ids = touched && [...new Set(touched.flatMap(({ device }) => device ?? []))]
    if (ids === undefined || ids.length > 0) await devices.learn(ids)
    for (const { type, device } of touched ?? []) if (device !== null) heardOf(device, type)
    for (const { type, device } of rows ?? []) if (device !== null) wakeWaiting(device, type)
  }

  /** Devices wait for such news in held requests: those that are nobody's yet, those at which somebody is, and their IPP proxies. */
  function wakeWaiting(device: string, type: string): void {
    if (type === 'job.changed') rooms().jobs.changedElsewhere(device)
    if (type === 'claim.changed') rooms().enrolment.claimedElsewhere(device)
    if (type === 'record.walk-up') rooms().walkUps.changedElsewhere(device)
    if (type === 'pairing.changed' || type === 'record.pairing') rooms().pairings.changedElsewhere(device)
  }

  async function learnWhoComesIn(events: readonly EventRow[] | undefined): Promise<void> {
    const { accounts, people } = rooms()
    if (!events || events.some(({ type }) => changesAccounts(type))) await accounts.learn()
    if (!events || events.some(({ type }) => type === 'record.user')) await people.learn()
  }

  function heardOf(device: string, type: string): void {
    if (type === 'device.online' || type === 'record.moved') cameElsewhere(device)
    if (type === 'device.asleep' && remembered.get(device)?.elsewhere?.state === 'asleep')
      rooms().sessions.sleptElsewhere(device)
    // Whoever took it could not say so to this node.
    if (type === 'record.waits' && rooms().sessions.isHere(device)) rooms().requests.fetch(device)
  }

  /** Should the word of its new node have been lost: what is here of it gives way. */
  function cameElsewhere(device: string): void {
    if (whereIs(device) === 0) return
    rooms().sessions.superseded(device, remembered.get(device)?.epoch ?? 0)
    rooms().requests.release(device)
  }

  async function askPresences(peer: Peer, devices: readonly string[], timeoutMs: number): Promise<Witnessed[]> {
    try {
      const { head } = await calls.call(peer, 'presences', { head: { devices } }, timeoutMs)
      return (head['presences'] as PresenceChange[]).map((presence) => ({ ...presence, node: peer.number }))
    } catch {
      // What was written down last is told instead.
      return []
    }
  }

  /** The newest that any other node has seen, of each device of which nothing newer is known here. */
  async function askAll(devices: readonly string[], timeoutMs: number): Promise<ReadonlyMap<string, Witnessed>> {
    const away = devices.filter((device) => !rooms().sessions.isHere(device))
    if (away.length === 0) return new Map()
    const newest = new Map<string, Witnessed>()
    // All of them: where a device came a moment ago is not known here yet.
    const told = await Promise.all(nodes.others().map((peer) => askPresences(peer, away, timeoutMs)))
    for (const presence of told.flat()) {
      const { device } = presence
      const known = [newest.get(device), rooms().sessions.witnessed(device), remembered.get(device)]
      if (known.every((other) => !other || isAsNew(presence, other))) newest.set(device, presence)
    }
    return newest
  }

  return {
    whereIs,
    learnRows,

    learn({ device, account: _, state, address, transport, node = 0, ...presence }) {
      const elsewhere = { state, address, transport, node }
      remembered.set(device, { ...presence, reason: presence.reason, elsewhere })
    },

    presencesNow: (devices) => askAll(devices, lookMs),

    async learnNow(device) {
      const presence = (await askAll([device], glanceMs)).get(device)
      if (presence) remembered.set(device, { ...presence, elsewhere: presence })
    },

    count() {
      let online = 0
      for (const device of remembered.keys()) if (nodeOf(device)) online++
      return online
    },

    signOfLife(device) {
      const { sessions } = rooms()
      if (sessions.isHere(device)) return void sessions.signOfLife(device)
      const number = whereIs(device)
      if (number !== 0) {
        alive.set(number, (alive.get(number) ?? new Set()).add(device))
        if (!isTelling) clock.at(clock.now() + tellAliveMs, tellAlive)
        isTelling = true
        return
      }
      const atMs = clock.wallNow()
      seen.set(device, atMs)
      const known = remembered.get(device)
      if (known) known.lastSeenAt = atMs
    },

    async knowsSession(device, id) {
      if (needs.knowsSessionHere(device, id)) return true
      const peer = nodes.find(needs.ground.ids.nodeOf(id) ?? 0) ?? nodeOf(device)
      if (peer) {
        const told = await calls.call(peer, 'knows-session', { head: { device, id } }, lookMs).catch(() => undefined)
        if (told?.head['knows']) return true
      }
      return (await needs.keptSessions.find(keyOf(id))) !== undefined
    },

    saveSeen() {
      for (const [device, atMs] of seen)
        inBackground(log, 'devices.presence-lost', () => rooms().devices.saveSeen(device, atMs))
      seen.clear()
    },
  }
}

/** Of two words about one device: of its newest session, how it stood last. */
function isAsNew(one: Moment, other: Moment): boolean {
  return one.epoch === other.epoch ? one.stateSinceAt >= other.stateSinceAt : one.epoch > other.epoch
}

function changesAccounts(type: string): boolean {
  return type.startsWith('record.') && !isOfOthers.has(type) && !changesDevice.has(type)
}

/** Whoever these are for reads more exactly what is new. */
const isOfOthers = new Set(['record.pairing', 'record.user', 'record.walk-up'])
