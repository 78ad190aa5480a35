/** When to try again, by what went wrong: soon when it may have passed, slowly when a person has to act. */
import { backoffMs } from '@fairlead/base'
import type { SessionEnd } from './bosh-session.ts'
import type { Trouble } from './trouble.ts'
import type { OfflineReason } from './uplink-state.ts'

export interface Cause {
  reason: OfflineReason
  trouble?: Trouble
  /** The relay's own word for a refusal that has no reason of its own. */
  condition?: string
}

/** A session that lasted so long was a good one; sooner, starting over from short pauses would be a storm (field note 11). */
export const stableMs = 60_000

/** Another holder of the credential comes back sooner than that (`rarely`): a session that lasted so long had none beside it. */
export const aloneMs = 3_600_000

const soon = { firstMs: 1000, longestMs: 60_000 }
/** A wrong secret does not mend itself; yet the device may be enrolled a moment later. */
const slow = { firstMs: 20_000, longestMs: 300_000 }
/** Two holders of one credential must not kick each other for ever (field note 12). */
const rarely = { firstMs: 120_000, longestMs: 900_000 }
/** So that a restarting relay is not met by all its devices in one second. */
const shutdownSpreadMs = 5000

/** Whatever stands in front of the relay may ask for more: nobody stays away that long. */
const mostAskedForMs = 300_000

/** @param fraction between 0 (inclusive) and 1 (exclusive) */
export function pauseAfter(reason: OfflineReason, attempt: number, fraction: number): number {
  switch (reason) {
    case 'replaced':
      return atLeastHalf(attempt, rarely, fraction)
    case 'unauthorized':
    case 'code-used':
    case 'insecure-transport':
    case 'refused':
      return atLeastHalf(attempt, slow, fraction)
    case 'relay-shutdown':
      return attempt === 0 ? Math.floor(fraction * shutdownSpreadMs) : backoffMs(attempt, soon, fraction)
    default:
      return backoffMs(attempt, soon, fraction)
  }
}

/** A relay that has too much to do tells each device a moment of its own (`Retry-After`): no sooner than that. */
export function askedForMs(trouble: Trouble | undefined): number {
  const seconds = trouble?.kind === 'status' ? (trouble.retryAfterSeconds ?? 0) : 0
  return Math.min(seconds * 1000, mostAskedForMs)
}

function atLeastHalf(attempt: number, limits: typeof slow, fraction: number): number {
  return backoffMs(attempt, limits, 0.5 + fraction / 2)
}

/** What a trouble says about the device as a whole. */
export function reasonOf(trouble: Trouble): OfflineReason {
  if (trouble.kind !== 'status') return 'unreachable'
  if (trouble.code === 'insecure-transport') return 'insecure-transport'
  return trouble.status === 401 ? 'unauthorized' : 'unreachable'
}

/** What the end of a session means for the device. */
export function causeOf(end: Exclude<SessionEnd, { why: 'moved' }>): Cause {
  switch (end.why) {
    case 'closed':
    case 'not-found':
      return { reason: 'session-lost' }
    case 'conflict':
      return { reason: 'replaced' }
    case 'shutdown':
      return { reason: 'relay-shutdown' }
    case 'unauthorized':
      return { reason: 'unauthorized' }
    case 'unreachable':
      return { reason: reasonOf(end.trouble), trouble: end.trouble }
    case 'refused':
      return { reason: 'refused', condition: end.condition }
  }
}
