/** Takes a device's way to the relay down for its sleep, and up again: said, ended, and shut (H1). */
import type { Log } from '@fairlead/base'
import type { RelayDoor } from '../uplink/relay-door.ts'

export interface Rest {
  isResting(): boolean
  /** The uplink stands otherwise than before. */
  stood(): void
  rest(signal: AbortSignal): Promise<void>
  wake(): void
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
  device: string
  log: Log
}

const sayMs = 5000

export function createRest(needs: RestNeeds): Rest {
  let isResting = false
  let down = Promise.withResolvers<void>()

  async function say(signal: AbortSignal): Promise<void> {
    if (!needs.tellsRelay()) return
    const outcome = await needs.door.call('/device/v1/sleep', {}, sayMs, { signal })
    if (signal.aborted || ('status' in outcome && outcome.status === 200)) return
    // It sleeps all the same: it is OFFLINE there.
    needs.log.warn(
      'power.not-said',
      'The relay did not hear that the device goes to sleep; it will be OFFLINE there.',
      {
        device: needs.device,
      },
    )
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
      await say(signal)
      if (signal.aborted) return
      needs.pause()
      needs.keepUp(false)
      if (needs.isOff()) down.resolve()
      await down.promise
      if (signal.aborted) return
      needs.door.shut(true)
      needs.asleep()
    },
    wake() {
      isResting = false
      needs.door.shut(false)
      needs.goOn()
      needs.keepUp(true)
    },
  }
}
