/** Stream management on a WebSocket: enabled, asked for, acknowledged, resumed. Source: XEP-0198. */
import type { Xml } from '@fairlead/protocol/xmpp'
import {
  acknowledge,
  createManagement,
  handledCountTooHigh,
  hasReached,
  type Management,
  readCount,
  resumeMsOf,
  sendAll,
  smAnswer,
  smEnabled,
  smFailed,
  smRequest,
  smResumed,
  tokensOf,
  wantsResumption,
} from './stream-management.ts'
import { endStream, endWith, write } from './websocket-ending.ts'
import { hear } from './websocket-silence.ts'
import type { WebSocketEffect, WebSocketState } from './websocket-state.ts'

/** What is open may grow so long before it is asked after, if there is no push in it. */
const manyUnacknowledged = 16

/** A push is asked after at once; the answers to a device's own questions only when they are many. */
export function askForAcknowledgement({ management }: WebSocketState, effects: WebSocketEffect[]): void {
  if (!management || management.asked) return
  const { unacknowledged } = management
  if (tokensOf(unacknowledged).length === 0 && unacknowledged.length < manyUnacknowledged) return
  management.asked = true
  write(smRequest, effects)
}

export function takeManagement(state: WebSocketState, element: Xml, nowMs: number, effects: WebSocketEffect[]): void {
  if (element.name === 'enable') enable(state, element, nowMs, effects)
  else if (element.name === 'resume') askToResume(state, element, effects)
  else if (element.name === 'r' && state.management) answerCount(state.management, effects)
  else if (element.name === 'a' && state.management)
    takeAcknowledgement(state, state.management, element, nowMs, effects)
  else if (element.name !== 'a') write(smFailed('unexpected-request'), effects)
}

function enable(state: WebSocketState, element: Xml, nowMs: number, effects: WebSocketEffect[]): void {
  if (!state.isBound) {
    write(smFailed('unexpected-request'), effects)
  } else if (state.management) {
    endWith(state, 'policy-violation', 'The stream is managed already.', 'terminated', nowMs, effects)
  } else {
    const { settings } = state
    const id =
      state.resumable && wantsResumption(element) ? (settings.newSmId?.() ?? settings.random.token(18)) : undefined
    state.management = createManagement(id, resumeMsOf(element, settings.resumeMs), state.sentUnmanaged)
    if (id !== undefined) effects.push({ kind: 'resumable', id })
    write(smEnabled(state.management), effects)
  }
}

/** Whoever can come back forgets what it is told of: that is written down first, so that it is known after a crash as well. */
function answerCount(management: Management, effects: WebSocketEffect[]): void {
  const { id, handled, kept } = management
  if (id === undefined || handled === kept) {
    write(smAnswer(handled), effects)
  } else {
    management.owedFor = handled
    effects.push({ kind: 'keep' })
  }
}

/** @param handled as it is on disk; undefined: it cannot be written right now, and the device is told of what could */
export function takeKept(state: WebSocketState, handled: number | undefined, effects: WebSocketEffect[]): void {
  const { management } = state
  if (!management) return
  if (handled !== undefined) management.kept = handled
  const { kept, owedFor } = management
  if (owedFor === undefined || state.phase !== 'open') return
  write(smAnswer(kept), effects)
  if (handled === undefined || hasReached(kept, owedFor)) management.owedFor = undefined
}

function askToResume(state: WebSocketState, element: Xml, effects: WebSocketEffect[]): void {
  const previd = element.attributes.get('previd')
  const h = readCount(element)
  if (state.isBound) write(smFailed('unexpected-request'), effects)
  else if (!previd || h === undefined) write(smFailed('bad-request'), effects)
  else effects.push({ kind: 'resume', previd, h })
}

/** @returns how many stanzas the device has handled by now that it had not before; undefined: the stream is over */
function takeHandled(
  state: WebSocketState,
  management: Management,
  h: number,
  nowMs: number,
  effects: WebSocketEffect[],
): number | undefined {
  const handled = acknowledge(management, h)
  if (!handled) {
    endStream(state, handledCountTooHigh(management, h), 'terminated', nowMs, effects)
    return undefined
  }
  for (const token of tokensOf(handled)) effects.push({ kind: 'acknowledged', token })
  return handled.length
}

function takeAcknowledgement(
  state: WebSocketState,
  management: Management,
  element: Xml,
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  const h = readCount(element)
  if (h === undefined) {
    endWith(state, 'bad-format', 'An <a/> needs its count.', 'terminated', nowMs, effects)
    return
  }
  // Asked again only if it got further: a device that is still at work would be asked without end.
  if (takeHandled(state, management, h, nowMs, effects)) askForAcknowledgement(state, effects)
}

/** The socket is another one from here on; on the old one nothing is sent any more. */
export function resume(state: WebSocketState, h: number, nowMs: number, effects: WebSocketEffect[]): void {
  const { management } = state
  if (!management || (state.phase !== 'open' && state.phase !== 'lost')) return
  state.phase = 'open'
  // That was asked on the old socket.
  management.owedFor = undefined
  if (takeHandled(state, management, h, nowMs, effects) === undefined) return
  write(smResumed(management), effects)
  // It forgets those now.
  if (management.handled !== management.kept) effects.push({ kind: 'keep' })
  const { again, first, answered } = sendAll(management)
  for (const token of tokensOf(answered)) effects.push({ kind: 'acknowledged', token })
  for (const sent of again) effects.push({ kind: 'write', text: sent.xml })
  for (const sent of first) {
    effects.push({ kind: 'write', text: sent.xml })
    if (sent.token !== 0) effects.push({ kind: 'written', token: sent.token })
  }
  askForAcknowledgement(state, effects)
  hear(state, nowMs, effects)
  effects.push({ kind: 'waiting' })
}
