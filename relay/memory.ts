/**
 * Gives memory back once the relay is calm. After a storm of log-ins or a flood V8 keeps what it has grown to, with holes:
 * 5,000 held sessions took 40 KB each and need 21.
 */
import type { Clock, Log, Timer } from '@fairlead/base'

export interface MemoryNeeds {
  clock: Clock
  log: Log
  /** What the heap takes from the system, in use or not. */
  heapBytes(): number
  /** 0 to 1: how much of the time since it was last asked went into work. */
  takeUtilization(): number
  /** Collects all that can be, and makes the heap small. Nothing else runs meanwhile: some 3 ms for each megabyte in use. */
  collect(): void
}

const checkEveryMs = 5000
/** 5,000 devices that only poll are 3 %; at 10 % nobody notices when everything stands still for a moment, at 20 some do. */
const calmUtilization = 0.1
/** One after the other: a pause in a storm is no calm. */
const calmChecks = 2
/** Less is V8's own business, and not worth a stop. */
const worthGrowth = 2
const restMs = 60_000

export function watchMemory({ clock, log, heapBytes, takeUtilization, collect }: MemoryNeeds): Disposable {
  let leastBytes = heapBytes()
  let collectedAtMs = Number.NEGATIVE_INFINITY
  /** What a storm has left dies within a minute: then there is more to give back. */
  let isOwed = false
  let calm = 0
  let timer: Timer
  takeUtilization()

  function check(): void {
    timer = clock.at(clock.now() + checkEveryMs, check)
    calm = takeUtilization() < calmUtilization ? calm + 1 : 0
    const beforeBytes = heapBytes()
    const hasGrown = beforeBytes >= worthGrowth * leastBytes
    if (calm < calmChecks || !(hasGrown || isOwed) || clock.now() < collectedAtMs + restMs) return
    isOwed = hasGrown
    const startedMs = clock.now()
    collect()
    collectedAtMs = clock.now()
    leastBytes = heapBytes()
    const [beforeMb, afterMb] = [beforeBytes, leastBytes].map((bytes) => Math.round(bytes / 2 ** 20))
    const ms = Math.round(collectedAtMs - startedMs)
    log.info('relay.memory-returned', 'The relay is calm and gave memory back.', { beforeMb, afterMb, ms })
  }
  timer = clock.at(clock.now() + checkEveryMs, check)
  return { [Symbol.dispose]: () => timer.cancel() }
}
