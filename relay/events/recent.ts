/** The newest events, in memory: streams that keep up never touch the disk. */
import type { JournalEntry } from './entry.ts'

const maxRecent = 1_000
const maxRecentChars = 4 * 1024 * 1024

export interface Recent {
  add(entry: JournalEntry): void
  /** What was up to this number is not in it, and not missed. */
  passOver(seq: number): void
  /** @returns undefined when that is too long ago for memory */
  after(seq: number, limit: number): readonly JournalEntry[] | undefined
}

/** @param newestAtStart events up to this number are not in it */
export function createRecent(newestAtStart: number): Recent {
  const entries: JournalEntry[] = []
  /** Everything after this number is in `entries`. */
  let completeAfter = newestAtStart
  let chars = 0
  return {
    add(entry) {
      entries.push(entry)
      chars += entry.data.length
      while (entries.length > maxRecent || chars > maxRecentChars) {
        const dropped = entries.shift()
        if (!dropped) return
        chars -= dropped.data.length
        completeAfter = dropped.seq
      }
    },
    passOver(seq) {
      entries.length = 0
      chars = 0
      completeAfter = seq
    },
    after(seq, limit) {
      if (seq < completeAfter) return undefined
      let low = 0
      let high = entries.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((entries[middle]?.seq ?? 0) > seq) high = middle
        else low = middle + 1
      }
      return entries.slice(low, low + limit)
    },
  }
}
