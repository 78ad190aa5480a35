/** What a BOSH session is made of, what happens to it, and what comes of it. */
import type { BoshBody, BoshCondition, Xml } from '@fairlead/protocol/xmpp'
import type { LineEnd, StreamCondition } from './carrier.ts'

/** One HTTP exchange that waits for its answer; the number means something to the transport only. */
export type ExchangeId = number

/** What was agreed when the session was made; it never changes. */
export interface Terms {
  /** The longest hold. */
  waitMs: number
  /** 0: a polling session (XEP-0124 §12), answered at once. */
  hold: 0 | 1
  /** How far a `rid` may run ahead, and how many requests may be open. */
  requests: number
  inactivityMs: number
  pollingMs: number
  maxPauseMs: number
  /** `MAJOR.MINOR`, the lower of the client's and ours; undefined for a client that named none. */
  version: string | undefined
  /** No `ver` at creation: errors are HTTP status codes (XEP-0124 §17.1). */
  legacy: boolean
  /** The client acknowledges responses (`ack='1'` at creation), so we acknowledge requests. */
  acks: boolean
  contentType: string
  /** The XMPP domain. */
  from: string
}

/** A request that arrived before one with a lower `rid`. */
export interface Early {
  readonly body: BoshBody
  exchange: ExchangeId | undefined
  readonly arrivedMs: number
  /** Its client has had the last response: that cannot have crossed the request. */
  readonly isInTurn: boolean
  duplicates: number
}

/** A request that was processed and not answered yet. */
export interface Held {
  readonly rid: number
  /** undefined: its TCP connection went away; it takes no payload until it is sent again (B-107). */
  exchange: ExchangeId | undefined
  dueMs: number
  readonly pause: boolean
  readonly key: string | undefined
  duplicates: number
}

/** A response kept for a client that did not get it (XEP-0124 §14.3). */
export interface Kept {
  readonly rid: number
  readonly body: string
  readonly sentMs: number
  /** Pushes in it that are not acknowledged. */
  tokens: readonly number[]
  readonly key: string | undefined
  duplicates: number
}

export interface Queued {
  readonly xml: string
  /** 0: ours to say, but nobody asks what became of it. */
  readonly token: number
}

export interface BoshSession {
  readonly sid: string
  readonly terms: Terms
  /** Highest `rid` processed, with all lower ones processed. */
  lastRid: number
  early: ReadonlyMap<number, Early>
  /** In order of `rid`. A new list for each change: one that grew keeps room for sixteen more, in every session. */
  held: readonly Held[]
  /** In order of `rid`; likewise. */
  kept: readonly Kept[]
  keptLength: number
  queue: Queued[]
  queueLength: number
  /** The key that the next request must match (XEP-0124 §15); undefined: no sequence. */
  lock: string | undefined
  /** B-126: may we presume that `rid` N says that N - requests was received? */
  presumes: boolean
  /** Highest `rid` that was answered. */
  answeredRid: number
  /** A client's `ack` lags behind: tell it with the next response (XEP-0124 §9.2). */
  report: { rid: number; sentMs: number } | undefined
  /** The creation response is still to be sent. */
  isNew: boolean
  /** `id` of the XMPP stream, known once it is open. */
  streamId: string | undefined
  /** Since when nothing has been held. */
  idleSinceMs: number
  /** The agreed inactivity, or the pause that was asked for, until the next request. */
  inactivityMs: number
  keepUntilMs: number
  /** Requests before the first one that may be missing for good: what a crash forgot. */
  gap: number
  /** As many as were missing before the request that is taken now; its key proves them all. */
  missing: number
  /** Log-in must have got further by then (B-065); undefined: it is done. */
  logIn: { dueMs: number; hasStarted: boolean } | undefined
  /** When a request was taken last, and how it went: what overactivity is judged by. */
  pace: Pace
  /** Stanzas that may come in now, refilled with time (S-D4). */
  allowance: { stanzas: number; atMs: number }
  /** A request was taken in this turn, so that a hold may start. */
  isFresh: boolean
  /** The client asked to terminate or to pause; done when the turn is over. */
  wish: 'terminate' | 'pause' | undefined
  isOver: boolean
  wakeMs: number | undefined
}

