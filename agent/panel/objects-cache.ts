/** What the device last said of itself: a page that is looked at often must not wear out a slow printer. */
import type { Clock } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import type { Known } from './page.ts'

const freshMs = 5000
/** A page does not wait longer than this for a device that is slow to answer; it shows what is known. */
const patienceMs = 1500

export function createObjectsCache(
  ask: () => Promise<Record<string, Json> | undefined>,
  clock: Clock,
): { read(): Promise<Known> } {
  let known: Record<string, Json> | undefined
  let askedAtMs: number | undefined
  let toldAtMs = clock.now()
  let asking: Promise<void> | undefined

  async function renew(): Promise<void> {
    const told = await ask()
    known = told
    toldAtMs = clock.now()
    asking = undefined
  }

  return {
    async read() {
      if (asking === undefined && (askedAtMs === undefined || clock.now() - askedAtMs >= freshMs)) {
        askedAtMs = clock.now()
        asking = renew()
      }
      if (asking) {
        const patience = Promise.withResolvers<void>()
        const timer = clock.at(clock.now() + patienceMs, patience.resolve)
        await Promise.race([asking, patience.promise])
        timer.cancel()
      }
      return { objects: known, ageSeconds: Math.round((clock.now() - toldAtMs) / 1000) }
    },
  }
}
