/** What becomes of the requests for one device: a pure machine that gives each exactly one truthful outcome. */

/** How many may be with the device, and how many may wait behind them (contract part 3). */
export const inFlightLimit = 8
export const waitingLimit = 32

/** How long an answer over HTTP may still come after the session that carried the push ended. */
const graceMs = 5_000

export interface Pending {
  readonly id: string
  /** What the line reports about the push; unique for the life of the relay. */
  readonly token: number
  readonly deadlineMs: number
  /** It may wait on disk while the device is away. */
  readonly isDeferrable: boolean
  /** `waiting`: with us. `handed`: in the line's queue. `written`: it left. `lost`: it left, and its session has ended. */
  state: 'waiting' | 'handed' | 'written' | 'lost'
  /** For `lost`: when to give up; undefined until the device is back or gone. */
  graceUntilMs: number | undefined
}

export interface Queue {
  /** The connection of the line that stands has arrived (A4). A push before it would ride on the answer to bind, where stock clients do not look. */
  connected: boolean
  /** In order of acceptance: pushes leave in this order. */
  readonly pending: Map<string, Pending>
}

export type Settlement =
  | { outcome: 'not-sent'; code: 'device-offline' | 'device-timeout' | 'withdrawn' | 'unknown-device' }
  | { outcome: 'unknown'; code: 'device-timeout' | 'connection-lost' }

export type QueueEvent =
  | { kind: 'accept'; id: string; token: number; deadlineMs: number; isDeferrable: boolean }
  | { kind: 'connected' }
  | { kind: 'offline'; removed?: boolean }
  /** The line ended or gave way: what it still has in its queue is taken back from it. */
  | { kind: 'line-ended' }
  /** The device is about to go to another node: what can wait for it on disk goes there now. */
  | { kind: 'held' }
  /** The device is at another node now: what has not left goes there, and what has left has its grace. */
  | { kind: 'moved' }
  | { kind: 'written'; token: number }
  /** The device answered: whatever state the push is in, this is the end of it. */
  | { kind: 'answered'; id: string }
  /** The service hung up. */
  | { kind: 'withdraw'; id: string }
  | { kind: 'time' }

export type QueueEffect =
  | { kind: 'hand'; id: string; token: number }
  | { kind: 'take-back'; token: number }
  | { kind: 'settle'; id: string; settlement: Settlement }
  /** Back to disk until the device comes back. */
  | { kind: 'defer'; id: string }
  /** To the node where the device is now. */
  | { kind: 'forward'; id: string }
  | { kind: 'wake'; atMs: number }

export function newQueue(): Queue {
  return { connected: false, pending: new Map() }
}

/** Asked before `accept`: one more than 8 in flight and 32 waiting is too many. */
export function isFull(queue: Queue): boolean {
  return queue.pending.size >= inFlightLimit + waitingLimit
}

/** What is accepted now leaves now, as soon as there is a connection: nothing would wait before it. */
export function hasRoom(queue: Queue): boolean {
  return [...queue.pending.values()].filter(({ state }) => state !== 'lost').length < inFlightLimit
}

/** Source: A8–A11; `safety.md` 6.1, 6.4, 6.5. */
export function step(queue: Queue, event: QueueEvent, nowMs: number, effects: QueueEffect[]): void {
  switch (event.kind) {
    case 'accept':
      queue.pending.set(event.id, {
        id: event.id,
        token: event.token,
        deadlineMs: event.deadlineMs,
        isDeferrable: event.isDeferrable,
        state: 'waiting',
        graceUntilMs: undefined,
      })
      effects.push({ kind: 'wake', atMs: event.deadlineMs })
      break
    case 'connected':
      queue.connected = true
      startGrace(queue, nowMs, effects)
      break
    case 'offline':
      queue.connected = false
      startGrace(queue, nowMs, effects)
      sendAway(queue, event.removed === true, effects)
      break
    case 'held':
      putBack(queue, effects)
      return
    case 'moved':
      queue.connected = false
      startGrace(queue, nowMs, effects)
      putBack(queue, effects)
      moveOn(queue, effects)
      return
    case 'line-ended':
      // Whose time was over before the line ended has timed out, whichever timer rings first.
      expire(queue, nowMs, effects)
      queue.connected = false
      endLine(queue, effects)
      return
    case 'written':
      markWritten(queue, event.token)
      return
    case 'answered':
      takeBack(queue, event.id, effects)
      queue.pending.delete(event.id)
      break
    case 'withdraw':
      withdraw(queue, event.id, effects)
      break
    case 'time':
      expire(queue, nowMs, effects)
      break
  }
  handOver(queue, effects)
}

