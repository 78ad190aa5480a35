/** Lets through so many a second, spread over it. */

export interface Trickle {
  /** @returns false: too many in this second */
  take(perSecond: number): boolean
}

/** @param now milliseconds */
export function createTrickle(now: () => number): Trickle {
  let atMs = now()
  let left = 0
  return {
    take(perSecond) {
      const nowMs = now()
      // Never more than a quarter of a second's at once: they are let in by a node that is busy already.
      left = Math.min(Math.max(1, perSecond / 4), left + ((nowMs - atMs) / 1000) * perSecond)
      atMs = nowMs
      if (left < 1) return false
      left--
      return true
    },
  }
}
