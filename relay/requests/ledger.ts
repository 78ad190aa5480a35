/** Receipts in memory: of every request that is open, and for a while of those that are not. */
import { type Clock, InOrder } from '@fairlead/base'
import type { RequestRecord } from './record.ts'

/** Contract part 3: "as long as memory allows (10 minutes, 100,000)". */
const keepMs = 600_000
const keepRecords = 100_000
const keepChars = 48 * 1024 * 1024

export interface Ledger {
  add(record: RequestRecord): void
  /** One that has ended is a copy: whoever changes it says so with `ended`. */
  find(requestId: string): RequestRecord | undefined
  /** It ended, or more is known of its end: from now on it may be forgotten. */
  ended(record: RequestRecord): void
  /** What is known of it is elsewhere. */
  forget(requestId: string): void
}

/**
 * What ended, as one text: a record is a dozen objects, and a hundred thousand of them would be the largest thing in the
 * relay's memory, looked at by every collection of garbage.
 */
interface Packed {
  atMs: number
  text: string
}

export function createLedger(clock: Clock): Ledger {
  /** Open, or on their way to disk. */
  const live = new Map<string, RequestRecord>()
  /** In the order in which they ended. */
  const over = new InOrder<string, Packed>()
  let chars = 0

  function forget(requestId: string): void {
    chars -= over.get(requestId)?.text.length ?? 0
    over.delete(requestId)
  }

  function pack({ saving: _, ...record }: RequestRecord): void {
    live.delete(record.requestId)
    const text = JSON.stringify(record)
    over.add(record.requestId, { atMs: clock.now(), text })
    chars += text.length
    prune()
  }

  function prune(): void {
    const tooOldMs = clock.now() - keepMs
    for (let oldest = over.oldest(); oldest; oldest = over.oldest()) {
      const [requestId, { atMs }] = oldest
      if (atMs > tooOldMs && over.size <= keepRecords && chars <= keepChars) return
      forget(requestId)
    }
  }

  return {
    add: (record) => void live.set(record.requestId, record),
    find(requestId) {
      const packed = over.get(requestId)
      return packed ? unpack(packed) : live.get(requestId)
    },
    forget(requestId) {
      forget(requestId)
      live.delete(requestId)
    },
    ended(record) {
      const { requestId, saving } = record
      forget(requestId)
      if (!saving) return pack(record)
      live.set(requestId, record)
      // One that cannot be stored stays as it is: it is tried again.
      saving.then(
        () => live.get(requestId) === record && record.saving === saving && pack(record),
        () => {},
      )
    },
  }
}

function unpack({ text }: Packed): RequestRecord {
  const record: RequestRecord = JSON.parse(text)
  return record.durable ? { ...record, saving: Promise.resolve() } : record
}
