/** Lets a few answers be held on purpose, so that a client can measure what the way to here does to them. Bounded, since everybody may ask. */
import type { Clock } from '@fairlead/base'
import { Failure } from '@fairlead/base'

export interface ProbeLimits {
  /** Held at once for one address. */
  perAddress: number
  /** Held at once for everybody. */
  inTotal: number
}

export interface Probes {
  /** A place among those that are held; it is free again when disposed of. @throws {Failure} `too-many-requests` */
  admit(address: string): Disposable
  /** Waits, in seconds, unless the caller hangs up or the relay stops first. @returns how long it was, in milliseconds */
  wait(seconds: number, hungUp: AbortSignal): Promise<number>
}

const fewAtOnce: ProbeLimits = { perAddress: 4, inTotal: 200 }

/** @param stopping aborted when the relay drains: what is held ends at once */
export function createProbes(clock: Clock, stopping: AbortSignal, limits = fewAtOnce): Probes {
  const heldFor = new Map<string, number>()
  let heldInTotal = 0

  function giveBack(address: string): void {
    const held = (heldFor.get(address) ?? 0) - 1
    if (held > 0) heldFor.set(address, held)
    else heldFor.delete(address)
    heldInTotal--
  }

  return {
    admit(address) {
      const held = heldFor.get(address) ?? 0
      if (held >= limits.perAddress || heldInTotal >= limits.inTotal)
        throw new Failure('too-many-requests', 'Too many probes at once. Wait until the others have ended.', {
          retryAfterSeconds: 30,
        })
      heldFor.set(address, held + 1)
      heldInTotal++
      return { [Symbol.dispose]: () => giveBack(address) }
    },

    async wait(seconds, hungUp) {
      const startedAtMs = clock.now()
      const { promise: over, resolve: end } = Promise.withResolvers<void>()
      const enough = AbortSignal.any([hungUp, stopping])
      enough.addEventListener('abort', () => end(), { once: true })
      if (enough.aborted) end()
      const timer = clock.at(startedAtMs + seconds * 1000, end)
      await over
      timer.cancel()
      return clock.now() - startedAtMs
    },
  }
}
