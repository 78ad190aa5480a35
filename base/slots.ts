/** So many at once, so many waiting, no more: keeps a flood of log-ins from taking all cores. */
import { Failure } from './failure.ts'

/**
 * @returns runs `work` when there is a slot
 * @throws {Failure} `unavailable` when too many wait already
 */
export function createSlots(parallel: number, maxWaiting: number) {
  let running = 0
  const waiting: (() => void)[] = []

  return async function inSlot<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running >= parallel) {
      if (waiting.length >= maxWaiting)
        throw new Failure('unavailable', 'Too many log-ins at once: try again soon.', { retryAfterSeconds: 5 })
      // Whoever wakes us hands its slot over, so nobody slips in between.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
