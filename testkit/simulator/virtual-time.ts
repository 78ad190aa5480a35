/** Virtual time: a queue of what is to happen, played as fast as the machine can; what falls together is shuffled. */
import type { Timer } from '@fairlead/base'
import type { Chance } from './chance.ts'

export interface VirtualTime {
  readonly nowMs: number
  readonly pending: number
  /** Never in this same turn. */
  at(atMs: number, run: () => void): Timer
  after(delayMs: number, run: () => void): Timer
  /** The same, for what sets off no promise: the microtask queue need not be run after it. */
  quietlyAfter(delayMs: number, run: () => void): Timer
  /** What is being played has set one off after all. */
  stir(): void
  /** What was played last was quiet. */
  readonly isQuiet: boolean
  /** Plays the next thing, if it comes before `untilMs`; false: nothing more does. */
  step(untilMs: number): boolean
}

class Due implements Timer {
  run: (() => void) | undefined
  readonly atMs: number
  readonly tie: number
  readonly isQuiet: boolean

  constructor(atMs: number, tie: number, isQuiet: boolean, run: () => void) {
    this.atMs = atMs
    this.tie = tie
    this.isQuiet = isQuiet
    this.run = run
  }

  cancel(): void {
    this.run = undefined
  }
}

export function createVirtualTime(chance: Chance, startMs = 1_000_000): VirtualTime {
  /** A binary heap, soonest first. */
  const heap: Due[] = []
  let nowMs = startMs
  let isQuiet = false

  const isSooner = (one: Due, other: Due) => one.atMs < other.atMs || (one.atMs === other.atMs && one.tie < other.tie)

  function push(due: Due): void {
    let place = heap.push(due) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      const above = heap[parent] as Due
      if (!isSooner(due, above)) break
      heap[place] = above
      place = parent
    }
    heap[place] = due
  }

  function pop(): Due | undefined {
    const first = heap[0]
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return first
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isSooner(heap[child + 1] as Due, heap[child] as Due)) child++
      if (!isSooner(heap[child] as Due, last)) break
      heap[place] = heap[child] as Due
      place = child
    }
    heap[place] = last
    return first
  }

  function at(atMs: number, run: () => void, isQuiet = false): Timer {
    const due = new Due(Math.max(atMs, nowMs), chance.fraction(), isQuiet, run)
    push(due)
    return due
  }

  return {
    get nowMs() {
      return nowMs
    },
    get pending() {
      return heap.length
    },
    stir() {
      isQuiet = false
    },
    get isQuiet() {
      return isQuiet
    },
    at: (atMs, run) => at(atMs, run),
    after: (delayMs, run) => at(nowMs + delayMs, run),
    quietlyAfter: (delayMs, run) => at(nowMs + delayMs, run, true),
    step(untilMs) {
      for (let first = heap[0]; first && first.atMs <= untilMs; first = heap[0]) {
        pop()
        const { run } = first
        if (!run) continue
        first.run = undefined
        nowMs = first.atMs
        isQuiet = first.isQuiet
        run()
        return true
      }
      nowMs = Math.max(nowMs, untilMs)
      return false
    },
  }
}
