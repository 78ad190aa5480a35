/** Time, handed in: a monotonic clock for what waits, the wall clock for what people read. */

import { TimerWheel } from './timer-wheel.ts'

/** A pending call; `cancel` after it ran does nothing. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds that never go back; only differences mean anything. */
  now(): number
  /** Milliseconds since 1970, for records and people; it may jump. */
  wallNow(): number
  /** Calls `run` once, at or soon after `atMs` of `now()`; never in this same turn. */
  at(atMs: number, run: () => void): Timer
}

/** Longest delay that `setTimeout` takes; a longer one would fire at once. Who is rung early asks again. */
const longestDelayMs = 2 ** 31 - 1

/** Whole milliseconds: nobody here needs more, and a fraction would cost an object for each moment that is kept. */
const monotonicNow = () => Math.floor(performance.now())

const wheel = new TimerWheel({
  now: monotonicNow,
  ringIn(delayMs, ring) {
    const timeout = setTimeout(ring, Math.min(delayMs, longestDelayMs))
    return () => clearTimeout(timeout)
  },
})

export const systemClock: Clock = {
  now: monotonicNow,
  wallNow: () => Date.now(),
  at: (atMs, run) => wheel.at(atMs, run),
}

/** A clock that tests turn by hand. `pass` runs what has come due, in order of time. */
export interface HandClock extends Clock {
  pass(ms: number): void
}

export function createHandClock(startMs = 1_000_000): HandClock {
  let nowMs = startMs
  let order = 0
  const pending = new Map<number, { atMs: number; order: number; run: () => void }>()

  function nextDue(untilMs: number) {
    let first: { key: number; atMs: number; order: number; run: () => void } | undefined
    for (const [key, timer] of pending) {
      if (timer.atMs > untilMs) continue
      if (!first || timer.atMs < first.atMs || (timer.atMs === first.atMs && timer.order < first.order))
        first = { key, ...timer }
    }
    return first
  }

  return {
    now: () => nowMs,
    wallNow: () => 1_700_000_000_000 + nowMs,
    at(atMs, run) {
      const key = ++order
      pending.set(key, { atMs, order: key, run })
      return { cancel: () => void pending.delete(key) }
    },
    pass(ms) {
      const untilMs = nowMs + ms
      for (let due = nextDue(untilMs); due; due = nextDue(untilMs)) {
        pending.delete(due.key)
        nowMs = Math.max(nowMs, due.atMs)
        due.run()
      }
      nowMs = untilMs
    },
  }
}

/** Resolves after that time of this clock, in milliseconds. */
export function passing(clock: Pick<Clock, 'now' | 'at'>, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + ms, resolve))
}
