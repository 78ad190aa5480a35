/**
 * The life of an XMPP stream on WebSocket: frames, silence, loss and resumption.
 *
 *     open --<close/>, error--> closing --> over
 *     open --socket gone, resumable--> lost --back in time--> open
 *                                           --too late--> over
 *
 * Source: RFC 7395 §3, XEP-0198.
 */
import { type Frame, isIqAnswer, isStanza, ns, renderClose, renderOpen } from '@fairlead/protocol/xmpp'
import {
  countHandled,
  forgetUnsent,
  hasRoomFor,
  type Management,
  remember,
  type Sent,
  smFailed,
  takeAnswer,
} from './stream-management.ts'
import { close, endWith, finish, write } from './websocket-ending.ts'
import { askForAcknowledgement, resume, takeKept, takeManagement } from './websocket-management.ts'
import { askToBeWoken, hear, lookAtClock, lose } from './websocket-silence.ts'
import {
  grantAnswer,
  rememberUnmanaged,
  takeAllowance,
  type WebSocketEffect,
  type WebSocketEvent,
  type WebSocketState,
} from './websocket-state.ts'

export function step(state: WebSocketState, event: WebSocketEvent, nowMs: number, effects: WebSocketEffect[]): void {
  if (state.phase === 'over') return
  handle(state, event, nowMs, effects)
  askToBeWoken(state, effects)
}

function handle(state: WebSocketState, event: WebSocketEvent, nowMs: number, effects: WebSocketEffect[]): void {
  switch (event.kind) {
    case 'frame':
      hear(state, nowMs, effects)
      takeFrame(state, event.frame, nowMs, effects)
      break
    case 'unreadable':
      hear(state, nowMs, effects)
      endWith(state, event.condition, event.text, 'terminated', nowMs, effects)
      break
    case 'binary':
      // RFC 7395 §3.2: text only.
      effects.push({ kind: 'close', code: 1003 })
      finish(state, 'terminated', effects)
      break
    case 'sign-of-life':
      hear(state, nowMs, effects)
      break
    case 'lost':
      lose(state, 'connection-closed', nowMs, effects)
      break
    case 'broken':
      finish(state, 'connection-closed', effects)
      break
    case 'header':
      if (state.phase !== 'open') break
      state.headerSent = true
      effects.push({ kind: 'write', text: renderOpen(event.header) })
      break
    case 'send':
      send(state, event, nowMs, effects)
      break
    case 'withdraw':
      if (state.management) forgetUnsent(state.management, event.token)
      break
    case 'end':
      endWith(state, event.condition, event.text, 'ended-by-us', nowMs, effects)
      break
    case 'redirect':
      close(state, event.uri, 'ended-by-us', nowMs, effects)
      break
    case 'bound':
      if (state.phase !== 'open') break
      state.isBound = true
      state.resumable = event.resumable
      effects.push({ kind: 'waiting' })
      break
    case 'keep-until':
      state.keepUntilMs = event.atMs
      break
    case 'resumed':
      resume(state, event.h, nowMs, effects)
      break
    case 'resume-refused':
      if (state.phase === 'open') write(smFailed(event.refusal, event.handled), effects)
      break
    case 'kept':
      takeKept(state, event.handled, effects)
      break
    case 'abandoned':
      state.phase = 'over'
      break
    case 'time':
      state.wakeAtMs = Number.POSITIVE_INFINITY
      lookAtClock(state, nowMs, effects)
      break
  }
}

// --- Frames ---

function takeFrame(state: WebSocketState, frame: Frame, nowMs: number, effects: WebSocketEffect[]): void {
  if (frame.kind === 'close') {
    takeClose(state, effects)
  } else if (state.phase !== 'open') {
    // What comes after our <close/> is not read any more (RFC 7395 §3.6).
  } else if (!takeAllowance(state, nowMs)) {
    endWith(state, 'policy-violation', 'Too many messages.', 'terminated', nowMs, effects)
  } else if (frame.kind === 'open') {
    effects.push({ kind: 'open', header: frame })
  } else if (!state.headerSent) {
    endWith(state, 'bad-format', 'A stream begins with <open/>.', 'terminated', nowMs, effects)
  } else if (frame.element.ns === ns.sm) {
    takeManagement(state, frame.element, nowMs, effects)
  } else {
    effects.push({ kind: 'receive', element: frame.element })
    if (state.management && isStanza(frame.element)) countHandled(state.management)
    if (state.management && isIqAnswer(frame.element)) takeAnswer(state.management, frame.element)
    // An answer: what it answers is handled by now.
    askForAcknowledgement(state, effects)
  }
}

/** RFC 7395 §3.6: a `<close/>` is answered by one, then the socket is closed. */
function takeClose(state: WebSocketState, effects: WebSocketEffect[]): void {
  if (state.phase === 'open' && state.headerSent) effects.push({ kind: 'write', text: renderClose() })
  effects.push({ kind: 'close', code: 1000 })
  finish(state, 'terminated', effects)
}

type Send = Extract<WebSocketEvent, { kind: 'send' }>

function send(state: WebSocketState, { xml, token, isGone }: Send, nowMs: number, effects: WebSocketEffect[]): void {
  const { management } = state
  if (token !== 0) grantAnswer(state)
  if (state.phase === 'open' && isGone) {
    // Where nobody can come back, the loss is the end.
    if (management?.id === undefined && token !== 0) state.stranded.push(token)
    lose(state, 'connection-closed', nowMs, effects)
  }
  if (!management) sendUnmanaged(state, xml, token, effects)
  else sendManaged(state, management, { xml, token }, nowMs, effects)
}

function sendUnmanaged(state: WebSocketState, xml: string, token: number, effects: WebSocketEffect[]): void {
  if (state.phase !== 'open') return
  effects.push({ kind: 'write', text: xml })
  if (/^<(?:iq|message|presence)\b/.test(xml)) state.sentUnmanaged++
  if (token === 0) return
  rememberUnmanaged(state, token)
  effects.push({ kind: 'written', token })
}

function sendManaged(
  state: WebSocketState,
  management: Management,
  sent: Sent,
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  if (state.phase !== 'open' && state.phase !== 'lost') return
  if (!hasRoomFor(management, sent)) {
    remember(management, sent, false)
    endWith(state, 'policy-violation', 'Too much is not acknowledged.', 'terminated', nowMs, effects)
    return
  }
  remember(management, sent, state.phase === 'open')
  if (state.phase === 'lost') return
  effects.push({ kind: 'write', text: sent.xml })
  if (sent.token !== 0) effects.push({ kind: 'written', token: sent.token })
  askForAcknowledgement(state, effects)
}
