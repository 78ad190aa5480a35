/** The requests of a BOSH session that wait for their answers: sent once each, repeated when lost, answers in order. */
import { backoffMs } from '@fairlead/base'
import { isElement, ns, type Xml, xml } from '@fairlead/protocol/xmpp'
import type { BoshSession, Outstanding, SessionEffect } from './bosh-session.ts'
import type { Trouble } from './trouble.ts'

/** How long past `wait` an answer may take before it counts as lost. */
const graceMs = 10_000
/** Before a session is bound the relay answers at once. */
const loginTimeoutMs = 20_000
/** A copy that lived this long had reached somebody: dying then is no outage, but a cut hold. */
const evidenceMs = 3000
/** Shorter than this, and mended by repeating, nobody needs to hear of it. */
const outageMs = 1000
/** An answer follows the one before it closely; longer means that it was lost. */
const lateMs = 3000
const longestLateMs = 60_000
/** Relays take some ten copies of one request (B-106); then a new one is due. */
const copiesAtMost = 6
const repeatLimits = { firstMs: 500, longestMs: 10_000 }

export function isLive(session: BoshSession): boolean {
  return session.phase === 'bound' || session.phase === 'closing'
}

/** Sends a new request with the next `rid`. */
export function request(
  session: BoshSession,
  attributes: Record<string, string>,
  payload: readonly Xml[],
  effects: SessionEffect[],
): void {
  const rid = session.rid++
  const identity = session.sid === undefined ? {} : { sid: session.sid }
  const body = xml('body', ns.body, { ...identity, rid: String(rid), ...attributes }, ...payload)
  const entry = { rid, body, exchange: undefined, sentAtMs: undefined, copies: 0, answer: undefined }
  session.outstanding.push(entry)
  session.pollAtMs = undefined
  post(session, entry, effects)
}

function post(session: BoshSession, entry: Outstanding, effects: SessionEffect[]): void {
  const earlier = entry.exchange
  entry.exchange = session.nextExchange()
  entry.sentAtMs = undefined
  entry.copies++
  const timeoutMs = isLive(session) ? session.granted.waitMs + graceMs : loginTimeoutMs
  effects.push({ kind: 'post', exchange: entry.exchange, body: entry.body, timeoutMs })
  // The new copy first: the relay then has no moment without a connection to push on.
  if (earlier !== undefined) effects.push({ kind: 'abort', exchange: earlier })
}

/** Sends what waits, or an empty poll so that the relay has a request to hold. */
export function pump(session: BoshSession, nowMs: number, effects: SessionEffect[]): void {
  if (session.phase === 'ended' || session.phase === 'closing') return
  if (session.outbox.length > 0) {
    if (session.outstanding.length < session.granted.requests) request(session, {}, session.outbox.splice(0), effects)
    return
  }
  if (mayProve(session)) {
    requestBeside(session, effects)
    return
  }
  if (!mayPoll(session)) return
  if (session.pollAtMs !== undefined && nowMs < session.pollAtMs) return
  request(session, {}, [], effects)
}

/** Whether an empty request for the relay to hold is wanting. */
export function mayPoll({ outstanding, outbox, thinking, resting, phase }: BoshSession): boolean {
  if (phase === 'new' || phase === 'closing' || phase === 'ended') return false
  // Resting or not, what the relay still has to say of the log-in is asked for.
  return outstanding.length === 0 && outbox.length === 0 && !thinking && !(resting && phase === 'bound')
}

/**
 * Whether a second request is wanting, as a proof: with `hold` 1 the relay answers the first as soon as it holds the
 * second, and then the connection stands there and not only here (A4).
 */
function mayProve({ outstanding, phase, connected, granted, resting }: BoshSession): boolean {
  const hasLeft = outstanding.length === 1 && outstanding[0]?.sentAtMs !== undefined
  return phase === 'bound' && !connected && !resting && hasLeft && granted.requests > 1
}

/**
 * XEP-0199. Two empty requests that arrive one after the other may count as polling too fast (XEP-0124 §11), and then the
 * session is over: a request beside one that is held says something.
 */
function ping(session: BoshSession): Xml {
  return xml('iq', ns.client, { type: 'get', id: 'proof', to: session.domain }, xml('ping', ns.ping))
}

/** A copy has left this machine. */
export function sent(session: BoshSession, exchange: number, nowMs: number, effects: SessionEffect[]): void {
  const entry = session.outstanding.find((waiting) => waiting.exchange === exchange)
  if (!entry) return
  entry.sentAtMs = nowMs
  // A relay that takes one request at a time cannot be asked for a proof.
  if (session.granted.requests === 1) connect(session, effects)
}

function connect(session: BoshSession, effects: SessionEffect[]): void {
  if (session.phase !== 'bound' || session.connected) return
  session.connected = true
  effects.push({ kind: 'connected' })
}

/**
 * Takes note of an answer.
 * @returns the answers that may be taken now, in the order of their requests
 */
