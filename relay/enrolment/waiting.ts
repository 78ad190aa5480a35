/** Devices that wait in a held request for somebody to claim them. */
import type { Clock } from '@fairlead/base'

export interface Waiting {
  /** Begins to listen before anything is looked up, so that no news is missed. */
  listen(device: string): News
  /** Somebody has claimed it, at whichever node. */
  tell(device: string): void
}

export interface News extends Disposable {
  /** @returns false: there was none within that time, or whoever waits has gone */
  within(ms: number, gone: AbortSignal): Promise<boolean>
}

export function createWaiting(clock: Clock): Waiting {
  const listeners = new Map<string, Set<() => void>>()

  return {
    listen(device) {
      const told = Promise.withResolvers<true>()
      const hear = () => told.resolve(true)
      const ofDevice = listeners.get(device) ?? new Set()
      listeners.set(device, ofDevice.add(hear))
      return {
        async within(ms, gone) {
          const late = Promise.withResolvers<false>()
          const giveUp = () => late.resolve(false)
          const timer = clock.at(clock.now() + Math.max(0, ms), giveUp)
          gone.addEventListener('abort', giveUp, { once: true })
          if (gone.aborted) giveUp()
          try {
            return await Promise.race([told.promise, late.promise])
          } finally {
            timer.cancel()
            gone.removeEventListener('abort', giveUp)
          }
        },
        [Symbol.dispose]() {
          ofDevice.delete(hear)
          if (ofDevice.size === 0 && listeners.get(device) === ofDevice) listeners.delete(device)
        },
      }
    },
    tell(device) {
      for (const hear of listeners.get(device) ?? []) hear()
    },
  }
}
