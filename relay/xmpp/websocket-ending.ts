/** How a WebSocket stream ends: with an error or without, told to the device and, once, to the stream. */
import { renderClose, renderOpen, renderXml, streamErrorOf, type Xml } from '@fairlead/protocol/xmpp'
import type { LineEnd } from './carrier.ts'
import { tokensOf } from './stream-management.ts'
import type { WebSocketCondition, WebSocketEffect, WebSocketState } from './websocket-state.ts'

export function write(element: Xml, effects: WebSocketEffect[]): void {
  effects.push({ kind: 'write', text: renderXml(element) })
}

export function endWith(
  state: WebSocketState,
  condition: WebSocketCondition,
  text: string | undefined,
  end: LineEnd,
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  endStream(state, streamErrorOf(condition, text), end, nowMs, effects)
}

export function endStream(
  state: WebSocketState,
  error: Xml,
  end: LineEnd,
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  if (state.phase === 'open') {
    openForError(state, effects)
    write(error, effects)
  }
  close(state, undefined, end, nowMs, effects)
}

/** An error belongs to a stream, so one is opened for it if need be (RFC 6120 §4.9.1.2). */
function openForError(state: WebSocketState, effects: WebSocketEffect[]): void {
  if (state.headerSent) return
  state.headerSent = true
  const { domain, random } = state.settings
  effects.push({ kind: 'write', text: renderOpen({ from: domain, id: random.token(16), lang: 'en' }) })
}

export function close(
  state: WebSocketState,
  seeOther: string | undefined,
  end: LineEnd,
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  if (state.phase === 'lost') finish(state, end, effects)
  if (state.phase !== 'open') return
  if (state.headerSent || seeOther) effects.push({ kind: 'write', text: renderClose(seeOther) })
  finish(state, end, effects)
  state.phase = 'closing'
  state.deadlineMs = nowMs + state.settings.closeMs
}

/** Tells the end, once; the socket may still be closing. */
export function finish(state: WebSocketState, end: LineEnd, effects: WebSocketEffect[]): void {
  const told = state.phase === 'closing'
  state.phase = 'over'
  if (told) return
  const { management, unmanaged, stranded } = state
  const unsent = [...stranded, ...(management ? tokensOf(management.unsent) : [])]
  const unknown = [...unmanaged, ...(management ? tokensOf(management.unacknowledged) : [])]
  effects.push({ kind: 'ended', end, unsent, unknown })
}