export function answered(
  session: BoshSession,
  exchange: number,
  body: Xml,
  nowMs: number,
  effects: SessionEffect[],
): Xml[] {
  const entry = session.outstanding.find((waiting) => waiting.exchange === exchange)
  if (!entry) return []
  entry.answer = body
  entry.exchange = undefined
  if (entry.sentAtMs !== undefined) effects.push({ kind: 'hold-lived', ageMs: nowMs - entry.sentAtMs })
  session.failures = 0
  session.failingSinceMs = undefined
  connect(session, effects)
  const answers: Xml[] = []
  let first = session.outstanding[0]
  while (first?.answer !== undefined) {
    answers.push(first.answer)
    session.outstanding.shift()
    pacePolls(session, first, nowMs)
    first = session.outstanding[0]
  }
  const isLate = first !== undefined && session.outstanding.some((waiting) => waiting.answer !== undefined)
  session.lateAtMs = isLate ? (session.lateAtMs ?? nowMs + lateMs) : undefined
  return answers
}

function pacePolls(session: BoshSession, entry: Outstanding, nowMs: number): void {
  const wasEmpty = !entry.body.children.some(isElement) && !entry.answer?.children.some(isElement)
  const heldMs = entry.sentAtMs === undefined ? 0 : nowMs - entry.sentAtMs
  if (session.phase !== 'bound' || !wasEmpty || heldMs >= session.granted.pollingMs) return
  // Another one is held: the next poll follows that one, and needs no pause for the sake of this.
  if (session.outstanding.length > 0) return
  session.pollAtMs = nowMs + session.granted.pollingMs - heldMs
}

/**
 * A copy got no answer: it is repeated, the first time at once.
 * @returns true when the relay has been silent for so long that the session cannot live any more
 */
export function failed(
  session: BoshSession,
  exchange: number,
  trouble: Trouble,
  nowMs: number,
  effects: SessionEffect[],
): boolean {
  const entry = session.outstanding.find((waiting) => waiting.exchange === exchange)
  if (!entry) return false
  const ageMs = entry.sentAtMs === undefined ? 0 : nowMs - entry.sentAtMs
  entry.exchange = undefined
  entry.sentAtMs = undefined
  session.lastTrouble = trouble
  if (!isLive(session)) return true

  const isSilent = trouble.kind === 'timeout'
  const wasHeld = !isSilent && ageMs >= evidenceMs && ageMs < session.granted.waitMs - 1000
  // Only the newest is held: what dies beside it waited for something else, or died of the same accident.
  const isNewest = entry === session.outstanding.at(-1)
  if (isNewest && (wasHeld || (isSilent && ageMs > 0))) effects.push({ kind: 'hold-cut', ageMs, silent: isSilent })
  if (wasHeld) {
    session.failures = 0
    session.failingSinceMs = undefined
  }
  session.failures++
  session.failingSinceMs ??= nowMs
  if (session.connected && session.failures >= 2 && nowMs - session.failingSinceMs >= outageMs) {
    session.connected = false
    effects.push({ kind: 'disconnected', trouble })
  }
  if (nowMs - session.failingSinceMs > session.granted.inactivityMs) return true
  const pauseMs = session.failures === 1 ? 0 : backoffMs(session.failures - 2, repeatLimits, session.fraction())
  session.repeatAtMs = Math.max(session.repeatAtMs ?? 0, nowMs + pauseMs)
  return false
}

/** Repeats, byte for byte (§14.3), what failed. */
export function repeatFailed(session: BoshSession, effects: SessionEffect[]): void {
  session.repeatAtMs = undefined
  for (const entry of session.outstanding)
    if (entry.exchange === undefined && entry.answer === undefined) post(session, entry, effects)
}

/**
 * Repeats the first request, whose answer should have come before one that is here already. Each copy takes the place of the one
 * before, and with it what that would still have been answered: so each is given twice the time.
 */
export function repeatLate(session: BoshSession, nowMs: number, effects: SessionEffect[]): void {
  const first = session.outstanding[0]
  if (first && first.answer === undefined) post(session, first, effects)
  session.lateAtMs = nowMs + Math.min(longestLateMs, lateMs * 2 ** ((first?.copies ?? 1) - 1))
}

/** Puts a new connection in place of the present one, which may be dead without a sign. */
export function renew(session: BoshSession, effects: SessionEffect[]): void {
  if (session.phase !== 'bound') return
  const last = session.outstanding.at(-1)
  if (last?.exchange === undefined) repeatFailed(session, effects)
  else if (last.copies < copiesAtMost) post(session, last, effects)
  else if (session.outstanding.length < session.granted.requests) requestBeside(session, effects)
}

/** One more than the one that is held. */
export function requestBeside(session: BoshSession, effects: SessionEffect[]): void {
  request(session, {}, [ping(session)], effects)
}

/** When the held request is to be followed by a new one, because the way cuts longer holds. */
export function renewalDueMs(session: BoshSession): number | undefined {
  const last = session.outstanding.at(-1)
  if (session.phase !== 'bound' || session.renewAfterMs === undefined || last?.sentAtMs === undefined) return undefined
  if (session.renewAfterMs >= session.granted.waitMs || session.outstanding.length >= session.granted.requests)
    return undefined
  return last.sentAtMs + session.renewAfterMs
}
