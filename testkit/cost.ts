/** What a piece of work costs the processor, for tests that hold it against another piece of work. */

/**
 * The least of several runs. It counts what this process used and not what time went by, since others on the machine
 * make a run wait, its collector's threads most of all.
 *
 * @returns milliseconds of processor time
 */
export function cost(run: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let again = 0; again < 9; again++) {
    const before = process.cpuUsage()
    run()
    const used = process.cpuUsage(before)
    best = Math.min(best, (used.user + used.system) / 1000)
  }
  // A clock of whole ticks sees nothing of a short run.
  return Math.max(best, 0.01)
}

/**
 * How many times as much the first costs as the second, at the calmest moment of several.
 *
 * @param enough a ratio that needs no further try
 */
export function costRatio(run: () => void, against: () => void, enough: number): number {
  let ratio = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < 5 && ratio >= enough; tries++) ratio = Math.min(ratio, cost(run) / cost(against))
  return ratio
}
