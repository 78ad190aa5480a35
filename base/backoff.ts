/** How long to wait before trying again, so that many who failed together do not return together. */

export interface BackoffLimits {
  /** First pause, in milliseconds. */
  firstMs: number
  /** Longest pause, in milliseconds. */
  longestMs: number
}

/**
 * How long to wait before attempt `attempt` (0 is the first retry), in milliseconds.
 *
 * Doubles up to `longestMs`, then takes a random point below it ("full jitter"),
 * so that ten thousand agents do not come back in the same second after a restart.
 *
 * @param fraction between 0 (inclusive) and 1 (exclusive)
 * @throws {RangeError} when `attempt` is negative: the caller has lost count
 */
export function backoffMs(attempt: number, limits: BackoffLimits, fraction: number): number {
  if (attempt < 0) throw new RangeError(`attempt ${attempt}`)
  const ceilingMs = Math.min(limits.longestMs, limits.firstMs * 2 ** Math.min(attempt, 40))
  return Math.floor(fraction * ceilingMs)
}
