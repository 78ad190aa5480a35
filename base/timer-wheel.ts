/** Many timers on one: a relay has some for each device, and a timer of the system's costs more than what it waits for. */

/** Moments are rounded up to this. */
const tickMs = 4

/** What the wheel stands on; `setTimeout` and a clock that never goes back. */
export interface TimerWheelNeeds {
  now(): number
  /** Calls `ring` once, `delayMs` from now. @returns takes it back */
  ringIn(delayMs: number, ring: () => void): () => void
}

/** One timer, and its place in the ring of those that are due in the same tick. */
class WheelTimer {
  run: (() => void) | undefined
  before: WheelTimer = this
  after: WheelTimer = this
  readonly #wheel: TimerWheel

  constructor(wheel: TimerWheel, run: (() => void) | undefined) {
    this.#wheel = wheel
    this.run = run
  }

  /** After it ran it does nothing. */
  cancel(): void {
    if (this.takeOut()) this.#wheel.cancelled()
  }

  /** @returns what it was to run, once */
  takeOut(): (() => void) | undefined {
    const { run } = this
    this.run = undefined
    this.before.after = this.after
    this.after.before = this.before
    this.before = this
    this.after = this
    return run
  }
}

/** Timers of one tick: an anchor that is no timer, and a ring from it to it, oldest first. */
type Ring = WheelTimer

export class TimerWheel {
  readonly #needs: TimerWheelNeeds
  readonly #rings = new Map<number, Ring>()
  /** The keys of the rings, as a heap: the first is the smallest. */
  readonly #ticks: number[] = []
  #waiting = 0
  #armedFor = Number.POSITIVE_INFINITY
  #disarm = () => {}

  constructor(needs: TimerWheelNeeds) {
    this.#needs = needs
  }

  /** Runs `run` once, at or within a tick after `atMs`, never in this same turn. */
  at(atMs: number, run: () => void): { cancel(): void } {
    // What is due already comes with the next tick: a ring that is being run gets no new timers.
    const tick = Math.max(Math.ceil(atMs / tickMs), Math.floor(this.#needs.now() / tickMs) + 1)
    const ring = this.#ringOf(tick)
    const timer = new WheelTimer(this, run)
    timer.before = ring.before
    timer.after = ring
    ring.before.after = timer
    ring.before = timer
    this.#waiting++
    this.#arm()
    return timer
  }

  /** Nothing keeps a program running that waits for nothing. Else an empty ring goes when its tick comes. */
  cancelled(): void {
    this.#waiting--
    if (this.#waiting === 0) this.#clear()
  }

  #clear(): void {
    this.#rings.clear()
    this.#ticks.length = 0
    this.#armedFor = Number.POSITIVE_INFINITY
    this.#disarm()
  }

  #ringOf(tick: number): Ring {
    const known = this.#rings.get(tick)
    if (known) return known
    const ring = new WheelTimer(this, undefined)
    this.#rings.set(tick, ring)
    push(this.#ticks, tick)
    return ring
  }

  #arm(): void {
    const next = this.#ticks[0] ?? Number.POSITIVE_INFINITY
    if (next >= this.#armedFor) return
    this.#disarm()
    this.#armedFor = next
    const delayMs = Math.max(1, Math.ceil(next * tickMs - this.#needs.now()))
    this.#disarm = this.#needs.ringIn(delayMs, () => this.#ring())
  }

  #ring(): void {
    this.#armedFor = Number.POSITIVE_INFINITY
    try {
      const nowTick = Math.floor(this.#needs.now() / tickMs)
      for (let tick = this.#ticks[0]; tick !== undefined && tick <= nowTick; tick = this.#ticks[0]) this.#runTick(tick)
    } finally {
      // Also when one has thrown: the others are not its fault.
      if (this.#waiting === 0) this.#clear()
      else this.#arm()
    }
  }

  #runTick(tick: number): void {
    const ring = this.#rings.get(tick)
    for (let timer = ring?.after; timer && timer !== ring; timer = ring?.after) {
      const run = timer.takeOut()
      this.#waiting--
      run?.()
    }
    // Unless all that waited was cancelled meanwhile, and the wheel is new.
    if (!ring || this.#rings.get(tick) !== ring) return
    this.#rings.delete(tick)
    pop(this.#ticks)
  }
}

function push(heap: number[], value: number): void {
  let at = heap.push(value) - 1
  while (at > 0) {
    const above = (at - 1) >>> 1
    const parent = heap[above] ?? 0
    if (parent <= value) break
    heap[at] = parent
    at = above
  }
  heap[at] = value
}

/** Takes the smallest away. */
function pop(heap: number[]): void {
  const last = heap.pop()
  if (last === undefined || heap.length === 0) return
  let at = 0
  for (;;) {
    const left = 2 * at + 1
    const [one = Number.POSITIVE_INFINITY, other = Number.POSITIVE_INFINITY] = [heap[left], heap[left + 1]]
    const least = Math.min(one, other)
    if (least >= last) break
    heap[at] = least
    at = one <= other ? left : left + 1
  }
  heap[at] = last
}
