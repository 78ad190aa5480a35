/** Takes a device's way to the relay down for its sleep, and up again: said, ended, and shut (H1). */
import type { Clock, Log, Random } from '@fairlead/base'
import { type Again, createAgain } from '../jobs/again.ts'
import type { HttpOutcome } from '../uplink/http-client.ts'
import type { RelayDoor } from '../uplink/relay-door.ts'

export interface Rest {
  isResting(): boolean
  /** The uplink stands otherwise than before. */
  stood(): void
  rest(signal: AbortSignal): Promise<void>
  wake(): void
  stop(): void
}

export interface RestNeeds {
  door: Pick<RelayDoor, 'call' | 'shut'>
  /** It belongs to somebody, and may speak to the relay. */
  tellsRelay(): boolean
  /** The uplink has ended its session. */
  isOff(): boolean
  keepUp(on: boolean): void
  /** What looks and calls by itself. */
  pause(): void
  goOn(): void
  asleep(): void
  /** No connection is left. */
  hangUp(): void
  device: string
  clock: Clock
  random: Random
  log: Log
}

const sayMs = 5000
/** Of a word that was not heard: a device that sleeps is not to call often. */
const pauses = { firstMs: 5_000, longestMs: 15 * 60_000 }

export function createRest(needs: RestNeeds): Rest {
  let isResting = false
  let down = Promise.withResolvers<void>()

  /** Says it while the device sleeps; undefined: it was heard, or nobody is to hear it. */
  let late: { again: Again; woken: AbortController } | undefined

  /** @returns false: it is to be said again */
  async function say(signal: AbortSignal): Promise<boolean> {
    if (!needs.tellsRelay()) return true
    const outcome = await needs.door.call('/device/v1/sleep', {}, sayMs, { signal })
    if (signal.aborted || ('status' in outcome && outcome.status === 200)) return true
    // It sleeps all the same.
    const words = 'The relay did not hear that the device goes to sleep; it is OFFLINE there until it has.'
    needs.log.warn('power.not-said', words, { device: needs.device })
    return isOver(outcome)
  }

  /** The one call of a device that sleeps, made until it is answered: then its sleep is on record, and it is silent. */
  function sayWhileAsleep(): void {
    const woken = new AbortController()
    const { signal } = woken
    const again = createAgain({
      ...needs,
      event: 'power.failed',
      pauses,
      async run() {
        const outcome = await needs.door.call('/device/v1/sleep', {}, sayMs, { signal, throughShut: true })
        if (signal.aborted) return true
        needs.hangUp()
        return isOver(outcome)
      },
    })
    late = { again, woken }
    again.within(pauses.firstMs)
  }

  function sayNoMore(): void {
    late?.woken.abort()
    void late?.again.stop()
    late = undefined
  }

  return {
    isResting: () => isResting,
    stood() {
      if (needs.isOff()) down.resolve()
    },
    async rest(signal) {
      isResting = true
      down = Promise.withResolvers()
      signal.addEventListener('abort', () => down.resolve(), { once: true })
      // Said while the session stands: ended before it would be OFFLINE for a moment.
      const wasHeard = await say(signal)
      if (signal.aborted) return
      needs.pause()
      needs.keepUp(false)
      if (needs.isOff()) down.resolve()
      await down.promise
      if (signal.aborted) return
      needs.door.shut(true)
      needs.asleep()
      if (!wasHeard) sayWhileAsleep()
    },
    wake() {
      isResting = false
      sayNoMore()
      needs.door.shut(false)
      needs.goOn()
      needs.keepUp(true)
    },
    stop: sayNoMore,
  }
}

/** It is on record, or will not be, however often it is said. */
function isOver(outcome: HttpOutcome): boolean {
  return 'status' in outcome && outcome.status < 500 && ![408, 425, 429].includes(outcome.status)
}
