/** Round trips: each device once, so many in flight, or so many a second whatever comes back. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Asker } from './asker.ts'
import type { Device } from './device.ts'
import type { Fleet } from './fleet.ts'
import { Histogram } from './histogram.ts'

export interface Loop {
  fleet: Fleet
  asker: Asker
  /** Not counted: caches fill, code becomes fast. */
  warmMs: number
  measureMs: number
}

export interface LoopFigures {
  perSecond: number
  p50Ms: number
  p90Ms: number
  p99Ms: number
  maxMs: number
  /** Answers that were not the device's own, or none. */
  failed: number
  /** Asked and still open long after the end. */
  open: number
  /** All that came back, while it was warming up and at the end too. */
  all: number
}

/** What is still under way at the end gets so long. */
const patienceMs = 20_000

/** Asks every device once. @returns how many of the answers were good */
export async function askEach({ fleet, asker }: Pick<Loop, 'fleet' | 'asker'>, inFlight: number): Promise<number> {
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const { devices } = fleet
  let [next, finished, good] = [0, 0, 0]
  const askNext = () => {
    const device = devices[next++]
    if (!device) return
    ask(asker, device, (isGood) => {
      if (isGood) good++
      if (++finished === devices.length) resolve()
      else askNext()
    })
  }
  for (let started = 0; started < Math.min(inFlight, devices.length); started++) askNext()
  await done
  return good
}

/** Always `inFlight` under way: what the server can do at most. */
export async function closedLoop(loop: Loop, inFlight: number): Promise<LoopFigures> {
  const count = createCount('back')
  let isOn = true
  const askNext = () => {
    const device = loop.fleet.pick()
    // All of them are busy or away: looked for again in a moment.
    if (!device) return void setTimeout(() => isOn && askNext(), 1)
    const atMs = performance.now()
    count.open++
    ask(loop.asker, device, (isGood) => {
      count.finished(atMs, isGood)
      if (isOn) askNext()
    })
  }
  for (let started = 0; started < inFlight; started++) askNext()
  await pause(loop.warmMs)
  await count.during(loop.measureMs)
  isOn = false
  return count.figures()
}

/**
 * `perSecond` are due in even steps, and are asked then whatever has come back. Their latencies count from when they
 * were due, so that a server that stands still pays for all that it kept waiting (no coordinated omission).
 * The generator looks at its clock without a rest: a timer of a millisecond would be the largest part of the result.
 */
export async function openLoop(loop: Loop, perSecond: number): Promise<LoopFigures> {
  const count = createCount('due')
  const stepMs = 1000 / perSecond
  let dueMs = performance.now() + stepMs
  let isOn = true
  const askAllDue = (untilMs: number) => {
    for (; dueMs <= untilMs; dueMs += stepMs) {
      count.open++
      askDue(dueMs)
    }
  }
  /** Due while every device was busy; each is asked as soon as one is free. */
  const waiting: number[] = []
  const askDue = (atMs: number) => {
    const device = loop.fleet.pick()
    if (!device) return void waiting.push(atMs)
    ask(loop.asker, device, (isGood) => {
      count.finished(atMs, isGood)
      const next = waiting.shift()
      if (next !== undefined) askDue(next)
    })
  }
  const look = () => {
    if (!isOn) return
    askAllDue(performance.now())
    setImmediate(look)
  }
  look()
  await pause(loop.warmMs)
  const endMs = await count.during(loop.measureMs)
  isOn = false
  // The generator may have been held up itself: what was due is asked, however late.
  askAllDue(endMs)
  return count.figures()
}

function ask(asker: Asker, device: Device, done: (isGood: boolean) => void) {
  device.isAsked = true
  asker.ask(device, (isGood) => {
    device.isAsked = false
    done(isGood)
  })
}

/** @param countsWhen by when one was due, or by when it came back: what decides whether it lies in the time that is measured */
function createCount(countsWhen: 'due' | 'back') {
  const latencies = new Histogram()
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let failed = 0
  const count = {
    open: 0,
    all: 0,
    finished(dueMs: number, isGood: boolean) {
      count.open--
      count.all++
      const nowMs = performance.now()
      const atMs = countsWhen === 'due' ? dueMs : nowMs
      if (atMs < fromMs || atMs >= toMs) return
      if (isGood) latencies.add(Math.round((nowMs - dueMs) * 1000))
      else failed++
    },
    /** @returns when the time was over */
    async during(ms: number): Promise<number> {
      fromMs = performance.now()
      await pause(ms)
      toMs = performance.now()
      return toMs
    },
    async figures(): Promise<LoopFigures> {
      const giveUpAtMs = performance.now() + patienceMs
      while (count.open > 0 && performance.now() < giveUpAtMs) await pause(20)
      const ms = (fraction: number) => latencies.quantile(fraction) / 1000
      return {
        perSecond: latencies.count / ((toMs - fromMs) / 1000),
        ...{ p50Ms: ms(0.5), p90Ms: ms(0.9), p99Ms: ms(0.99), maxMs: latencies.max / 1000 },
        failed,
        open: count.open,
        all: count.all,
      }
    },
  }
  return count
}
