/**
 * A BOSH session as a machine: requests, pushes and time go in; answers, stanzas and outcomes come out.
 *
 * Source: XEP-0124 §8 to §17. A turn is one or more events and a `turn-over` after them. Between turns
 *
 * - at most `hold` requests are held; the queue is empty or nothing is held that could take it;
 * - `lastRid` was processed, and everything below it, each once and in order;
 * - every push is in exactly one place: queued (not sent yet), kept (left, not acknowledged), or reported.
 */
import { answerRipe } from './bosh-answers.ts'
import { conclude, endStream } from './bosh-ending.ts'
import { grantAnswer } from './bosh-pace.ts'
import { type BoshEffect, type BoshEvent, type BoshSession, bounds, isLive } from './bosh-state.ts'
import { askForTime, takeTime } from './bosh-timers.ts'
import { takeRequest } from './bosh-window.ts'

/**
 * Takes one event; the session is changed in place. A session that is over takes nothing more.
 *
 * @param nowMs of a clock that never goes back
 * @param effects what comes of it is added here, in the order in which it must be done
 */
export function step(session: BoshSession, event: BoshEvent, nowMs: number, effects: BoshEffect[]) {
  if (session.isOver) return
  switch (event.kind) {
    case 'request':
      return takeRequest(session, event, nowMs, effects)
    case 'exchange-closed':
      return forget(session, event.exchange, nowMs)
    case 'opened':
      session.streamId = event.id
      return
    case 'logged-in':
      session.logIn = undefined
      return
    case 'send':
      return enqueue(session, event.xml, event.token, effects)
    case 'withdraw':
      return takeBack(session, event.token)
    case 'end':
      return endStream(session, event.condition, event.text, effects)
    case 'broken':
      return conclude(session, { end: 'ended-by-us', condition: 'internal-server-error' }, effects)
    case 'keep':
      // No longer: the device was heard beside the session, after a silence that was allowed.
      if (event.untilMs <= nowMs) session.idleSinceMs = nowMs
      session.keepUntilMs = event.untilMs
      return
    case 'turn-over':
      return endTurn(session, nowMs, effects)
    case 'time':
      // What had been asked for is spent; the end of this turn asks anew.
      session.wakeMs = undefined
      return takeTime(session, nowMs, effects)
  }
}

function endTurn(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  if (session.wish === 'terminate') return conclude(session, { end: 'terminated' }, effects)
  answerRipe(session, nowMs, effects)
  session.wish = undefined
  session.isFresh = false
  askForTime(session, effects)
}

/** B-107, B-108: a lost connection loses nothing; silence starts when it was the last one. */
function forget(session: BoshSession, exchange: number, nowMs: number) {
  for (const early of session.early.values()) if (early.exchange === exchange) early.exchange = undefined
  const held = session.held.find((request) => request.exchange === exchange)
  if (!held) return
  held.exchange = undefined
  if (!session.held.some(isLive)) session.idleSinceMs = nowMs
}

function takeBack(session: BoshSession, token: number) {
  const index = token === 0 ? -1 : session.queue.findIndex((stanza) => stanza.token === token)
  const [stanza] = index < 0 ? [] : session.queue.splice(index, 1)
  if (stanza) session.queueLength -= stanza.xml.length
}

function enqueue(session: BoshSession, xml: string, token: number, effects: BoshEffect[]) {
  session.queue.push({ xml, token })
  session.queueLength += xml.length
  if (token !== 0) grantAnswer(session)
  const longest = session.logIn ? bounds.strangersQueuedLength : bounds.queuedLength
  if (session.queue.length > bounds.queuedStanzas || session.queueLength > longest)
    conclude(session, { end: 'ended-by-us', condition: 'policy-violation' }, effects)
}
