/** Slows down who guesses: failed log-ins are counted by network, good ones never (S-D7). */
import { InOrder } from '@fairlead/base'
import { networkOf } from './addresses.ts'

export interface FailedTriesLimits {
  /** So many at once cost nothing: people mistype, and a fleet behind one address may hold one stale secret. */
  free: number
  /** One of them is forgiven after so long. */
  forgivenAfterMs: number
  /** What each one above adds to the wait for its answer. */
  stepMs: number
  longestMs: number
  /** Networks remembered; beyond it the one that has been quiet longest is forgotten. */
  maxNetworks: number
}

export const failedTriesLimits: FailedTriesLimits = {
  free: 20,
  forgivenAfterMs: 3000,
  stepMs: 250,
  longestMs: 2000,
  maxNetworks: 100_000,
}

export interface FailedTries {
  /** Counts one more. @returns how long its answer should wait, in milliseconds */
  count(address: string, nowMs: number): number
  /** Networks remembered. */
  readonly size: number
}

/** A leaky bucket for each network. It only ever delays the answer to a wrong secret: a right one is never asked to wait. */
export function createFailedTries(limits: FailedTriesLimits = failedTriesLimits): FailedTries {
  const buckets = new InOrder<string, { level: number; atMs: number }>()
  return {
    count(address, nowMs) {
      const network = networkOf(address)
      const last = buckets.get(network)
      const level = 1 + Math.max(0, last ? last.level - (nowMs - last.atMs) / limits.forgivenAfterMs : 0)
      // A level without bound would be a ban that outlives the guessing.
      buckets.add(network, { level: Math.min(level, limits.free + 100), atMs: nowMs })
      buckets.limitTo(limits.maxNetworks)
      return Math.min(limits.longestMs, Math.max(0, Math.floor(level - limits.free)) * limits.stepMs)
    },
    get size() {
      return buckets.size
    },
  }
}
