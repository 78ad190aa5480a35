/** Keeps a node from drowning: looks at its heap and its event loop, and refuses work in a fixed order while there is too much. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { type Clock, Failure, type Log, type Random, type Timer } from '@fairlead/base'
import { watchHeap } from './heap.ts'
import { calm, type Level, type Load, type LoadLimits, type Sample, step } from './load-machine.ts'
import { refusals, shedFrom, type Work, works } from './order.ts'
import { createTrickle } from './trickle.ts'

export interface Overload extends Disposable {
  /** As it stands; read for each call, so it costs nothing. */
  readonly load: Load
  /** @throws {Failure} `unavailable`, with a time to come back: there is too much to do for work of this kind */
  mustTake(work: Work): void
  /** @returns when one who wants a new session should try again, in seconds; undefined: it may have one now */
  turnAway(): number | undefined
  /** Refused so far. */
  readonly shed: Readonly<Record<Work, number>>
}

export interface OverloadLimits extends LoadLimits {
  /** At the first level. */
  logInsPerSecond: number
}

export interface OverloadNeeds {
  clock: Clock
  random: Random
  log: Log
  limits: OverloadLimits
  /** What the process shows; its own heap and event loop by default. */
  watch?(): Watch
}

export interface Watch extends Disposable {
  /** Since the last time. */
  take(): Sample
}

/** Often enough to see a flood before it has filled what is left of the heap. */
const sampleEveryMs = 500
const lagResolutionMs = 20

/**
 * Of the log-ins a second at the first level. A few are let in for as long as there is room at all, so that devices are not kept out for as long as
 * it lasts; at the last level none: a heap that is full of sessions must not take one more.
 */
const logInShares: Readonly<Record<Level, number>> = [Number.POSITIVE_INFINITY, 1, 1 / 5, 1 / 25, 0]

/** From and to, in seconds: who was refused together must not come back together. */
const comeBack = { 'log-in': [5, 30], other: [2, 10] } as const

export function openOverload(needs: OverloadNeeds): Overload {
  const { clock, random, log, limits, watch = () => watchProcess(limits) } = needs
  const watched = watch()
  const shed = Object.fromEntries(works.map((work) => [work, 0])) as Record<Work, number>
  const registrations = createTrickle(clock.now)
  const sessions = createTrickle(clock.now)
  let state = calm
  let worst: Level = 0
  let sinceMs = 0
  let timer: Timer

  function look(): void {
    const before = state.level
    state = step(state, watched.take(), clock.now(), limits)
    tell(before, state.level)
    timer = clock.at(clock.now() + sampleEveryMs, look)
  }

  /** Two lines for each time, however often the level changes between. */
  function tell(before: Level, level: Level): void {
    if (before === 0 && level > 0) {
      ;[worst, sinceMs] = [level, clock.now()]
      log.warn('overload.began', 'This node has more to do than it can, and refuses a part of it.', facts())
    }
    if (level > worst) worst = level
    if (before > 0 && level === 0) {
      const seconds = Math.round((clock.now() - sinceMs) / 1000)
      log.info('overload.ended', 'This node does all again that it is asked for.', { ...facts(), worst, seconds })
    }
  }

  function facts() {
    const { level, lagMs, heapShare } = state
    return { level, lagMs: Math.round(lagMs), heapPercent: Math.round(100 * heapShare) }
  }

  function secondsUntilNext(work: Work): number {
    shed[work]++
    const [least, most] = work === 'log-in' ? comeBack['log-in'] : comeBack.other
    return Math.round(least + random.fraction() * (most - least))
  }

  function refuse(work: Work): never {
    throw new Failure('unavailable', refusals[work], { retryAfterSeconds: secondsUntilNext(work) })
  }

  const logInsPerSecond = () => limits.logInsPerSecond * logInShares[state.level]

  timer = clock.at(clock.now() + sampleEveryMs, look)
  return {
    get load() {
      return state
    },
    mustTake(work) {
      if (state.level < shedFrom[work]) return
      if (work === 'log-in' && registrations.take(logInsPerSecond())) return
      refuse(work)
    },
    turnAway() {
      if (state.level < shedFrom['log-in'] || sessions.take(logInsPerSecond())) return undefined
      return secondsUntilNext('log-in')
    },
    shed,
    [Symbol.dispose]() {
      timer.cancel()
      watched[Symbol.dispose]()
    },
  }
}

function watchProcess({ heapShare }: LoadLimits): Watch {
  const heap = watchHeap(heapShare)
  const delay = monitorEventLoopDelay({ resolution: lagResolutionMs })
  delay.enable()
  return {
    take() {
      // What is measured is the time between two looks, so an idle loop shows the resolution itself.
      const lagMs = Math.max(0, delay.max / 1e6 - lagResolutionMs)
      delay.reset()
      return { lagMs, heapShare: heap.neededShare() }
    },
    [Symbol.dispose]() {
      delay.disable()
      heap[Symbol.dispose]()
    },
  }
}
