/** Answers of a session that goes on: what is put on which held request, and when. Source: XEP-0124 §8, §9, §12. */
import { renderBody } from '@fairlead/protocol/xmpp'
import { conclude } from './bosh-ending.ts'
import { keep, noTokens } from './bosh-kept.ts'
import {
  type BoshEffect,
  type BoshSession,
  bounds,
  type ExchangeId,
  type Held,
  isLive,
  type Queued,
} from './bosh-state.ts'

/** A response with nothing in it. */
export const emptyBody = renderBody({})

/** XEP-0124 §17.3: send it again. A client without `ver` knows no such thing and gets an empty response. */
export const errorBody = renderBody({ type: 'error' })

export function answer(exchange: ExchangeId, body: string, effects: BoshEffect[]) {
  effects.push({ kind: 'answer', exchange, status: 200, body, notFound: false })
}

/** Answers what is ripe: payload on the oldest request, the surplus empty, and in order of `rid` always (B-095). */
export function answerRipe(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  const { terms } = session
  if (session.wish === 'pause') return answerAll(session, nowMs, effects)
  if (terms.hold === 0) {
    tellWaiting(session, session.held.length > 0, effects)
    return answerAll(session, nowMs, effects)
  }
  while ((session.queue.length > 0 || session.report) && session.held.some(isLive) && !session.isOver)
    answerOldest(session, nowMs, effects)
  while (session.held.length > terms.hold && !session.isOver) answerOldest(session, nowMs, effects)
  tellWaiting(session, session.held.some(isLive), effects)
}

/** A polling session never waits for long: each of its requests is the connection, for its moment. */
function tellWaiting(session: BoshSession, isHolding: boolean, effects: BoshEffect[]) {
  if (isHolding && session.isFresh && !session.isOver) effects.push({ kind: 'waiting' })
}

/** B-093: nothing came within `wait`. */
export function answerDue(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  const isDue = (held: Held) => isLive(held) && held.dueMs <= nowMs
  while (session.held.some(isDue) && !session.isOver) answerOldest(session, nowMs, effects)
}

/** B-133, B-146. */
function answerAll(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  while (session.held.length > 0 && !session.isOver) answerOldest(session, nowMs, effects)
}

function answerOldest(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  const { terms, pace } = session
  const [request, ...others] = session.held
  if (!request) return
  session.held = others
  // B-134: never on a pause. B-107: never where nobody reads; the next request takes it.
  const queue = isLive(request) && !request.pause ? takeQueue(session) : []
  const payload = queue.map((stanza) => stanza.xml).join('')
  const attributes = { ...introduction(session), ...acknowledgement(session, request.rid, nowMs) }
  const body = payload === '' && Object.keys(attributes).length === 0 ? emptyBody : renderBody(attributes, payload)

  pace.prompts = payload !== '' || (terms.hold > 0 && nowMs < request.dueMs)
  session.answeredRid = request.rid
  const tokens = queue.length === 0 ? noTokens : queue.map(({ token }) => token).filter((token) => token !== 0)
  const { rid, key } = request
  const isKept = keep(session, { rid, body, sentMs: nowMs, tokens, key, duplicates: request.duplicates }, effects)
  if (request.exchange !== undefined) answer(request.exchange, body, effects)
  for (const token of tokens) effects.push({ kind: 'written', token })
  if (!session.held.some(isLive)) session.idleSinceMs = nowMs
  if (!isKept) conclude(session, { end: 'connection-closed', condition: 'policy-violation' }, effects)
}

/** What goes into one response: all that waits, or as much as one may carry. */
function takeQueue(session: BoshSession): Queued[] {
  const { queue } = session
  if (session.queueLength <= bounds.answerLength) {
    session.queue = []
    session.queueLength = 0
    return queue
  }
  let length = 0
  const isFull = ({ xml }: Queued, index: number) => {
    length += xml.length
    return index > 0 && length > bounds.answerLength
  }
  const end = queue.findIndex(isFull)
  const taken = queue.splice(0, end < 0 ? queue.length : end)
  session.queueLength -= taken.reduce((sum, { xml }) => sum + xml.length, 0)
  return taken
}

/** What only the first response says (XEP-0124 §7.2, XEP-0206 §4), whenever it is sent (B-074). */
function introduction(session: BoshSession) {
  if (!session.isNew) return {}
  session.isNew = false
  const { terms } = session
  return {
    sid: session.sid,
    wait: terms.waitMs / 1000,
    requests: terms.requests,
    hold: terms.hold,
    inactivity: terms.inactivityMs / 1000,
    polling: terms.pollingMs / 1000,
    maxpause: terms.maxPauseMs / 1000,
    ver: terms.version,
    from: terms.from,
    // Smack takes its stream's id from this (B-084).
    authid: session.streamId ?? session.sid,
    'xmpp:version': '1.0',
    'xmpp:restartlogic': 'true',
    ack: terms.acks ? session.lastRid : undefined,
  }
}

/** B-121, B-123; only with clients that acknowledge themselves (B-078). */
function acknowledgement(session: BoshSession, rid: number, nowMs: number) {
  if (!session.terms.acks) return {}
  const { report } = session
  session.report = undefined
  const ack = session.lastRid === rid ? {} : { ack: session.lastRid }
  if (!report) return ack
  return { ...ack, report: report.rid, time: Math.min(65_535, Math.round(nowMs - report.sentMs)) }
}
