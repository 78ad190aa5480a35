/** Work that is done again and again until it succeeds: one run at a time, with growing pauses, and at once when there is more. */
import { type BackoffLimits, backoffMs, type Clock, type Log, type Random, type Timer } from '@fairlead/base'

export interface Again {
  /** Now; if it runs just now, once more behind that. */
  hurry(): void
  /** Within so long, if nothing comes before; of several the earliest counts. */
  within(ms: number): void
  /** Resolves when the run that there is is over; there will be no other. */
  stop(): Promise<void>
}

export interface AgainNeeds {
  clock: Clock
  random: Random
  log: Log
  /** For the log, when it breaks. */
  event: string
  /** @returns false: it is to be tried again later */
  run(): Promise<boolean>
  pauses?: BackoffLimits
}

const usualPauses = { firstMs: 1_000, longestMs: 120_000 }

export function createAgain({ clock, random, log, event, run, pauses = usualPauses }: AgainNeeds): Again {
  let timer: Timer | undefined
  let dueMs = 0
  let running: Promise<void> | undefined
  let isMore = false
  let isStopped = false
  let attempt = 0

  async function runAll(): Promise<void> {
    while (isMore && !isStopped) {
      isMore = false
      if (await runOnce()) attempt = 0
      // What has come meanwhile may be what it waited for.
      else if (!isMore) within(backoffMs(attempt++, pauses, random.fraction()))
    }
    // Not a moment later: what came in between would be nobody's.
    running = undefined
  }

  /** What breaks, a disk that is full among it, is tried again as well. */
  async function runOnce(): Promise<boolean> {
    try {
      return await run()
    } catch (error) {
      log.error(event, 'A step failed, and is tried again.', error)
      return false
    }
  }

  function within(ms: number): void {
    const atMs = clock.now() + ms
    if (isStopped || (timer && dueMs <= atMs)) return
    timer?.cancel()
    timer = clock.at(atMs, hurry)
    dueMs = atMs
  }

  function hurry(): void {
    timer?.cancel()
    timer = undefined
    isMore = true
    if (running || isStopped) return
    running = runAll()
  }

  return {
    hurry,
    within,
    async stop() {
      isStopped = true
      timer?.cancel()
      await running
    },
  }
}
