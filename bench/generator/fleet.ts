/** Thousands of devices at one server: they log in so many at a time, hold their requests, and one after another is picked to be asked. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { Device, type DeviceTerms } from './device.ts'

export interface Growth {
  bound: number
  seconds: number
  /** Log-ins that broke off and were tried again. */
  retries: number
}

export interface Fleet {
  readonly size: number
  /** Held requests that ended with nothing in them, so far. */
  readonly polls: number
  /** Sessions lost after they were bound, so far, and why the last one was. */
  readonly lost: number
  readonly lastLoss: string
  /** Adds devices up to `count`, so many at a time. @throws {Error} when they are not all bound within `withinMs` */
  grow(count: number, atOnce: number, withinMs: number): Promise<Growth>
  /** All connections are gone, as when a server crashes. */
  cut(): void
  /** All devices forget their sessions, as after a power cut; `grow` logs them in again. */
  reset(): void
  /** From now on whoever loses its session logs in anew. @returns those that had to, so far */
  stay(): ReadonlySet<Device>
  /**
   * Each device goes on with its session after `cut`, or logs in anew when the server has none such.
   *
   * @returns how many had to log in, when `isDone` says that all are back @throws {Error} when it does not within `withinMs`
   */
  resume(isDone: () => Promise<boolean>, withinMs: number): Promise<number>
  /** A device that holds a request and that nobody is asking, by chance. */
  pick(): Device | undefined
  /** In order, for whoever wants each of them once. */
  readonly devices: readonly Device[]
  close(): void
}

export function nameOf(index: number): string {
  return `bench-${String(index).padStart(5, '0')}`
}

/** After a log-in that broke off. */
const retryMs = 200
/** Between two looks at whether all are back: looking costs the server something as well. */
const lookMs = 100

/** @param firstIndex where the names of its devices begin, beside another fleet at the same server */
export function createFleet(terms: DeviceTerms, firstIndex = 0): Fleet {
  const random = createSeededRandom(1)
  const devices: Device[] = []
  let polls = 0
  let lost = 0
  let lastLoss = ''
  /** What a device that is logging in, or has lost its session, tells. */
  let growing: { bound(): void; failed(device: Device): void } | undefined

  function add(index: number): Device {
    const device = new Device(nameOf(index), terms, {
      bound: () => growing?.bound(),
      polled: () => void polls++,
      lost(why) {
        lastLoss = why
        if (growing) return growing.failed(device)
        lost++
      },
    })
    return device
  }

  const startLater = (device: Device) => void setTimeout(() => growing && device.start(), retryMs)

  async function logIn(all: readonly Device[], atOnce: number, withinMs: number): Promise<Growth> {
    const { promise: done, resolve } = Promise.withResolvers<void>()
    let [next, bound, retries] = [0, 0, 0]
    const startNext = () => all[next++]?.start()
    growing = {
      bound() {
        if (++bound === all.length) resolve()
        startNext()
      },
      failed(device) {
        retries++
        startLater(device)
      },
    }
    const startedMs = performance.now()
    for (let started = 0; started < Math.min(atOnce, all.length); started++) startNext()
    const timeUp = new AbortController()
    await Promise.race([done, pause(withinMs, undefined, { signal: timeUp.signal }).catch(() => {})])
    timeUp.abort()
    growing = undefined
    const seconds = (performance.now() - startedMs) / 1000
    if (bound < all.length)
      throw new Error(
        `Only ${bound} of ${all.length} devices are bound after ${withinMs} ms; the last loss: ${lastLoss}`,
      )
    return { bound, seconds, retries }
  }

  function stay(): Set<Device> {
    const strangers = new Set<Device>()
    growing = {
      bound() {},
      failed(device) {
        strangers.add(device)
        startLater(device)
      },
    }
    return strangers
  }

  return {
    get size() {
      return devices.length
    },
    get polls() {
      return polls
    },
    get lost() {
      return lost
    },
    get lastLoss() {
      return lastLoss
    },
    devices,
    async grow(count, atOnce, withinMs) {
      while (devices.length < count) devices.push(add(firstIndex + devices.length))
      const waiting = devices.slice(0, count).filter(({ isHolding }) => !isHolding)
      if (waiting.length === 0) return { bound: 0, seconds: 0, retries: 0 }
      return logIn(waiting, atOnce, withinMs)
    },
    cut() {
      for (const device of devices) device.cut()
    },
    reset() {
      for (const device of devices) device.close()
    },
    stay,
    async resume(isDone, withinMs) {
      const strangers = stay()
      for (const device of devices) device.resume()
      const giveUpAtMs = performance.now() + withinMs
      while (!(await isDone())) {
        if (performance.now() > giveUpAtMs)
          throw new Error(`Not all devices are back after ${withinMs} ms: ${lastLoss}`)
        await pause(lookMs)
      }
      growing = undefined
      return strangers.size
    },
    pick() {
      for (let tries = 0; tries < 100; tries++) {
        const device = devices[Math.floor(random.fraction() * devices.length)]
        if (device?.isHolding && !device.isAsked) return device
      }
      return devices.find(({ isHolding, isAsked }) => isHolding && !isAsked)
    },
    close() {
      for (const device of devices) device.close()
      devices.length = 0
    },
  }
}