export interface Pace {
  arrivedMs: number
  wasEmpty: boolean
  /** The response before that request carried something, or was sent before its time. */
  wasPrompted: boolean
  /** The latest response did. */
  prompts: boolean
}

/** What happens to a BOSH session. Source: XEP-0124 §8 to §17. */
export type BoshEvent =
  /** `isInTurn`: the last response cannot have crossed it. */
  | { kind: 'request'; body: BoshBody; exchange: ExchangeId; isInTurn?: boolean }
  /** The TCP connection of an exchange went away before its answer. */
  | { kind: 'exchange-closed'; exchange: ExchangeId }
  /** The stream is open and has this id. */
  | { kind: 'opened'; id: string }
  /** The stream is authenticated and bound. */
  | { kind: 'logged-in' }
  | { kind: 'send'; xml: string; token: number }
  /** Takes back what was to be sent and has not left. */
  | { kind: 'withdraw'; token: number }
  | { kind: 'end'; condition: StreamCondition; text?: string | undefined }
  /** Ours is the fault: a bug. */
  | { kind: 'broken' }
  | { kind: 'keep'; untilMs: number }
  /** Everything that this turn brought is in: now answers are chosen, so that what belongs together leaves together. */
  | { kind: 'turn-over' }
  /** The moment asked for has come. */
  | { kind: 'time' }

export type BoshEffect =
  | { kind: 'answer'; exchange: ExchangeId; status: number; body: string; notFound: boolean }
  | { kind: 'open'; header: { to: string | undefined; from?: string; lang?: string; version?: string } }
  | { kind: 'receive'; element: Xml }
  | { kind: 'alive' }
  | { kind: 'waiting' }
  | { kind: 'written'; token: number }
  | { kind: 'acknowledged'; token: number }
  | { kind: 'wake'; atMs: number }
  | { kind: 'ended'; end: LineEnd; condition: BoshCondition | undefined; unsent: number[]; unknown: number[] }
  /** B-100: how far a `rid` was from the last one, for the log. */
  | { kind: 'out-of-window'; distance: number }

/** Bounds of one session. The outbound ones are S-D4's, those of kept responses B-101's and B-125's. */
export const bounds = {
  queuedStanzas: 256,
  queuedLength: 1024 * 1024,
  /** Payload of one response, unless a single stanza is longer. */
  answerLength: 256 * 1024,
  keptResponses: 4,
  unackedResponses: 64,
  unackedLength: 1024 * 1024,
  duplicates: 10,
  /** Before log-in is done. */
  strangersQueuedLength: 64 * 1024,
  /** From creation until authentication has started, and from there until the resource is bound. */
  logInStartMs: 15_000,
  logInMoreMs: 15_000,
  inboundPerSecond: 50,
  inboundBurst: 200,
} as const

/** Nearly every session has none; a map of its own would be the largest thing in it. */
export const noEarly: ReadonlyMap<number, Early> = new Map()

/** @param first the creation request's `rid` */
export function createBoshSession(sid: string, terms: Terms, first: number, nowMs: number): BoshSession {
  return {
    sid,
    terms,
    lastRid: first - 1,
    early: noEarly,
    held: [],
    kept: [],
    keptLength: 0,
    queue: [],
    queueLength: 0,
    lock: undefined,
    presumes: true,
    answeredRid: first - 1,
    report: undefined,
    isNew: true,
    streamId: undefined,
    idleSinceMs: nowMs,
    inactivityMs: terms.inactivityMs,
    keepUntilMs: 0,
    gap: 0,
    missing: 0,
    logIn: { dueMs: nowMs + bounds.logInStartMs, hasStarted: false },
    pace: { arrivedMs: Number.NEGATIVE_INFINITY, wasEmpty: false, wasPrompted: true, prompts: true },
    allowance: { stanzas: bounds.inboundBurst, atMs: nowMs },
    isFresh: false,
    wish: undefined,
    isOver: false,
    wakeMs: undefined,
  }
}

export function isLive(held: Held): boolean {
  return held.exchange !== undefined
}