function startGrace(queue: Queue, nowMs: number, effects: QueueEffect[]): void {
  for (const pending of queue.pending.values()) {
    if (pending.state !== 'lost' || pending.graceUntilMs !== undefined) continue
    pending.graceUntilMs = nowMs + graceMs
    effects.push({ kind: 'wake', atMs: pending.graceUntilMs })
  }
}

/** OFFLINE: what never left is told so at once; what left keeps its grace. */
function sendAway(queue: Queue, removed: boolean, effects: QueueEffect[]): void {
  for (const pending of queue.pending.values()) {
    if (pending.state === 'written' || pending.state === 'lost') continue
    queue.pending.delete(pending.id)
    if (pending.state === 'handed') effects.push({ kind: 'take-back', token: pending.token })
    if (pending.isDeferrable && !removed) effects.push({ kind: 'defer', id: pending.id })
    else
      effects.push({
        kind: 'settle',
        id: pending.id,
        settlement: { outcome: 'not-sent', code: removed ? 'unknown-device' : 'device-offline' },
      })
  }
}

function putBack(queue: Queue, effects: QueueEffect[]): void {
  for (const { id, state, isDeferrable } of queue.pending.values()) {
    if (state !== 'waiting' || !isDeferrable) continue
    queue.pending.delete(id)
    effects.push({ kind: 'defer', id })
  }
}

function moveOn(queue: Queue, effects: QueueEffect[]): void {
  for (const { id, state } of queue.pending.values()) {
    if (state !== 'waiting') continue
    queue.pending.delete(id)
    effects.push({ kind: 'forward', id })
  }
}

function endLine(queue: Queue, effects: QueueEffect[]): void {
  for (const pending of queue.pending.values()) {
    if (pending.state === 'written') pending.state = 'lost'
    if (pending.state !== 'handed') continue
    pending.state = 'waiting'
    effects.push({ kind: 'take-back', token: pending.token })
  }
}

function markWritten(queue: Queue, token: number): void {
  for (const pending of queue.pending.values())
    if (pending.token === token && pending.state === 'handed') pending.state = 'written'
}

function takeBack(queue: Queue, id: string, effects: QueueEffect[]): void {
  const pending = queue.pending.get(id)
  if (pending?.state === 'handed') effects.push({ kind: 'take-back', token: pending.token })
}

/** What has not left is withdrawn; what has left goes on, and its answer is kept for whoever asks by ID. */
function withdraw(queue: Queue, id: string, effects: QueueEffect[]): void {
  const pending = queue.pending.get(id)
  if (!pending || pending.state === 'written' || pending.state === 'lost') return
  takeBack(queue, id, effects)
  queue.pending.delete(id)
  effects.push({ kind: 'settle', id, settlement: { outcome: 'not-sent', code: 'withdrawn' } })
}

function expire(queue: Queue, nowMs: number, effects: QueueEffect[]): void {
  let nextMs = Number.POSITIVE_INFINITY
  for (const pending of queue.pending.values()) {
    const dueMs = Math.min(pending.deadlineMs, pending.graceUntilMs ?? Number.POSITIVE_INFINITY)
    if (dueMs > nowMs) {
      nextMs = Math.min(nextMs, dueMs)
      continue
    }
    takeBack(queue, pending.id, effects)
    queue.pending.delete(pending.id)
    effects.push({ kind: 'settle', id: pending.id, settlement: settlementOf(pending) })
  }
  if (nextMs < Number.POSITIVE_INFINITY) effects.push({ kind: 'wake', atMs: nextMs })
}

function settlementOf(pending: Pending): Settlement {
  if (pending.state === 'lost') return { outcome: 'unknown', code: 'connection-lost' }
  return { outcome: pending.state === 'written' ? 'unknown' : 'not-sent', code: 'device-timeout' }
}

function handOver(queue: Queue, effects: QueueEffect[]): void {
  if (!queue.connected) return
  let inFlight = 0
  for (const pending of queue.pending.values()) {
    if (pending.state === 'handed' || pending.state === 'written') inFlight += 1
    if (pending.state !== 'waiting') continue
    if (inFlight >= inFlightLimit) return
    pending.state = 'handed'
    inFlight += 1
    effects.push({ kind: 'hand', id: pending.id, token: pending.token })
  }
}
