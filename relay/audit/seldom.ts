/** What happens again and again is told once a minute: whoever provokes it does not fill the record. */
import { type Clock, InOrder } from '@fairlead/base'

const pauseMs = 60_000
const mostRemembered = 10_000

/** @returns whether it is told this time */
export function createSeldom(clock: Clock): (what: string) => boolean {
  const told = new InOrder<string, number>()
  return (what) => {
    const lastMs = told.get(what)
    if (lastMs !== undefined && clock.now() - lastMs < pauseMs) return false
    told.add(what, clock.now())
    told.limitTo(mostRemembered)
    return true
  }
}
