/** A record that is away is told of once, when that begins and when it is over, and not by each room that had something to write down. */
import { type Clock, Failure, type Log, silentLog } from '@fairlead/base'

/** What does not work; each may be without the other. */
export type Way = 'write' | 'read'

/** That something failed for no reason of its own: `unavailable` to whoever asked, and no line of the log. */
export class RecordAway extends Failure {}

export interface Outage extends Disposable {
  /** As it was given, without what failed because the record is away. */
  readonly log: Log
  failed(way: Way, why: unknown): void
  worked(way: Way): void
}

/** A disk that is full takes a little now and then: it is over when nothing has failed for so long. */
const calmMs = 5_000

export function createOutage(log: Log, clock: Pick<Clock, 'now'>): Outage {
  /** Since when, and when it failed last. */
  const away = new Map<Way, { sinceMs: number; failedMs: number }>()
  /** What the rooms would have said, and how often. */
  const unsaid = new Map<string, number>()

  function takeUnsaid(): string {
    const words = [...unsaid].map(([event, count]) => `${event} ${count}`).join(', ')
    unsaid.clear()
    return words
  }

  return {
    log: {
      ...log,
      error(event, msg, error, facts) {
        if (isOfOutage(error)) unsaid.set(event, (unsaid.get(event) ?? 0) + 1)
        else log.error(event, msg, error, facts)
      },
    },
    failed(way, why) {
      const nowMs = clock.now()
      const known = away.get(way)
      if (known) known.failedMs = nowMs
      else {
        away.set(way, { sinceMs: nowMs, failedMs: nowMs })
        log.error('database.away', `Nothing can be ${wordOf[way]} right now.`, why, { way })
      }
    },
    worked(way) {
      const known = away.get(way)
      const nowMs = clock.now()
      if (!known || nowMs - known.failedMs < calmMs) return
      away.delete(way)
      const seconds = Math.round((nowMs - known.sinceMs) / 1000)
      const facts = { way, seconds, failed: takeUnsaid() }
      log.info('database.back', `What could not be ${wordOf[way]} can be again.`, facts)
    },
    [Symbol.dispose]() {
      const failed = takeUnsaid()
      if (failed !== '') log.error('database.away', 'The relay ends before the record is back.', undefined, { failed })
    },
  }
}

export const noOutage: Outage = { log: silentLog, failed() {}, worked() {}, [Symbol.dispose]() {} }

const wordOf = { write: 'written', read: 'read' } as const

/** Whoever passes it on may say it in other words. */
function isOfOutage(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) if (each instanceof RecordAway) return true
  return false
}
