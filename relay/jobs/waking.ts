/** Wakes whoever waits for news of a device's jobs, whichever node they are made at. */
import type { Clock, Timer } from '@fairlead/base'

export interface Watch extends Disposable {
  /** Resolves when something may be new since the last time, when this time is over, and when it is given up. */
  untilNews(ms: number, givenUp: AbortSignal): Promise<void>
}

export interface Waking {
  /** Something has happened to a job of this device. */
  tell(device: string): void
  /** From now on nothing is missed, also what comes while its reader looks. */
  watch(device: string): Watch
}

/** What is told to no node, or was lost on its way, is seen after this. */
const lookEveryMs = 5_000

export function createWaking(clock: Clock): Waking {
  const watching = new Map<string, Set<() => void>>()

  function watch(device: string): Watch {
    let isNew = false
    let wake = () => {}
    const tell = () => {
      isNew = true
      wake()
    }
    const others = watching.get(device) ?? new Set()
    watching.set(device, others.add(tell))
    return {
      async untilNews(ms, givenUp) {
        let timer: Timer | undefined
        if (!isNew && !givenUp.aborted)
          await new Promise<void>((resolve) => {
            wake = resolve
            timer = clock.at(clock.now() + Math.min(ms, lookEveryMs), resolve)
            givenUp.addEventListener('abort', () => resolve(), { once: true })
          })
        timer?.cancel()
        isNew = false
      },
      [Symbol.dispose]() {
        others.delete(tell)
        if (others.size === 0 && watching.get(device) === others) watching.delete(device)
      },
    }
  }

  return {
    watch,
    tell(device) {
      for (const tell of watching.get(device) ?? []) tell()
    },
  }
}
