/** Receipts in memory: of every request that is open, and for a while of those that are not. */
import type { Clock } from '@fairlead/base'
import type { RequestRecord } from './record.ts'

/** Contract part 3: "as long as memory allows (10 minutes, 100,000)". */
const keepMs = 600_000
const keepRecords = 100_000

export interface Ledger {
  add(record: RequestRecord): void
  find(requestId: string): RequestRecord | undefined
  /** It ended: from now on it may be forgotten. */
  ended(record: RequestRecord): void
  /** It left nothing worth remembering. */
  forget(requestId: string): void
}

export function createLedger(clock: Clock): Ledger {
  const records = new Map<string, RequestRecord>()
  /** In the order in which they ended. */
  const endedAt = new Map<string, number>()

  function prune(): void {
    const tooOldMs = clock.now() - keepMs
    for (const [requestId, atMs] of endedAt) {
      if (atMs > tooOldMs && endedAt.size <= keepRecords) return
      endedAt.delete(requestId)
      records.delete(requestId)
    }
  }

  return {
    add: (record) => void records.set(record.requestId, record),
    find: (requestId) => records.get(requestId),
    ended(record) {
      endedAt.set(record.requestId, clock.now())
      prune()
    },
    forget(requestId) {
      records.delete(requestId)
      endedAt.delete(requestId)
    },
  }
}
