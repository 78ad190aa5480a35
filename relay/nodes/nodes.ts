/** This process among the nodes of one relay: its lease in the record, its hellos on the bus, and who else is there. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { Bus } from '../bus/bus.ts'
import type { Database } from '../database/database.ts'
import {
  heard,
  helloEveryMs,
  holds,
  isMet,
  leaseMs,
  type MembershipEffect,
  type MembershipEvent,
  newMembership,
  type Peer,
  renewEveryMs,
  silent,
  step,
} from './membership-machine.ts'
import { createNodeStore, type NodeIdentity } from './store.ts'

export type { Peer } from './membership-machine.ts'

export interface Nodes extends AsyncDisposable {
  /** In the IDs that it makes: 1 to 65,535; 0 where there are no others. */
  readonly number: number
  /** Those that had this data folder before, and ended without a word. */
  readonly predecessors: readonly number[]
  /** May this node act for what it holds? When not, others may have taken it over. */
  holds(): boolean
  /** A node that lives, as far as is known; never this one. */
  find(number: number): Peer | undefined
  /** The same of one that somebody has just heard of: it may have come a moment ago. @throws {Failure} `unavailable` */
  meet(number: number): Promise<Peer | undefined>
  others(): readonly Peer[]
  /** Reads anew who is there. @returns those whose lease is good @throws {Failure} `unavailable` */
  look(): Promise<readonly Peer[]>
  /** Called when nothing more is to be expected of a node: it left, or is dead. */
  onGone(hear: (peer: Peer) => void): void
  /** Called when a node is heard no more, whether or not it lives, or was away from the bus: what was on the way between it and this one is lost. */
  onSilent(hear: (peer: Peer) => void): void
  isSilent(peer: Peer): boolean
  /** From now on it is told to others as leaving. */
  leave(): void
  isLeaving(): boolean
  /** The last word, said when it is no more to be asked anything: the others wait for nothing that they have asked it. Never throws. */
  signOff(): Promise<void>
}

/** A relay of one process, with nobody to agree with. */
export const alone: Nodes = {
  number: 0,
  predecessors: [],
  holds: () => true,
  find: () => undefined,
  meet: async () => undefined,
  others: () => [],
  look: async () => [],
  onGone() {},
  onSilent() {},
  isSilent: () => false,
  leave() {},
  isLeaving: () => false,
  async signOff() {},
  async [Symbol.asyncDispose]() {},
}

export interface NodesNeeds {
  database: Database
  bus: Bus
  clock: Clock
  log: Log
  identity: Omit<NodeIdentity, 'incarnation'>
  /** A node is dead: what it held is given free. Done again should whoever did it die at it, so twice does no harm. */
  bury(number: number): Promise<void>
  /** Others have taken over what this node held: it forgets it, and tells nobody. */
  deposed(): void
}

const helloSubject = 'nodes'

