/**
 * What of a BOSH session outlives its relay (`safety.md` 6.7): enough to go on after a crash, and nothing to log in with.
 *
 * It is written when the session is bound, and seldom after that. Whatever came later is taken again when its client sends it
 * again, and that does no harm: relays answer pings once more, and drop answers to requests that are not there any more.
 * Pushes are not kept: what became of them is not known.
 */
import { earlierKey } from './bosh-keys.ts'
import { type BoshSession, createBoshSession, type Terms } from './bosh-state.ts'

export interface KeptState {
  terms: Terms
  /** As far as it was written down. */
  lastRid: number
  lock: string | undefined
  streamId: string | undefined
}

/** A session that has come so far is written down anew. */
export const ridsBetweenSaves = 500

/** How far a client may have come without a word of it on disk. */
export const gapAfterRestore = 2 * ridsBetweenSaves

/** Its client may not have had the last answers yet, and has none to what is held: it may send all of that again. */
export function keptStateOf({ terms, lastRid, held, lock, streamId }: BoshSession): KeptState {
  const answered = Math.min(lastRid, (held[0]?.rid ?? lastRid + 1) - 1)
  const from = answered - terms.requests
  return { terms, lastRid: from, lock: lock === undefined ? undefined : earlierKey(lock, lastRid - from), streamId }
}

/** @param sid as its client has just said it */
export function restoreSession(sid: string, { terms, lastRid, lock, streamId }: KeptState, nowMs: number): BoshSession {
  const session = createBoshSession(sid, terms, lastRid + 1, nowMs)
  session.gap = gapAfterRestore
  // What was answered without a word of it on disk may be acknowledged.
  session.answeredRid = lastRid + gapAfterRestore
  session.isNew = false
  session.logIn = undefined
  session.lock = lock
  session.streamId = streamId
  return session
}
