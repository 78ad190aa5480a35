/** One new request, taken in its turn: key, acknowledgement, payload, and what it asks of the session itself. */
import { type BoshBody, ns } from '@fairlead/protocol/xmpp'
import { refuse } from './bosh-ending.ts'
import { acknowledgeUpTo, dropUpTo } from './bosh-kept.ts'
import { nextLock, refused } from './bosh-keys.ts'
import { notePace, pollsTooFast, spendAllowance } from './bosh-pace.ts'
import { type BoshEffect, type BoshSession, bounds, type Early } from './bosh-state.ts'

/** B-123: a response that is not acknowledged after so long is taken for lost. */
const reportAfterMs = 1000

export function accept(session: BoshSession, request: Early, nowMs: number, effects: BoshEffect[]) {
  const { body, exchange } = request
  const { terms } = session
  const isCreation = body.sid === undefined

  const lock = nextLock(session.lock, body, session.missing)
  // B-171: not processed.
  if (lock === refused) return refuse(session, exchange, 'item-not-found', effects)
  if (!isCreation && !takeAck(session, request, nowMs, effects))
    return refuse(session, exchange, 'bad-request', effects)
  session.lock = lock
  session.missing = 0
  session.gap = 0
  session.lastRid = body.rid
  effects.push({ kind: 'alive' })

  if (pollsTooFast(session, body, request.arrivedMs)) return refuse(session, exchange, 'policy-violation', effects)
  notePace(session, body, request.arrivedMs)
  const pauseMs = (body.pause ?? 0) * 1000
  if (pauseMs > terms.maxPauseMs) return refuse(session, exchange, 'policy-violation', effects)
  if (!spendAllowance(session, body.children.length, nowMs))
    return refuse(session, exchange, 'policy-violation', effects)

  session.inactivityMs = body.pause === undefined ? terms.inactivityMs : pauseMs
  session.isFresh = true
  const held = {
    rid: body.rid,
    exchange,
    dueMs: request.arrivedMs + terms.waitMs,
    pause: body.pause !== undefined,
    key: body.key,
    duplicates: request.duplicates,
  }
  session.held = [...session.held, held]
  forward(session, body, effects)
  if (body.type === 'terminate') session.wish = 'terminate'
  else if (body.pause !== undefined) session.wish = 'pause'
}

/** What is in it, to the stream, in document order (B-091). */
function forward(session: BoshSession, body: BoshBody, effects: BoshEffect[]) {
  const isCreation = body.sid === undefined
  if (isCreation || body.restart) effects.push({ kind: 'open', header: headerOf(session, body) })
  // B-191: a restart carries no stanzas. B-064: a creation request may.
  if (body.restart && !isCreation) return
  for (const element of body.children) {
    if (element.ns === ns.sasl) noteLogIn(session)
    effects.push({ kind: 'receive', element })
  }
}

function noteLogIn({ logIn }: BoshSession) {
  if (!logIn || logIn.hasStarted) return
  logIn.hasStarted = true
  logIn.dueMs += bounds.logInMoreMs
}

function headerOf(session: BoshSession, body: BoshBody) {
  return {
    to: body.to ?? session.terms.from,
    ...(body.from !== undefined && { from: body.from }),
    ...(body.lang !== undefined && { lang: body.lang }),
    ...(body.xmppVersion !== undefined && { version: body.xmppVersion }),
  }
}

/** False: it acknowledges what was not sent (B-124). */
function takeAck(session: BoshSession, { body, isInTurn }: Early, nowMs: number, effects: BoshEffect[]): boolean {
  const { terms, answeredRid } = session
  if (!terms.acks) {
    if (session.presumes) acknowledgeUpTo(session, body.rid - terms.requests, effects)
    return true
  }
  if (body.ack !== undefined && body.ack > answeredRid) return false
  // B-122: none given means that every response so far was received.
  const ack = body.ack ?? answeredRid
  dropUpTo(session, ack, effects)
  const oldest = session.kept[0]
  // One that has just left over another connection may have crossed this request, and jbosh ends its session when it is
  // told of what it has had.
  if (oldest && (isInTurn || nowMs - oldest.sentMs >= reportAfterMs))
    session.report = { rid: oldest.rid, sentMs: oldest.sentMs }
  return true
}
