/** Waits for a thing to become true, instead of sleeping and hoping. */
import { setTimeout as pause } from 'node:timers/promises'

/**
 * Asks again and again until `find` gives something other than undefined or false.
 * @param what named when it never came, as in "the device is online"; asked for then, where it is a function
 * @throws {Error} after `withinMs`
 */
export async function until<Found>(
  what: string | (() => string),
  find: () => Found | Promise<Found>,
  withinMs = 20_000,
): Promise<Exclude<Found, undefined | false>> {
  const giveUpAtMs = performance.now() + withinMs
  for (;;) {
    const found = await find()
    if (found !== undefined && found !== false) return found as Exclude<Found, undefined | false>
    if (performance.now() > giveUpAtMs)
      throw new Error(`Not within ${withinMs} ms: ${typeof what === 'string' ? what : what()}`)
    await pause(20)
  }
}
