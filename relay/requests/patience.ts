/** Waits for the record no longer than a service waits for its answer. */
import { type Clock, Failure } from '@fairlead/base'

/**
 * For what changes nothing: what comes later is of no use to anybody.
 *
 * @throws {Failure} `unavailable` after `ms`
 */
export async function waitAtMost<Found>(clock: Clock, ms: number, looking: Promise<Found>): Promise<Found> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const words = 'The record says nothing, and without it nobody knows whether this was asked before. Nothing was sent.'
  const timer = clock.at(clock.now() + ms, () => reject(new Failure('unavailable', words, { retryAfterSeconds: 5 })))
  try {
    return await Promise.race([looking, late])
  } finally {
    timer.cancel()
  }
}
