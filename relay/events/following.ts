/** Follows what other nodes write to the journal: in its order, and known here before anybody here is told of it. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { EventRow } from '../database/tables.ts'
import { quietTypes, type SharedJournal } from './entry.ts'
import type { JournalStore } from './store.ts'

export interface Following extends Disposable {
  /** This node has written it. */
  written(row: EventRow): void
  /** Another node has written these, all of them quiet. */
  othersWroteQuietly(from: number, upTo: number): void
  /** Resolves when everything is known here that was on disk when it was asked for. @throws what the record throws */
  catchUp(): Promise<void>
}

export interface FollowingNeeds {
  clock: Clock
  log: Log
  store: Pick<JournalStore, 'after' | 'changesAfter' | 'newest' | 'oldest'>
  shared: SharedJournal
  newest(): number
  /** In order, each once. */
  hearOf(row: EventRow): void
  /** Nobody here wants to hear of anything up to this number. */
  passOver(seq: number): void
}

/** Others tell at once of what they wrote; this is for what the bus has lost. */
const lookEveryMs = 500
const rowsAtOnce = 500
/** So far behind, some of it may be forgotten. */
const farBehind = 1_000
const quiet = new Set<string>(quietTypes)

export function createFollowing(needs: FollowingNeeds): Following {
  const { clock, log, store, shared, newest, hearOf, passOver } = needs
  let reading: Promise<void> | undefined
  /** What was asked for while it read: it may be newer than what that reading finds. */
  let next: Promise<void> | undefined
  let closed = false

  async function read(): Promise<void> {
    try {
      await (shared.isListenedTo() ? readAll() : readChanges())
    } catch (error) {
      // The node stops, and its record is closed: nobody is told any more.
      if (!closed) throw error
    }
  }

  /** Nobody here hears of events: what other nodes did for their services is of no use. */
  async function readChanges(): Promise<void> {
    const upTo = await store.newest()
    if (upTo <= newest() || closed) return
    const isForgotten = upTo - newest() > farBehind && ((await store.oldest()) ?? upTo) > newest() + 1
    const rows = isForgotten ? undefined : await store.changesAfter(newest(), upTo, shared.node())
    if (rows === undefined || rows.length > 0) await shared.learn(rows)
    passOver(upTo)
    tellKnown(rows === undefined || rows.length > 0)
  }

  async function readAll(): Promise<void> {
    for (let found = rowsAtOnce; found === rowsAtOnce && !closed; ) {
      const rows = await store.after(newest(), rowsAtOnce)
      found = rows.length
      if (found > 0) await take(rows)
    }
  }

  async function take(rows: readonly EventRow[]): Promise<void> {
    const isWhole = rows[0]?.seq === newest() + 1
    const others = rows.filter(({ node }) => node !== shared.node())
    if (!isWhole) await shared.learn(undefined)
    else if (others.length > 0) await shared.learn(others)
    for (const row of rows) if (row.seq > newest()) hearOf(row)
    tellKnown(!isWhole || others.some(({ type }) => !quiet.has(type)))
  }

  let wroteUpTo = 0
  let toldUpTo = 0

  /** Others wait for it only where something has changed: what they wrote, or what is written here. */
  function tellKnown(hasLearnt: boolean): void {
    if (!hasLearnt && wroteUpTo <= toldUpTo) return
    toldUpTo = newest()
    shared.known(toldUpTo)
  }

  /** What is quiet too, though nobody waits for it: how far a node is behind is seen by it, and nodes of before this one do wait. */
  function tellStanding(): void {
    if (newest() > toldUpTo) tellKnown(true)
  }

  function start(): Promise<void> {
    reading = read().finally(() => {
      reading = undefined
    })
    return reading
  }

  function catchUp(): Promise<void> {
    if (!reading) return start()
    next ??= reading
      .catch(() => {})
      .then(() => {
        next = undefined
        return start()
      })
    return next
  }

  /** A thousand times a second: what is written together is told together. */
  let untold: { from: number; upTo: number } | undefined

  function tellQuietly(seq: number): void {
    if (untold?.upTo === seq - 1) {
      untold.upTo = seq
      return
    }
    const told = { from: seq, upTo: seq }
    untold = told
    queueMicrotask(() => {
      if (untold === told) untold = undefined
      shared.wroteQuietly(told.from, told.upTo)
    })
  }

  let timer: Timer | undefined
  function lookLater(): void {
    if (closed) return
    timer = clock.at(clock.now() + lookEveryMs, () =>
      inBackground(log, 'events.not-followed', () => catchUp().then(tellStanding).finally(lookLater)),
    )
  }
  lookLater()

  return {
    written(row) {
      const isQuiet = quiet.has(row.type)
      if (isQuiet) tellQuietly(row.seq)
      else {
        wroteUpTo = row.seq
        shared.wrote(row.seq)
      }
      const isNext = !reading && row.seq === newest() + 1
      if (isQuiet && !shared.isListenedTo()) {
        // What others wrote in between is known in a moment; until then nobody misses any of it.
        if (isNext) passOver(row.seq)
      } else if (isNext) {
        hearOf(row)
        tellKnown(false)
      } else if (row.seq <= newest()) {
        // A look at the record was faster than this word of it.
        tellKnown(false)
      } else inBackground(log, 'events.not-followed', catchUp)
    },
    othersWroteQuietly(from, upTo) {
      if (upTo <= newest()) return
      if (shared.isListenedTo()) inBackground(log, 'events.not-followed', catchUp)
      else if (!reading && from === newest() + 1) passOver(upTo)
    },
    catchUp,
    [Symbol.dispose]() {
      closed = true
      timer?.cancel()
    },
  }
}
