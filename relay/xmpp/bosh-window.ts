/** Which requests are taken, in which order, and each of them once. Source: XEP-0124 §14. */
import type { BoshBody } from '@fairlead/protocol/xmpp'
import { accept } from './bosh-accept.ts'
import { answer, emptyBody, errorBody } from './bosh-answers.ts'
import { refuse } from './bosh-ending.ts'
import { hasTooManyOpen } from './bosh-pace.ts'
import {
  type BoshEffect,
  type BoshEvent,
  type BoshSession,
  bounds,
  type Early,
  type ExchangeId,
  type Held,
  isLive,
  noEarly,
} from './bosh-state.ts'

/** A request of this session arrived: new, early, sent again, or out of bounds. */
export function takeRequest(
  session: BoshSession,
  { body, exchange, isInTurn = false }: BoshEvent & { kind: 'request' },
  nowMs: number,
  effects: BoshEffect[],
) {
  const { rid } = body
  if (rid <= session.lastRid) return takeAgain(session, body, exchange, nowMs, effects)
  // B-098, B-099: what lies further ahead than the window was never allowed.
  if (rid > session.lastRid + session.terms.requests + session.gap) return refuseFar(session, rid, exchange, effects)

  const early = session.early.get(rid)
  if (early) return replace(session, early, exchange, effects)
  if (hasTooManyOpen(session, body)) return refuse(session, exchange, 'policy-violation', effects)
  const request = { body, exchange, arrivedMs: nowMs, isInTurn, duplicates: 0 }
  if (rid === session.lastRid + 1 && session.early.size === 0) return accept(session, request, nowMs, effects)
  session.early = new Map(session.early).set(rid, request)
  takeInOrder(session, nowMs, effects)
}

/** B-153: a client that leaves is let go, though a request before its last one never came; so is one that a crash forgot. */
export function takeDespiteGap(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  const last = Math.min(...session.early.keys()) - 1
  session.missing = last - session.lastRid
  session.lastRid = last
  takeInOrder(session, nowMs, effects)
}

/** B-091: requests are processed in order of `rid`, whatever the order of their arrival. */
function takeInOrder(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  for (let next = nextEarly(session); next; next = nextEarly(session)) {
    takeOut(session, next.body.rid)
    accept(session, next, nowMs, effects)
  }
}

function takeOut(session: BoshSession, rid: number) {
  const left = new Map(session.early)
  left.delete(rid)
  session.early = left.size === 0 ? noEarly : left
}

function nextEarly({ early, lastRid, isOver, wish }: BoshSession): Early | undefined {
  return isOver || wish === 'terminate' ? undefined : early.get(lastRid + 1)
}

/**
 * A `rid` that was processed before: never processed again (B-103). Its answer is what it was, or will be.
 * Payload that differs is not looked at (B-105): it would be a client's bug, or somebody else's text.
 */
function takeAgain(
  session: BoshSession,
  { rid, key }: BoshBody,
  exchange: ExchangeId,
  nowMs: number,
  effects: BoshEffect[],
) {
  const before = findHeld(session, rid) ?? session.kept.find((response) => response.rid === rid)
  // B-102.
  if (!before) return refuseFar(session, rid, exchange, effects)
  // B-173: the key that came with that rid the first time.
  if (before.key !== key) return refuse(session, exchange, 'item-not-found', effects)
  if (++before.duplicates > bounds.duplicates) return refuse(session, exchange, 'policy-violation', effects)
  effects.push({ kind: 'alive' })
  if ('dueMs' in before) return holdAnew(session, before, exchange, nowMs, effects)

  // B-126: a client that asks for what we took for received does not keep to the window; presume nothing more of it.
  if (rid <= session.lastRid - session.terms.requests) session.presumes = false
  if (!session.held.some(isLive)) session.idleSinceMs = nowMs
  answer(exchange, before.body, effects)
}

function refuseFar(session: BoshSession, rid: number, exchange: ExchangeId, effects: BoshEffect[]) {
  effects.push({ kind: 'out-of-window', distance: rid - session.lastRid })
  refuse(session, exchange, 'item-not-found', effects)
}

function findHeld({ held }: BoshSession, rid: number): Held | undefined {
  return held.find((request) => request.rid === rid)
}

/** B-104: the hold moves to the new exchange, with a new wait; the old one is told to be gone. */
function holdAnew(session: BoshSession, held: Held, exchange: ExchangeId, nowMs: number, effects: BoshEffect[]) {
  dismiss(session, held.exchange, effects)
  session.isFresh = true
  held.exchange = exchange
  held.dueMs = nowMs + session.terms.waitMs
}

function replace(session: BoshSession, early: Early, exchange: ExchangeId, effects: BoshEffect[]) {
  if (++early.duplicates > bounds.duplicates) return refuse(session, exchange, 'policy-violation', effects)
  dismiss(session, early.exchange, effects)
  early.exchange = exchange
}

function dismiss({ terms, pace }: BoshSession, exchange: ExchangeId | undefined, effects: BoshEffect[]) {
  if (exchange === undefined) return
  answer(exchange, terms.legacy ? emptyBody : errorBody, effects)
  // B-144: strophe takes it for an answer like any other, and polls at once.
  pace.wasPrompted = true
}
