/** What a client may not do too fast: requests (XEP-0124 §11, §12) and stanzas (S-D4). */
import type { BoshBody } from '@fairlead/protocol/xmpp'
import { type BoshSession, bounds, isLive } from './bosh-state.ts'

/**
 * B-140: more requests unanswered than were allowed. Those that are processed count, not those that arrived:
 * the oldest is answered as soon as a newer one is in, so this needs answers that are slow in coming.
 */
export function hasTooManyOpen({ held, terms }: BoshSession, body: BoshBody): boolean {
  // B-141: a request to pause or to terminate may come on top.
  const extra = body.pause !== undefined || body.type === 'terminate' ? 1 : 0
  return held.filter(isLive).length >= terms.requests + extra
}

/** A client that keeps its distance sends in time: on the way through a proxy the second may be quicker than the first. */
const jitterMs = 250

/** B-142, B-145: empty requests that follow one another within `polling`, with no reason to. */
export function pollsTooFast(session: BoshSession, body: BoshBody, arrivedMs: number): boolean {
  const { pace, terms, held } = session
  if (!isPoll(body) || !pace.wasEmpty) return false
  const sinceMs = arrivedMs - pace.arrivedMs
  // Before its predecessor: that one was lost on the way and sent again, and its second arrival says nothing of its first.
  if (sinceMs < 0 || sinceMs >= terms.pollingMs - jitterMs) return false
  if (terms.hold === 0) return !pace.prompts
  // B-144: strophe polls within 100 ms of any response; who had one before its time is not blamed for being quick.
  return !pace.wasPrompted && held.some((request) => isLive(request) && request.rid === body.rid - 1)
}

export function notePace(session: BoshSession, body: BoshBody, arrivedMs: number): void {
  const { pace } = session
  pace.wasPrompted = pace.prompts
  pace.wasEmpty = isPoll(body) && body.sid !== undefined
  pace.arrivedMs = arrivedMs
}

/** Nothing in it, and nothing asked for but what may be waiting. */
function isPoll(body: BoshBody): boolean {
  return body.children.length === 0 && body.pause === undefined && body.type === undefined && !body.restart
}

/** Takes `count` stanzas from the session's allowance; false when it is used up. */
export function spendAllowance({ allowance }: BoshSession, count: number, nowMs: number): boolean {
  const refill = ((nowMs - allowance.atMs) / 1000) * bounds.inboundPerSecond
  allowance.stanzas = Math.min(bounds.inboundBurst, allowance.stanzas + refill) - count
  allowance.atMs = nowMs
  return allowance.stanzas >= 0
}

/** A push has one answer: who says no more than we ask for is not put out for it, however fast we ask. */
export function grantAnswer({ allowance }: BoshSession): void {
  allowance.stanzas++
}
