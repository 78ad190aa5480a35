/** No failed try is answered sooner than after 400 ms, whatever it had to look up (S-R3). */
import type { Clock } from '@fairlead/base'

const leastMs = 400

export interface Unhurried extends Disposable {
  /** Resolves when the time is over; at once if that was so before. */
  readonly isOver: Promise<void>
}

/**
 * To be called first: a timer that is set when the work is done is rounded to whole milliseconds from then on, and of ten
 * thousand tries that tells how long the work took.
 */
export function unhurried(clock: Pick<Clock, 'now' | 'at'>): Unhurried {
  const { promise: isOver, resolve } = Promise.withResolvers<void>()
  const timer = clock.at(clock.now() + leastMs, resolve)
  return { isOver, [Symbol.dispose]: () => timer.cancel() }
}
