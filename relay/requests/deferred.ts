/** Requests that wait for their device: which, in what order, and until when. */
import type { Clock, Timer } from '@fairlead/base'

/** What waits for one device at most. */
export const deferredLimit = 1_000

export interface Deferred extends Disposable {
  /** @param order smaller is earlier, whatever was added first: what comes back takes its old place (G3) */
  add(device: string, requestId: string, untilAt: number, order: number): void
  /** The earliest; it waits no more. */
  takeNext(device: string): string | undefined
  /** @returns false: it does not wait here */
  take(device: string, requestId: string): boolean
  /** Those that wait for this device, in no order. */
  of(device: string): readonly string[]
  count(device: string): number
}

interface Waiting {
  order: number
  timer: Timer
}

/** @param expired called for each whose time ran out; it waits no more */
export function createDeferred(clock: Clock, expired: (requestId: string) => void): Deferred {
  const devices = new Map<string, Map<string, Waiting>>()

  function take(device: string, requestId: string): boolean {
    const waiting = devices.get(device)
    const one = waiting?.get(requestId)
    if (!waiting || !one) return false
    one.timer.cancel()
    waiting.delete(requestId)
    if (waiting.size === 0) devices.delete(device)
    return true
  }

  return {
    add(device, requestId, untilAt, order) {
      const waiting = devices.get(device) ?? new Map<string, Waiting>()
      devices.set(device, waiting)
      const timer = clock.at(clock.now() + Math.max(0, untilAt - clock.wallNow()), () => {
        take(device, requestId)
        expired(requestId)
      })
      waiting.set(requestId, { order, timer })
    },
    takeNext(device) {
      let first: string | undefined
      let least = Number.POSITIVE_INFINITY
      for (const [requestId, { order }] of devices.get(device) ?? []) {
        if (order >= least) continue
        first = requestId
        least = order
      }
      if (first !== undefined) take(device, first)
      return first
    },
    take,
    of: (device) => [...(devices.get(device)?.keys() ?? [])],
    count: (device) => devices.get(device)?.size ?? 0,
    [Symbol.dispose]() {
      for (const waiting of devices.values()) for (const { timer } of waiting.values()) timer.cancel()
    },
  }
}
