/** What silence on a WebSocket means, and how long a stream outlives its socket. */
import { endWith, finish } from './websocket-ending.ts'
import type { WebSocketEffect, WebSocketState } from './websocket-state.ts'

export function hear(state: WebSocketState, nowMs: number, effects: WebSocketEffect[]): void {
  state.heardAtMs = nowMs
  state.pingedAtMs = undefined
  if (state.isBound && state.phase === 'open') effects.push({ kind: 'alive' })
}

export function lose(
  state: WebSocketState,
  by: 'connection-closed' | 'inactivity',
  nowMs: number,
  effects: WebSocketEffect[],
): void {
  if (state.phase === 'lost') return
  if (state.phase === 'open' && state.management?.id !== undefined) {
    state.phase = 'lost'
    state.lostBy = by
    state.deadlineMs = nowMs + state.management.resumeMs
  } else {
    finish(state, by, effects)
  }
}

/** The next moment at which silence means something. */
function dueMs(state: WebSocketState): number {
  if (state.phase === 'over') return Number.POSITIVE_INFINITY
  if (state.phase === 'closing') return state.deadlineMs
  // A push that may still be answered keeps the stream, silent or lost (contract part 4).
  if (state.phase === 'lost') return Math.max(state.deadlineMs, state.keepUntilMs)
  const { pingMs, pongMs } = state.settings
  const silenceMs =
    state.pingedAtMs === undefined ? state.heardAtMs + pingMs : Math.max(state.pingedAtMs + pongMs, state.keepUntilMs)
  return state.isBound ? silenceMs : Math.min(silenceMs, state.deadlineMs)
}

export function lookAtClock(state: WebSocketState, nowMs: number, effects: WebSocketEffect[]): void {
  if (dueMs(state) > nowMs) return
  if (state.phase === 'closing') {
    effects.push({ kind: 'close', code: 1000 })
    finish(state, 'ended-by-us', effects)
  } else if (state.phase === 'lost') {
    finish(state, state.lostBy, effects)
  } else if (!state.isBound && state.deadlineMs <= nowMs) {
    endWith(state, 'connection-timeout', 'Nobody logged in.', 'terminated', nowMs, effects)
  } else if (state.pingedAtMs === undefined) {
    state.pingedAtMs = nowMs
    effects.push({ kind: 'ping' })
  } else {
    effects.push({ kind: 'drop' })
    lose(state, 'inactivity', nowMs, effects)
  }
}

/** Asked for only when it is earlier than what was asked before: most frames move nothing. */
export function askToBeWoken(state: WebSocketState, effects: WebSocketEffect[]): void {
  const atMs = dueMs(state)
  if (atMs >= state.wakeAtMs) return
  state.wakeAtMs = atMs
  effects.push({ kind: 'wake', atMs })
}
