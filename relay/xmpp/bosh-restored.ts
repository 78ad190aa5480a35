/**
 * What of a BOSH session outlives its relay (`safety.md` 6.7): enough to go on after a crash, and nothing to log in with.
 *
 * It may be a little older than the session was. What a client sends again is then taken once more, which does no harm: an
 * answer to a request that is not there any more is dropped. Pushes are not kept: what became of them is not known.
 */
import { hash } from 'node:crypto'
import type { ClientCertificate } from './bosh-exchange.ts'
import { noTokens } from './bosh-kept.ts'
import { type BoshSession, createBoshSession, type Terms } from './bosh-state.ts'
import type { Bound } from './carrier.ts'

export interface KeptSession extends Bound {
  /** Hash of the sid: who reads the disk cannot go on with the session. */
  key: string
  /** Wall clock. */
  savedAt: number
  /** As seen at creation; the restored session keeps to it. */
  origin: KeptOrigin
  state: KeptState
}

export interface KeptOrigin {
  address: string
  loopback: boolean
  secure: boolean
  certificate?: ClientCertificate | undefined
}

export interface KeptState {
  terms: Terms
  lastRid: number
  /** Requests that were not answered. */
  held: readonly { rid: number; pause: boolean; key: string | undefined }[]
  /** Responses for who did not get them. */
  kept: readonly { rid: number; body: string; key: string | undefined }[]
  /** The relay's own words that waited to be sent. */
  words: readonly string[]
  lock: string | undefined
  presumes: boolean
  streamId: string | undefined
}

/** Longer responses are not written down: who did not get one logs in anew. */
const longestKept = 16 * 1024

/** How far a client may have come without a word of it on disk. */
export const gapAfterRestore = 2

export function keyOf(sid: string): string {
  return hash('sha256', sid, 'base64')
}

export function keptStateOf(session: BoshSession): KeptState {
  const { terms, lastRid, held, kept, queue, lock, presumes, streamId } = session
  return {
    terms,
    lastRid,
    held: held.map(({ rid, pause, key }) => ({ rid, pause, key })),
    kept: kept.filter(({ body }) => body.length <= longestKept).map(({ rid, body, key }) => ({ rid, body, key })),
    words: queue.filter(({ token }) => token === 0).map(({ xml }) => xml),
    lock,
    presumes,
    streamId,
  }
}

/** @param sid as its client has just said it */
export function restoreSession(sid: string, state: KeptState, nowMs: number): BoshSession {
  const { terms, lastRid, held, kept, words, lock, presumes, streamId } = state
  const session = createBoshSession(sid, terms, lastRid + 1, nowMs)
  session.gap = gapAfterRestore
  // What was answered without a word of it on disk may be acknowledged.
  session.answeredRid = lastRid + gapAfterRestore
  session.isNew = false
  session.logIn = undefined
  session.lock = lock
  session.presumes = presumes
  session.streamId = streamId
  session.held = held.map((request) => ({
    ...request,
    exchange: undefined,
    dueMs: nowMs + terms.waitMs,
    duplicates: 0,
  }))
  session.kept = kept.map((response) => ({ ...response, sentMs: nowMs, tokens: noTokens, duplicates: 0 }))
  session.keptLength = kept.reduce((sum, { body }) => sum + body.length, 0)
  for (const xml of words) {
    session.queue.push({ xml, token: 0 })
    session.queueLength += xml.length
  }
  return session
}
