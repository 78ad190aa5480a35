/**
 * Who else is there, and may this node act for what it holds? A pure machine at each node.
 *
 * A node acts by a lease in the record: as long as it is good, nobody takes anything over. Who cannot renew it may go on,
 * without a break, while every other node is heard on the bus and hears it: none of them then thinks that it is dead.
 * A node is dead when its lease is over by the record's own clock and it is silent, to one that has met it on the bus.
 * Source: `safety.md` 6.6, 6.12.
 */

export interface Peer {
  /** Its number in IDs. */
  readonly number: number
  /** Its name on the bus, new with every start. */
  readonly incarnation: string
  readonly name: string
  readonly state: 'serving' | 'leaving' | 'dead'
}

interface Known {
  /** Undefined until its row was read. */
  peer: Peer | undefined
  heardAtMs: number
  /** As it said itself: it can hear us. */
  hearsUs: boolean
  /** Each has heard the other since this process began: it counts with us, and we with it. */
  hasMet: boolean
  /** It knows the number that we have now: it finds us. */
  knowsUs: boolean
  /** How often it has lost the bus, as it said last. */
  losses: number | undefined
}

export interface Membership {
  readonly self: string
  /** By the monotonic clock, counted from before the renewal was sent. */
  leaseUntilMs: number
  /** How far the others on the bus carry it beyond its lease. */
  carriedUntilMs: number
  /** Every renewal since then has succeeded. */
  contactSinceMs: number | undefined
  contactLostMs: number
  busSinceMs: number | undefined
  readonly peers: Map<string, Known>
}

/** One row of another node: how old its lease is, by the clock of the record. */
export interface PeerRow {
  peer: Peer
  ageMs: number
}

export type MembershipEvent =
  /** The lease was renewed; `rows` are the others. */
  | { kind: 'renewed'; askedMs: number; rows: readonly PeerRow[] }
  | { kind: 'not-renewed' }
  | { kind: 'bus'; connected: boolean }
  /** @param hears whom it has heard within the last moments @param losses how often it has lost the bus */
  | { kind: 'hello'; from: string; hears: readonly string[]; knowsUs: boolean; losses?: number }
  /** This node has a new number, which nobody knows. */
  | { kind: 'enlisted' }
  /** As often as it says hello itself. */
  | { kind: 'time' }

export type MembershipEffect =
  | { kind: 'joined'; peer: Peer }
  /** It left, or somebody has taken over what it had. */
  | { kind: 'gone'; peer: Peer }
  /** It has lost the bus and is back, too soon to have been silent: what was on the way to it and from it is lost. */
  | { kind: 'was-away'; peer: Peer }
  /** It is to be declared dead. Said again at each renewal until it is. */
  | { kind: 'dead'; peer: Peer }

export const leaseMs = 10_000
export const renewEveryMs = 2_000
export const helloEveryMs = 1_000
/** Who has not been heard for so long cannot be counted on; it counts as silent, and may be dead, after twice that. */
const silentMs = 3_000
/** Without the record, and with everybody else in hearing, a node goes on for so long: credentials get old (`safety.md` 6.12). */
const longestWithoutRecordMs = 300_000

export function newMembership(self: string, nowMs: number): Membership {
  return {
    self,
    leaseUntilMs: nowMs,
    carriedUntilMs: nowMs,
    contactSinceMs: undefined,
    contactLostMs: nowMs,
    busSinceMs: undefined,
    peers: new Map(),
  }
}

export function step(state: Membership, event: MembershipEvent, nowMs: number, effects: MembershipEffect[]): void {
  switch (event.kind) {
    case 'renewed':
      state.leaseUntilMs = Math.max(state.leaseUntilMs, event.askedMs + leaseMs)
      state.contactSinceMs ??= nowMs
      look(state, event.rows, nowMs, effects)
      break
    case 'not-renewed':
      if (state.contactSinceMs !== undefined) state.contactLostMs = nowMs
      state.contactSinceMs = undefined
      break
    case 'bus':
      state.busSinceMs = event.connected ? (state.busSinceMs ?? nowMs) : undefined
      break
    case 'hello':
      hear(state, event, nowMs, effects)
      break
    case 'enlisted':
      for (const known of state.peers.values()) known.knowsUs = false
      break
    case 'time':
      carry(state, nowMs)
      break
  }
}

