/** Entries that are written behind what they tell of, in groups, so that nothing waits for them. */
import type { Clock, Log, Timer } from '@fairlead/base'
import type { NewAuditRow } from '../database/tables.ts'

export interface Behind extends AsyncDisposable {
  add(row: NewAuditRow): void
}

export interface BehindNeeds {
  clock: Clock
  log: Log
  /** In one transaction. */
  write(rows: readonly NewAuditRow[]): Promise<void>
  /** Of entries that there was no room for while the record could not be written. */
  lost(count: number): NewAuditRow
  /** Others that come within this time share a transaction. */
  soonMs: number
  /** Default: some 50 MiB of them, while the record cannot be written. */
  mostWaiting?: number
}

/** Written at once; more would hold up everybody's writes. */
const mostAtOnce = 200
const againMs = 1_000

export function createBehind(needs: BehindNeeds): Behind {
  const { clock, log, write, lost, soonMs, mostWaiting = 100_000 } = needs
  let waiting: NewAuditRow[] = []
  let lostCount = 0
  let isLate = false
  let writing: Promise<void> | undefined
  let timer: Timer | undefined

  function later(ms: number): void {
    timer ??= clock.at(clock.now() + ms, () => {
      timer = undefined
      void writeAll()
    })
  }

  /** One group after the other, so that they stand in the order in which they came. What fails is tried again: does not throw. */
  function writeAll(): Promise<void> {
    writing ??= writeGroups().finally(() => {
      writing = undefined
    })
    return writing
  }

  async function writeGroups(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, mostAtOnce)
      const told = lostCount
      try {
        await write(told > 0 ? [lost(told), ...group] : group)
      } catch (error) {
        if (!isLate)
          log.error('audit.late', 'Entries of the audit log cannot be stored: tried again every second.', error)
        isLate = true
        // Should it be on disk all the same, it stands there twice: better than not at all.
        return later(againMs)
      }
      isLate = false
      lostCount -= told
      waiting = waiting.slice(group.length)
    }
  }

  return {
    add(row) {
      if (waiting.length >= mostWaiting) lostCount++
      else waiting.push(row)
      later(soonMs)
    },
    async [Symbol.asyncDispose]() {
      timer?.cancel()
      await writeAll()
      timer?.cancel()
      const count = waiting.length + lostCount
      if (count === 0) return
      log.error('audit.lost', 'The relay stops, and entries of its audit log could not be stored.', undefined, {
        count,
      })
    },
  }
}
