/**
 * The journal: what happened here, numbered in the order of its commits.
 *
 * An event is appended in the transaction of what it tells of, so neither is ever true without the other. It is heard of
 * after the commit. Kept for 24 hours and for 100,000 events, whichever is less.
 */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { EventRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Happening, JournalEntry, SharedJournal } from './entry.ts'
import { createFollowing } from './following.ts'
import { createRecent } from './recent.ts'
import { createJournalStore } from './store.ts'

export interface Journal extends Disposable {
  append(tx: Transaction, happening: Happening): void
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
  /** Resolves when everything is known here that any node has written so far. At once where there are no others. */
  catchUp(): Promise<void>
  /** Another node has written these events, all of them quiet. */
  othersWroteQuietly(from: number, upTo: number): void
}

export interface JournalNeeds {
  database: Database
  clock: Clock
  log: Log
  /** Default 24 hours. */
  keepMs?: number
  /** Default 100,000. */
  keepEvents?: number
  /** Where other nodes write to this record as well. */
  shared?: SharedJournal
}

const pruneEveryMs = 60_000
/** Removed at once: a long delete would hold up everybody's writes. */
const pruneStep = 2_000
/** Others that come within this time share a transaction. */
const soonMs = 25
/** The same where nodes take turns at the record: a transaction is some round trips, and whoever numbers events holds up the others. */
const soonMsOfSeveral = 100
/** More at once would hold up everybody's writes. */
const mostSoon = 200

export async function openJournal(needs: JournalNeeds): Promise<Journal> {
  const { database, clock, log, keepMs = 24 * 3_600_000, keepEvents = 100_000, shared } = needs
  const store = createJournalStore(database)
  let newest = await store.newest()
  let forgottenUpTo = ((await store.oldest()) ?? newest + 1) - 1
  const recent = createRecent(newest)
  const listeners = new Set<(entry: JournalEntry) => void>()
  let closed = false

  let soon: { happening: Happening; at: number }[] = []
  let soonTimer: Timer | undefined

  function appendAt(tx: Transaction, { type, account, device, facts = {} }: Happening, at: number): void {
    tx.tell(
      { at, account, device: device ?? null, type, data: JSON.stringify(facts), node: shared?.node() ?? 0 },
      written,
    )
  }

  function hearOf(row: EventRow): void {
    newest = row.seq
    const entry = entryOf(row)
    recent.add(entry)
    for (const hear of listeners) hear(entry)
  }

  function passOver(seq: number): void {
    if (seq <= newest) return
    newest = seq
    recent.passOver(seq)
  }

  const following = shared && createFollowing({ clock, log, store, shared, newest: () => newest, hearOf, passOver })
  const written = (row: EventRow) => (following ? following.written(row) : hearOf(row))

  const append = (tx: Transaction, happening: Happening) => appendAt(tx, happening, happening.at ?? clock.wallNow())

  async function prune(): Promise<void> {
    const tooOld = await store.lastBefore(clock.wallNow() - keepMs)
    const upTo = Math.min(newest, Math.max(tooOld, newest - keepEvents))
    while (!closed && forgottenUpTo < upTo) {
      const step = Math.min(upTo, forgottenUpTo + pruneStep)
      await store.removeUpTo(step)
      forgottenUpTo = step
    }
  }

  function recordSoon(happening: Happening): void {
    soon.push({ happening, at: clock.wallNow() })
    if (soon.length >= mostSoon) writeSoon()
    else soonTimer ??= clock.at(clock.now() + (shared ? soonMsOfSeveral : soonMs), writeSoon)
  }

  function writeSoon(): void {
    soonTimer?.cancel()
    soonTimer = undefined
    const happenings = soon
    soon = []
    if (happenings.length === 0) return
    inBackground(log, 'events.lost', () =>
      database.write(async (tx) => {
        for (const { happening, at } of happenings) appendAt(tx, happening, at)
      }),
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
    record: (happening) => database.write(async (tx) => append(tx, happening)),
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
    catchUp: () => following?.catchUp() ?? Promise.resolve(),
    othersWroteQuietly: (from, upTo) => following?.othersWroteQuietly(from, upTo),
    [Symbol.dispose]() {
      // The database, which is closed after this, waits for it.
      writeSoon()
      closed = true
      timer?.cancel()
      following?.[Symbol.dispose]()
    },
  }
}

function entryOf({ seq, at, account, device, type, data }: EventRow): JournalEntry {
  const head = { at: new Date(at).toISOString(), account, ...(device === null ? {} : { device }) }
  return { seq, account, device, type, data: JSON.stringify({ ...head, ...JSON.parse(data) }) }
}
