/** Responses kept for a client that did not get them, and what its acknowledgements say of the pushes in them. */
import { type BoshEffect, type BoshSession, bounds, type Kept } from './bosh-state.ts'

/** One for all. */
export const noTokens: readonly number[] = []

/** Keeps a response. False: the client acknowledges too little, and there is no more room (B-125). */
export function keep(session: BoshSession, response: Kept, effects: BoshEffect[]): boolean {
  session.kept = [...session.kept, response]
  session.keptLength += response.body.length
  if (session.terms.acks)
    return session.kept.length <= bounds.unackedResponses && session.keptLength <= bounds.unackedLength
  // Who is four requests further on, with a window of two, has had the response; a resend would end the session.
  while (session.kept.length > bounds.keptResponses) drop(session, effects)
  return true
}

/** Pushes in the responses up to `rid` have arrived. */
export function acknowledgeUpTo(session: BoshSession, rid: number, effects: BoshEffect[]): void {
  for (const response of session.kept) {
    if (response.rid > rid) return
    acknowledge(response, effects)
  }
}

/** B-122: what is acknowledged need not be kept. */
export function dropUpTo(session: BoshSession, rid: number, effects: BoshEffect[]): void {
  while ((session.kept[0]?.rid ?? Number.POSITIVE_INFINITY) <= rid) drop(session, effects)
}

/** Pushes that left and were never acknowledged. */
export function unknownTokens(session: BoshSession): number[] {
  return session.kept.flatMap((response) => response.tokens)
}

function drop(session: BoshSession, effects: BoshEffect[]): void {
  const [oldest, ...others] = session.kept
  if (!oldest) return
  session.kept = others
  session.keptLength -= oldest.body.length
  acknowledge(oldest, effects)
}

function acknowledge(response: Kept, effects: BoshEffect[]): void {
  for (const token of response.tokens) effects.push({ kind: 'acknowledged', token })
  response.tokens = noTokens
}
