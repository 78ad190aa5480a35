/** What happens to the device's side of a BOSH session: one event in, effects out. */
import { findChild, isElement, ns, textOf, type Xml } from '@fairlead/protocol/xmpp'
import { create, created, hear, sasl } from './bosh-login.ts'
import type { BoshSession, SessionEffect, SessionEnd, SessionEvent } from './bosh-session.ts'
import {
  answered,
  failed,
  isLive,
  mayPoll,
  pump,
  renew,
  renewalDueMs,
  repeatFailed,
  repeatLate,
  request,
  requestBeside,
  sent,
} from './bosh-window.ts'
import { pushOf, replyTo } from './stanzas.ts'

/** How long the relay may take to confirm the end. */
const closeMs = 3000

export function stepSession(session: BoshSession, event: SessionEvent, nowMs: number, effects: SessionEffect[]): void {
  if (session.phase === 'ended') return
  const end = happen(session, event, nowMs, effects)
  if (end) {
    finish(session, end, effects)
    return
  }
  if (session.repeatAtMs !== undefined && nowMs >= session.repeatAtMs) repeatFailed(session, effects)
  pump(session, nowMs, effects)
}

/** The next moment of interest to this session. */
export function sessionWakeMs(session: BoshSession): number | undefined {
  if (session.phase === 'ended') return undefined
  const pollAtMs = mayPoll(session) ? session.pollAtMs : undefined
  const moments = [session.repeatAtMs, pollAtMs, session.lateAtMs, session.closeByMs, renewalDueMs(session)]
  const due = moments.filter((moment) => moment !== undefined)
  return due.length === 0 ? undefined : Math.min(...due)
}

function happen(
  session: BoshSession,
  event: SessionEvent,
  nowMs: number,
  effects: SessionEffect[],
): SessionEnd | undefined {
  switch (event.kind) {
    case 'open':
      create(session, effects)
      return undefined
    case 'sent':
      sent(session, event.exchange, nowMs, effects)
      return undefined
    case 'answer':
      return takeAnswer(session, event.exchange, event.body, nowMs, effects)
    case 'failed':
      if (!failed(session, event.exchange, event.trouble, nowMs, effects)) return undefined
      return session.phase === 'closing' ? { why: 'closed' } : { why: 'unreachable', trouble: event.trouble }
    case 'sasl':
      return sasl(session, event.says, effects)
    case 'say':
      session.outbox.push(event.stanza)
      return undefined
    case 'renew':
      renew(session, effects)
      return undefined
    case 'resume':
      resume(session, nowMs)
      return undefined
    case 'close':
      return close(session, event.farewell, nowMs, effects)
    case 'time':
      return passTime(session, nowMs, effects)
  }
}

function takeAnswer(
  session: BoshSession,
  exchange: number,
  body: Xml,
  nowMs: number,
  effects: SessionEffect[],
): SessionEnd | undefined {
  if (!session.outstanding.some((waiting) => waiting.exchange === exchange)) return undefined
  const type = body.attributes.get('type')
  // §17.3: the relay asks for the same request again.
  if (type === 'error') {
    const trouble = { kind: 'other', detail: 'the relay asked for a repetition' } as const
    return failed(session, exchange, trouble, nowMs, effects) ? { why: 'unreachable', trouble } : undefined
  }
  if (type === 'terminate') {
    if (isLive(session)) for (const element of body.children.filter(isElement)) receive(session, element, effects)
    return readEnd(session, body)
  }
  for (const answer of answered(session, exchange, body, nowMs, effects)) {
    const end = takePayload(session, answer, effects)
    if (end) return end
  }
  return session.phase === 'closing' && session.outstanding.length === 0 ? { why: 'closed' } : undefined
}

function takePayload(session: BoshSession, answer: Xml, effects: SessionEffect[]): SessionEnd | undefined {
  if (session.phase === 'creating') created(session, answer)
  for (const element of answer.children.filter(isElement)) {
    const end = isLive(session) ? receive(session, element, effects) : hear(session, element, effects)
    if (end) return end
  }
  return undefined
}

function receive(session: BoshSession, element: Xml, effects: SessionEffect[]): SessionEnd | undefined {
  if (element.name === 'error' && element.ns === ns.stream) return readStreamError(element)
  if (element.ns !== ns.client) return undefined
  const push = pushOf(element, session.domain)
  if (push) effects.push({ kind: 'push', ...push })
  const reply = push ? undefined : replyTo(element)
  // In place of the next poll: no request of its own.
  if (reply) session.outbox.push(reply)
  return undefined
}

/** Source: XEP-0124 §17.2. */
function readEnd(session: BoshSession, body: Xml): SessionEnd {
  if (session.phase === 'closing') return { why: 'closed' }
  const error = findChild(body, 'error', ns.stream)
  if (error) return readStreamError(error)
  const condition = body.attributes.get('condition') ?? 'terminated'
  if (condition === 'item-not-found' || condition === 'other-request') return { why: 'not-found' }
  if (condition === 'system-shutdown') return { why: 'shutdown' }
  const uri = findChild(body, 'uri', ns.body)
  if (condition === 'see-other-uri' && uri) return { why: 'moved', uri: textOf(uri).trim() }
  return { why: 'refused', condition }
}

/** Source: RFC 6120 §4.9.3. */
function readStreamError(error: Xml): SessionEnd {
  const condition = error.children.filter(isElement).find((child) => child.ns === ns.streamErrors)?.name
  if (condition === 'conflict') return { why: 'conflict' }
  if (condition === 'system-shutdown') return { why: 'shutdown' }
  if (condition === 'not-authorized') return { why: 'unauthorized' }
  if (condition === 'connection-timeout' || condition === 'reset') return { why: 'not-found' }
  return { why: 'refused', condition: condition ?? 'remote-stream-error' }
}

function close(session: BoshSession, farewell: Xml, nowMs: number, effects: SessionEffect[]): SessionEnd | undefined {
  if (session.phase === 'closing') return undefined
  if (session.phase !== 'bound') return { why: 'closed' }
  session.phase = 'closing'
  session.closeByMs = nowMs + closeMs
  request(session, { type: 'terminate' }, [...session.outbox.splice(0), farewell], effects)
  return undefined
}

function resume(session: BoshSession, nowMs: number): void {
  for (const entry of session.outstanding) entry.exchange = undefined
  session.repeatAtMs = nowMs
  if (session.closeByMs !== undefined) session.closeByMs = nowMs + closeMs
}

function passTime(session: BoshSession, nowMs: number, effects: SessionEffect[]): SessionEnd | undefined {
  if (session.closeByMs !== undefined && nowMs >= session.closeByMs) return { why: 'closed' }
  if (session.lateAtMs !== undefined && nowMs >= session.lateAtMs) repeatLate(session, nowMs, effects)
  const renewalMs = renewalDueMs(session)
  if (renewalMs !== undefined && nowMs >= renewalMs) requestBeside(session, effects)
  return undefined
}

function finish(session: BoshSession, end: SessionEnd, effects: SessionEffect[]): void {
  session.phase = 'ended'
  session.connected = false
  for (const entry of session.outstanding)
    if (entry.exchange !== undefined) effects.push({ kind: 'abort', exchange: entry.exchange })
  session.outstanding.length = 0
  effects.push({ kind: 'ended', end })
}