/** May this node act for what it holds: push, answer, take requests? */
export function holds(state: Membership, nowMs: number): boolean {
  return nowMs < state.leaseUntilMs || (state.busSinceMs !== undefined && nowMs < state.carriedUntilMs)
}

/** Each of the others has heard this node, is heard, and finds this node by its number. */
export function isMet(state: Membership): boolean {
  return [...state.peers.values()].every(({ hasMet, knowsUs, peer }) => (hasMet && knowsUs) || peer?.state === 'dead')
}

/** Those that were heard within the last moments: told to all others. */
export function heard(state: Membership, nowMs: number): string[] {
  return [...state.peers].filter(([, { heardAtMs }]) => nowMs - heardAtMs <= silentMs).map(([name]) => name)
}

/** Those of which nothing is heard, while the bus is there: what they were asked, and what they wait for, is lost. */
export function silent(state: Membership, nowMs: number): string[] {
  if (nowMs - (state.busSinceMs ?? nowMs) <= 2 * silentMs) return []
  return [...state.peers].filter(([, { heardAtMs }]) => nowMs - heardAtMs > 2 * silentMs).map(([name]) => name)
}

type Hello = Extract<MembershipEvent, { kind: 'hello' }>

const newlyKnown = (peer: Peer | undefined, nowMs: number): Known => {
  return { peer, heardAtMs: nowMs, hearsUs: false, hasMet: false, knowsUs: false, losses: undefined }
}

function hear(
  state: Membership,
  { from, hears, knowsUs, losses = 0 }: Hello,
  nowMs: number,
  effects: MembershipEffect[],
): void {
  const known = state.peers.get(from) ?? newlyKnown(undefined, nowMs)
  state.peers.set(from, known)
  if (known.peer && losses > (known.losses ?? losses)) effects.push({ kind: 'was-away', peer: known.peer })
  known.losses = losses
  known.heardAtMs = nowMs
  known.hearsUs = hears.includes(state.self)
  known.hasMet ||= known.hearsUs
  known.knowsUs = knowsUs
  carry(state, nowMs)
}

/** Once it has lapsed, only the record can make it good again: somebody may have taken over meanwhile. */
function carry(state: Membership, nowMs: number): void {
  if (!holds(state, nowMs)) return
  const others = [...state.peers.values()].filter(({ peer }) => peer?.state !== 'dead')
  if (!others.every(({ hearsUs }) => hearsUs)) return
  const lastMs = Math.min(nowMs, ...others.map(({ heardAtMs }) => heardAtMs))
  const longestMs = (state.contactSinceMs === undefined ? state.contactLostMs : nowMs) + longestWithoutRecordMs
  state.carriedUntilMs = Math.min(longestMs, lastMs + silentMs)
}

function look(state: Membership, rows: readonly PeerRow[], nowMs: number, effects: MembershipEffect[]): void {
  const there = new Set<string>()
  for (const { peer, ageMs } of rows) {
    there.add(peer.incarnation)
    const known = state.peers.get(peer.incarnation)
    const before = known?.peer
    // It was dead, and came back as somebody new between two looks.
    if (before && before.number !== peer.number) effects.push({ kind: 'gone', peer: before })
    if (before?.number !== peer.number) effects.push({ kind: 'joined', peer })
    if (known) known.peer = peer
    else state.peers.set(peer.incarnation, newlyKnown(peer, nowMs))
    if (isDead(state, peer, ageMs, nowMs)) effects.push({ kind: 'dead', peer })
  }
  for (const [incarnation, { peer }] of state.peers) {
    if (there.has(incarnation)) continue
    state.peers.delete(incarnation)
    if (peer) effects.push({ kind: 'gone', peer })
  }
}

function isDead(state: Membership, peer: Peer, ageMs: number, nowMs: number): boolean {
  // Whoever began to bury it may have died at it.
  if (peer.state === 'dead') return true
  if (ageMs <= leaseMs) return false
  const known = state.peers.get(peer.incarnation)
  // After a time without the record everybody's lease looks old; and what the bus does not tell is not known.
  const isSure =
    nowMs - (state.contactSinceMs ?? nowMs) >= leaseMs && nowMs - (state.busSinceMs ?? nowMs) > 2 * silentMs
  if (!isSure || !known) return false
  // One that was never met does not count with us: it may be carried by others, as long as that may last.
  const longestMs = known.hasMet ? leaseMs : leaseMs + longestWithoutRecordMs
  return ageMs > longestMs && nowMs - known.heardAtMs > 2 * silentMs
}
