/** When a session wants to be woken, and what it does then. Source: XEP-0124 §10; rows B-065, B-093, B-130, B-153. */
import { answerDue } from './bosh-answers.ts'
import { conclude, endStream } from './bosh-ending.ts'
import { type BoshEffect, type BoshSession, isLive } from './bosh-state.ts'
import { takeDespiteGap } from './bosh-window.ts'

/** How long a terminate waits for a request that should have come before it; browsers drop some at unload. */
const gapMs = 2000

/** After a crash nobody knows which requests have been answered; those that were not are sent again about together. */
const gapAfterRestoreMs = 500

const never = Number.POSITIVE_INFINITY

/** What has come due. */
export function takeTime(session: BoshSession, nowMs: number, effects: BoshEffect[]) {
  if ((gapDueMs(session) ?? Number.POSITIVE_INFINITY) <= nowMs) takeDespiteGap(session, nowMs, effects)
  if (session.isOver) return
  if (session.logIn && session.logIn.dueMs <= nowMs)
    return endStream(session, 'connection-timeout', 'The log-in took too long.', effects)
  answerDue(session, nowMs, effects)
  // Whoever still waits for a request that never came is told; B-130 is silent only where nobody listens.
  if (!session.isOver && (silenceDueMs(session) ?? Number.POSITIVE_INFINITY) <= nowMs)
    conclude(session, { end: 'inactivity', condition: 'item-not-found' }, effects)
}

/** Asks for the next moment, if it is another than was asked for. */
export function askForTime(session: BoshSession, effects: BoshEffect[]) {
  if (session.isOver) return
  const atMs = Math.min(
    holdDueMs(session) ?? silenceDueMs(session) ?? never,
    session.logIn?.dueMs ?? never,
    gapDueMs(session) ?? never,
  )
  if (atMs === session.wakeMs) return
  session.wakeMs = atMs
  effects.push({ kind: 'wake', atMs })
}

function holdDueMs({ held }: BoshSession): number | undefined {
  let dueMs: number | undefined
  for (const request of held) if (isLive(request)) dueMs = Math.min(dueMs ?? never, request.dueMs)
  return dueMs
}

/** B-130: only while nothing is held, and not while a push waits for its answer (A10). */
function silenceDueMs(session: BoshSession): number | undefined {
  if (session.held.some(isLive)) return undefined
  return Math.max(session.idleSinceMs + session.inactivityMs, session.keepUntilMs)
}

function gapDueMs({ early, gap }: BoshSession): number | undefined {
  for (const request of early.values())
    if (gap > 0) return request.arrivedMs + gapAfterRestoreMs
    else if (request.body.type === 'terminate') return request.arrivedMs + gapMs
  return undefined
}