/** @throws {Failure} `unavailable`: the record cannot be written */
export async function openNodes(needs: NodesNeeds): Promise<Nodes> {
  const { bus, clock, log } = needs
  const store = createNodeStore(needs.database)
  const identity = { ...needs.identity, incarnation: bus.self }
  const state = newMembership(bus.self, clock.now())
  const byNumber = new Map<number, Peer>()
  const burying = new Set<string>()
  const hearers: ((peer: Peer) => void)[] = []
  const silenceHearers: ((peer: Peer) => void)[] = []
  let silentNow = new Set<string>()
  let standing: 'serving' | 'leaving' = 'serving'
  let isDeposed = false
  const { predecessors, ...enlisted } = await store.enlist(identity)
  let { number } = enlisted
  let meeting = createMeeting(clock, () => isMet(state))

  function happen(event: MembershipEvent): void {
    const effects: MembershipEffect[] = []
    step(state, event, clock.now(), effects)
    for (const effect of effects) carryOut(effect)
  }

  function carryOut({ kind, peer }: MembershipEffect): void {
    switch (kind) {
      case 'joined':
        if (peer.state === 'dead') break
        byNumber.set(peer.number, peer)
        log.info('nodes.joined', 'Another node is there.', { node: peer.number, name: peer.name })
        break
      case 'gone':
        forget(peer)
        log.info('nodes.gone', 'A node is there no more.', { node: peer.number, name: peer.name })
        break
      case 'was-away':
        tellLost(peer)
        break
      case 'dead':
        inBackground(log, 'nodes.not-buried', () => bury(peer))
        break
    }
  }

  function forget(peer: Peer): void {
    if (!byNumber.delete(peer.number)) return
    for (const hear of hearers) hear(peer)
  }

  async function bury(peer: Peer): Promise<void> {
    if (burying.has(peer.incarnation)) return
    burying.add(peer.incarnation)
    try {
      if (!(await store.declareDead(peer.incarnation))) return
      log.warn('nodes.dead', 'A node is dead: the others take over what it held.', {
        node: peer.number,
        name: peer.name,
      })
      forget(peer)
      await needs.bury(peer.number)
      await store.remove(peer.number)
    } finally {
      burying.delete(peer.incarnation)
    }
  }

  async function renew(): Promise<void> {
    const askedMs = clock.now()
    let rows: Awaited<ReturnType<typeof store.renew>>
    try {
      if (isDeposed) await enlistAgain()
      rows = await store.renew(bus.self, standing)
    } catch (error) {
      happen({ kind: 'not-renewed' })
      throw error
    }
    if (rows) happen({ kind: 'renewed', askedMs, rows })
    else depose()
    meeting.look()
  }

  function depose(): void {
    isDeposed = true
    log.warn('nodes.deposed', 'This node was silent for too long: others have taken over what it held.')
    needs.deposed()
  }

  /** What it had is given free in the record, under its old number; it comes back as somebody new. */
  async function enlistAgain(): Promise<void> {
    await needs.bury(number)
    await store.remove(number)
    number = (await store.enlist(identity)).number
    happen({ kind: 'enlisted' })
    meeting = createMeeting(clock, () => isMet(state))
    isDeposed = false
    sayHello()
  }

  let renewing: Promise<void> | undefined
  function renewOnce(): Promise<void> {
    renewing ??= renew().finally(() => {
      renewing = undefined
    })
    return renewing
  }

  function renewNow(): void {
    if (!renewing) inBackground(log, 'nodes.not-renewed', renewOnce)
  }

  async function meet(wanted: number): Promise<Peer | undefined> {
    // What is being read may have been written before it came.
    if (!byNumber.has(wanted)) await renewing?.catch(() => {})
    if (!byNumber.has(wanted)) await renewOnce()
    return byNumber.get(wanted)
  }

  /** @param now those of which nothing is heard */
  function tellSilence(now: readonly string[]): void {
    const before = silentNow
    silentNow = new Set(now)
    for (const peer of byNumber.values())
      if (silentNow.has(peer.incarnation) && !before.has(peer.incarnation)) tellLost(peer)
  }

  function tellLost(peer: Peer): void {
    for (const hear of silenceHearers) hear(peer)
  }

  function sayHello(): void {
    const { disconnects: losses } = bus.counts()
    const [hears, knows] = [heard(state, clock.now()), [...byNumber.keys()]]
    bus.publish(helloSubject, { head: { number, hears, knows, losses } })
  }

  const renewTimer = every(clock, renewEveryMs, renewNow)
  const helloTimer = every(clock, helloEveryMs, () => {
    happen({ kind: 'time' })
    if (bus.isConnected()) tellSilence(silent(state, clock.now()))
    sayHello()
  })
  const hearing = bus.subscribe(helloSubject, ({ head }, from) => {
    const { number: its, hears, knows, losses = 0 } = head
    if (from === bus.self || !Array.isArray(hears)) return
    // A node of an older version says neither its number nor whom it knows, nor that it was away.
    const knowsUs = !Array.isArray(knows) || knows.includes(number)
    const isNew = !state.peers.has(from) || (typeof its === 'number' && !byNumber.has(its))
    happen({ kind: 'hello', from, hears, knowsUs, losses: Number(losses) })
    meeting.look()
    // Whoever goes to it from now on may come here next.
    if (isNew) inBackground(log, 'nodes.not-met', () => meet(Number(its)).then(sayHello))
  })
  bus.onConnection((connected) => {
    happen({ kind: 'bus', connected })
    if (connected) sayHello()
    else tellSilence([...state.peers.keys()])
  })
  happen({ kind: 'bus', connected: bus.isConnected() })
  await renew()
  sayHello()
  await meeting.over

  return {
    get number() {
      return number
    },
    predecessors,
    holds: () => !isDeposed && meeting.isOver() && holds(state, clock.now()),
    find: (wanted) => byNumber.get(wanted),
    meet,
    others: () => [...byNumber.values()],
    async look() {
      const rows = (await store.renew(bus.self, standing)) ?? []
      return rows.filter(({ ageMs, peer }) => ageMs <= leaseMs && peer.state !== 'dead').map(({ peer }) => peer)
    },
    onGone: (hear) => void hearers.push(hear),
    onSilent: (hear) => void silenceHearers.push(hear),
    isSilent: ({ incarnation }) => silentNow.has(incarnation),
    leave() {
      standing = 'leaving'
    },
    isLeaving: () => standing === 'leaving',
    async signOff() {
      await store.remove(number).catch((error) => log.error('nodes.not-left', 'This node could not sign off.', error))
    },
    async [Symbol.asyncDispose]() {
      renewTimer[Symbol.dispose]()
      helloTimer[Symbol.dispose]()
      meeting.end()
      hearing.end()
      await renewing?.catch(() => {})
    },
  }
}

/** Others learn of this node before anybody is sent to it; so long it waits for one that says nothing. */
const meetMs = 2_000

function createMeeting(clock: Clock, isMet: () => boolean) {
  const { promise: over, resolve } = Promise.withResolvers<void>()
  let isOver = false
  const end = () => {
    isOver = true
    timer.cancel()
    resolve()
  }
  const timer = clock.at(clock.now() + meetMs, end)
  return { over, end, isOver: () => isOver, look: () => isMet() && end() }
}

function every(clock: Clock, ms: number, run: () => void): Disposable {
  let timer: Timer
  function ring(): void {
    timer = clock.at(clock.now() + ms, ring)
    run()
  }
  timer = clock.at(clock.now() + ms, ring)
  return { [Symbol.dispose]: () => timer.cancel() }
}
