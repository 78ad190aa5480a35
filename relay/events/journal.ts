/**
 * The journal: what happened here, numbered in the order of its commits.
 *
 * An event is appended in the transaction of what it tells of, so neither is ever true without the other. It is heard of
 * after the commit. Kept for 24 hours and for 100,000 events, whichever is less.
 */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { EventType } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { EventRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import { createJournalStore } from './store.ts'

export interface Happening {
  type: Exclude<EventType, 'reset'>
  account: string
  device?: string
  /** When it happened, in milliseconds since 1970, if not at this moment. */
  at?: number
  /** Facts beside `at`, `account` and `device`, as JSON; picked by name, they are shown to the account. */
  facts?: Readonly<Record<string, unknown>>
}

/** One event as a stream sends it. */
export interface JournalEntry {
  readonly seq: number
  readonly account: string | null
  readonly device: string | null
  readonly type: string
  /** JSON: `{at, account, device, …}`. */
  readonly data: string
}

export interface Journal extends Disposable {
  append(tx: Transaction, happening: Happening): Promise<void>
  /** For what is written nowhere else: a transaction of its own. */
  record(happening: Happening): Promise<void>
  /** The same, soon and together with others: for what happens a thousand times a second. A crash may lose it. */
  recordSoon(happening: Happening): void
  /** Number of the newest event; 0 when nothing ever happened. */
  newest(): number
  /** Number of the newest event that is gone: who has seen less than that has missed something. */
  forgottenUpTo(): number
  /** What came after `seq`, in order, at most `limit`; from memory when it is recent. */
  after(seq: number, limit: number): Promise<readonly JournalEntry[]>
  /** Called after each commit, in order. Must not throw. @returns stops it */
  subscribe(hear: (entry: JournalEntry) => void): () => void
  /** Forgets what is too old or too much; also done by itself. */
  prune(): Promise<void>
}

export interface JournalNeeds {
  database: Database
  clock: Clock
  log: Log
  /** Default 24 hours. */
  keepMs?: number
  /** Default 100,000. */
  keepEvents?: number
}

const pruneEveryMs = 60_000
/** Removed at once: a long delete would hold up everybody's writes. */
const pruneStep = 2_000
/** Recent events stay in memory, so that streams that keep up never touch the disk. */
const maxRecent = 1_000
/** Others that come within this time share a transaction. */
const soonMs = 25
/** More at once would hold up everybody's writes. */
const mostSoon = 200
const maxRecentChars = 4 * 1024 * 1024

export async function openJournal(needs: JournalNeeds): Promise<Journal> {
  const { database, clock, log, keepMs = 24 * 3_600_000, keepEvents = 100_000 } = needs
  const store = createJournalStore(database)
  const kept = await store.bounds()
  let newest = kept?.last ?? 0
  let nextSeq = newest + 1
  let forgottenUpTo = kept ? kept.first - 1 : 0
  const recent = createRecent(newest)
  const listeners = new Set<(entry: JournalEntry) => void>()
  let closed = false

  let soon: { happening: Happening; at: number }[] = []
  let soonTimer: Timer | undefined

  function rowOf({ type, account, device, facts = {} }: Happening, at: number): EventRow {
    return { seq: nextSeq++, at, account, device: device ?? null, type, data: JSON.stringify(facts) }
  }

  async function add(tx: Transaction, rows: readonly EventRow[]): Promise<void> {
    await store.add(tx.sql, rows)
    tx.afterCommit(() => {
      for (const row of rows) {
        newest = row.seq
        const entry = entryOf(row)
        recent.add(entry)
        for (const hear of listeners) hear(entry)
      }
    })
  }

  const append = (tx: Transaction, happening: Happening) => add(tx, [rowOf(happening, happening.at ?? clock.wallNow())])

  async function prune(): Promise<void> {
    const tooOld = await store.lastBefore(clock.wallNow() - keepMs)
    // The newest stays whatever its age: the numbers go on from it after a restart.
    const upTo = Math.min(newest - 1, Math.max(tooOld, newest - keepEvents))
    while (!closed && forgottenUpTo < upTo) {
      const step = Math.min(upTo, forgottenUpTo + pruneStep)
      await store.removeUpTo(step)
      forgottenUpTo = step
    }
  }

  function recordSoon(happening: Happening): void {
    soon.push({ happening, at: clock.wallNow() })
    if (soon.length >= mostSoon) writeSoon()
    else soonTimer ??= clock.at(clock.now() + soonMs, writeSoon)
  }

  function writeSoon(): void {
    soonTimer?.cancel()
    soonTimer = undefined
    const happenings = soon
    soon = []
    if (happenings.length === 0) return
    inBackground(log, 'events.lost', () =>
      database.write((tx) =>
        add(
          tx,
          happenings.map(({ happening, at }) => rowOf(happening, at)),
        ),
      ),
    )
  }

  let timer: Timer | undefined
  /** The next time is counted from the end of this one: they never pile up. */
  function pruneLater(): void {
    if (closed) return
    timer = clock.at(clock.now() + pruneEveryMs, () =>
      inBackground(log, 'events.prune-failed', () => prune().finally(pruneLater)),
    )
  }
  pruneLater()

  return {
    append,
    record: (happening) => database.write((tx) => append(tx, happening)),
    recordSoon,
    newest: () => newest,
    forgottenUpTo: () => forgottenUpTo,
    async after(seq, limit) {
      return recent.after(seq, limit) ?? (await store.after(seq, limit)).map(entryOf)
    },
    subscribe(hear) {
      listeners.add(hear)
      return () => void listeners.delete(hear)
    },
    prune,
    [Symbol.dispose]() {
      // The database, which is closed after this, waits for it.
      writeSoon()
      closed = true
      timer?.cancel()
    },
  }
}

function entryOf({ seq, at, account, device, type, data }: EventRow): JournalEntry {
  const head = { at: new Date(at).toISOString(), account, ...(device === null ? {} : { device }) }
  return { seq, account, device, type, data: JSON.stringify({ ...head, ...JSON.parse(data) }) }
}

function createRecent(newestAtStart: number) {
  const entries: JournalEntry[] = []
  /** Everything after this number is in `entries`. */
  let completeAfter = newestAtStart
  let chars = 0
  return {
    add(entry: JournalEntry): void {
      entries.push(entry)
      chars += entry.data.length
      while (entries.length > maxRecent || chars > maxRecentChars) {
        const dropped = entries.shift()
        if (!dropped) return
        chars -= dropped.data.length
        completeAfter = dropped.seq
      }
    },
    /** @returns undefined when that is too long ago for memory */
    after(seq: number, limit: number): readonly JournalEntry[] | undefined {
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
