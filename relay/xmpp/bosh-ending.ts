/** How a session ends: what each open request is told, and what became of the pushes. Source: XEP-0124 §13, §17. */
import { type BoshCondition, ns, renderBody, renderXml, xml } from '@fairlead/protocol/xmpp'
import { unknownTokens } from './bosh-kept.ts'
import { type BoshEffect, type BoshSession, type ExchangeId, isLive, noEarly } from './bosh-state.ts'
import type { LineEnd, StreamCondition } from './carrier.ts'

export interface Ending {
  end: LineEnd
  /** undefined: the client asked for it. */
  condition?: BoshCondition
  /** The last words, rendered: a stream error. */
  payload?: string
}

/** XEP-0124 §17.1: what a client without `ver` is told instead; the others get 200 whatever happens (B-011). */
const legacyStatus: Partial<Record<BoshCondition, number>> = {
  'bad-request': 400,
  'policy-violation': 403,
  'item-not-found': 404,
}

export function statusOf(condition: BoshCondition, isLegacy: boolean): number {
  return (isLegacy && legacyStatus[condition]) || 200
}

/** Ends the session because of one request; the others learn that it was not theirs (B-100). */
export function refuse(
  session: BoshSession,
  exchange: ExchangeId | undefined,
  condition: BoshCondition,
  effects: BoshEffect[],
) {
  if (exchange !== undefined) {
    const body = renderBody({ type: 'terminate', condition })
    const status = statusOf(condition, session.terms.legacy)
    effects.push({ kind: 'answer', exchange, status, body, notFound: condition === 'item-not-found' })
  }
  for (const open of openExchanges(session)) {
    if (open === exchange) continue
    const body = renderBody({ type: 'terminate', condition: 'other-request' })
    effects.push({ kind: 'answer', exchange: open, status: 200, body, notFound: false })
  }
  close(session, { end: 'connection-closed', condition }, effects)
}

/** Ends the session and tells every open request. */
export function conclude(session: BoshSession, ending: Ending, effects: BoshEffect[]) {
  const { condition } = ending
  // A push is never put into the last words: what did not leave can be sent again, on another session.
  const words = session.queue.filter((stanza) => stanza.token === 0).map((stanza) => stanza.xml)
  let body = renderBody({ type: 'terminate', condition }, words.join('') + (ending.payload ?? ''))
  for (const exchange of openExchanges(session)) {
    effects.push({ kind: 'answer', exchange, status: 200, body, notFound: false })
    // B-151: a termination that was asked for is confirmed once, on the oldest.
    body = condition === undefined ? renderBody({}) : renderBody({ type: 'terminate', condition }, ending.payload)
  }
  close(session, ending, effects)
}

/** B-161, B-162: the stream's own reason, in XMPP's words. */
export function endStream(
  session: BoshSession,
  condition: StreamCondition,
  text: string | undefined,
  effects: BoshEffect[],
) {
  if (condition === 'system-shutdown') return conclude(session, { end: 'ended-by-us', condition }, effects)
  const words = text === undefined ? [] : [xml('text', ns.streamErrors, {}, text)]
  const error = xml('error', ns.stream, {}, xml(condition, ns.streamErrors), ...words)
  conclude(session, { end: 'ended-by-us', condition: 'remote-stream-error', payload: renderXml(error) }, effects)
}

/** In order of `rid`. */
function openExchanges(session: BoshSession): ExchangeId[] {
  const early = [...session.early].sort(([one], [other]) => one - other).map(([, request]) => request.exchange)
  const held = session.held.filter(isLive).map((request) => request.exchange)
  return [...held, ...early].filter((exchange) => exchange !== undefined)
}

function close(session: BoshSession, { end, condition }: Ending, effects: BoshEffect[]) {
  session.isOver = true
  const unsent = session.queue.map((stanza) => stanza.token).filter((token) => token !== 0)
  const unknown = unknownTokens(session)
  session.held = []
  session.kept = []
  session.queue = []
  session.early = noEarly
  effects.push({ kind: 'ended', end, condition, unsent, unknown })
}
