/** Waits for what may never come. */
import type { Clock } from '@fairlead/base'

/** Resolves when `work` has, and after `ms` at the latest. @throws what `work` throws before that */
export async function atMost(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const { promise: timeUp, resolve } = Promise.withResolvers<void>()
  const timer = clock.at(clock.now() + ms, resolve)
  try {
    await Promise.race([work, timeUp])
  } finally {
    timer.cancel()
  }
}
