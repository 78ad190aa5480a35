/** The one writer: what is written at the same time is committed, and synced to disk, together. */
import { setTimeout as passing } from 'node:timers/promises'
import { Failure } from '@fairlead/base'
import type { Kysely } from 'kysely'
import { chainAudit } from './chain-audit.ts'
import { numberEvents } from './number-events.ts'
import { noOutage, type Outage, RecordAway } from './outage.ts'
import type { EventRow, NewAuditRow, NewEventRow, Tables } from './tables.ts'

/**
 * One write in the making. It sees what it wrote, and what the writes before it in its group wrote.
 * Await nothing but its own queries: everybody's writes wait meanwhile.
 */
export interface Transaction {
  /** Good until the work has returned; afterwards it throws. */
  readonly sql: Kysely<Tables>
  /**
   * Writes an event together with this. It gets its number when the whole group is done, just before the commit, so that
   * numbers are in the order of commits, whoever else writes events to this record.
   *
   * @param told hears of it once it is on disk, like `afterCommit`
   */
  tell(event: NewEventRow, told?: (row: EventRow) => void): void
  /** Writes an entry of the audit log together with this. It gets its place in the chain as an event gets its number. */
  audit(entry: NewAuditRow): void
  /** Runs once this is on disk, in the order of the writes and before `write` resolves; never when it failed. Must not throw. */
  afterCommit(run: () => void): void
}

/**
 * Resolves with what `work` returned once it is on disk.
 * What `work` throws takes back this write alone and is thrown on.
 *
 * `work` may run more than once: when another node was in its way, all it did is taken back and it begins anew. So it
 * changes nothing but the record; what is to happen besides goes into `afterCommit`.
 *
 * @param place `first`: before all that waits, which may be seconds of work when very many devices come at once
 * @throws {Failure} `unavailable` when the disk is full or broken, the database is away, or others are in the way again and
 *   again: nothing of this write is kept, unless it broke while it synced or committed, which the words tell
 */
export type Write = <Result>(work: (tx: Transaction) => Promise<Result>, place?: 'first' | 'last') => Promise<Result>

/** The connection that everything is written over: SQL, and what SQL does not say. */
export interface Ground {
  readonly sql: Kysely<Tables>
  begin(): Promise<void>
  /** Begins one write within the group; there is one at a time. */
  open(): Promise<void>
  keep(): Promise<void>
  takeBack(): Promise<void>
  /** Resolves once all is on disk. @throws {InDoubt} when it may be there all the same */
  commit(): Promise<void>
  /** Ends the transaction if it stands. Does not throw. */
  rollBack(): Promise<void>
  /** False: it has ended by itself, and everything in it is lost. */
  stands(): boolean
  /** Disk, machine or server are at fault, not the query. */
  isOfTheGround(error: unknown): boolean
  /** Another transaction was in the way: the same again may well succeed. */
  isPassing(error: unknown): boolean
  /** Why nothing can be written, where it is known without trying; undefined: only trying shows it, or it can. */
  whyNot(): string | undefined
}

/** The commit was under way when it failed. */
export class InDoubt extends Error {}

interface Pending {
  work(tx: Transaction): Promise<unknown>
  /** When it was begun for the first time, by the clock that never goes back. */
  begunMs: number | undefined
  resolve(result: unknown): void
  reject(error: unknown): void
}

interface Told {
  event: NewEventRow
  told: ((row: EventRow) => void) | undefined
}

interface Done {
  pending: Pending
  result: unknown
  events: readonly Told[]
  audited: readonly NewAuditRow[]
  afterCommit: readonly (() => void)[]
}

/** A group is committed when this many are in it, though more wait: nobody waits for ever on a busy relay. */
export const maxGroup = 100
/** For so long a write is tried anew when others are in its way: whoever asked for it still waits. In milliseconds. */
const patienceMs = 3000
/** A group takes less. In milliseconds. */
const longestYieldMs = 100

export interface Writer {
  write: Write
  /** Why the last group could not be written; undefined while writing works. */
  whyNot(): string | undefined
  /** Resolves when what was asked for before is done; what is asked for later is refused. */
  close(): Promise<void>
}

export function createWriter(ground: Ground, outage: Outage = noOutage): Writer {
  const queue: Pending[] = []
  let failing: string | undefined
  let running: Promise<void> | undefined
  let isClosed = false
  let wasInTheWay = false

  const write: Write = (work, place = 'last') =>
    new Promise((resolve, reject) => {
      if (isClosed)
        throw new Failure('unavailable', 'The database cannot write (it is closed): try again later.', {
          retryAfterSeconds: 5,
        })
      const pending = { work, begunMs: undefined, resolve: resolve as (result: unknown) => void, reject }
      if (place === 'first') queue.unshift(pending)
      else queue.push(pending)
      running ??= run()
    })

  async function run(): Promise<void> {
    while (queue.length > 0) {
      // Everything that comes in with the same turn of the event loop shares one commit; and a long queue lets others run.
      await new Promise((resolve) => setImmediate(resolve))
      // Whoever was in the way is let through: at once the two would meet again.
      if (wasInTheWay) await passing(Math.random() * longestYieldMs)
      wasInTheWay = false
      await writeGroup()
    }
    running = undefined
  }

  async function writeGroup(): Promise<void> {
    const done: Done[] = []
    let rows: readonly EventRow[]
    try {
      await ground.begin()
    } catch (error) {
      // All who wait have waited long enough: tried one by one they would wait for each other.
      refuseAll(queue.splice(0), error)
      return
    }
    try {
      for (let next = queue.shift(); next; next = done.length < maxGroup ? queue.shift() : undefined)
        if (!(await writeOne(next, done))) break
      const events = done.flatMap((each) => each.events.map(({ event }) => event))
      rows = await numberEvents(ground.sql, events)
      await chainAudit(
        ground.sql,
        done.flatMap(({ audited }) => audited),
      )
      await ground.commit()
      if (done.length === 0) return
      failing = undefined
      outage.worked('write')
    } catch (error) {
      await ground.rollBack()
      giveUpGroup(done, error)
      return
    }
    let at = 0
    for (const each of done) {
      settle(each, rows.slice(at, at + each.events.length))
      at += each.events.length
    }
  }

  /**
   * Throws only when the whole group is lost.
   *
   * @returns false: the group ends here. Others were in the way, and may be waiting for what this group holds; this write
   *   begins the next one, so that all keep their order
   */
  async function writeOne(pending: Pending, done: Done[]): Promise<boolean> {
    const { tx, close, ...asked } = openTransaction(ground.sql)
    const place = done.push({ pending, result: undefined, ...asked }) - 1
    pending.begunMs ??= performance.now()
    try {
      await ground.open()
      const result = await pending.work(tx)
      await ground.keep()
      done[place] = { pending, result, ...asked }
    } catch (error) {
      if (!ground.stands()) throw error
      await ground.takeBack()
      done.pop()
      if (mayTryAgain(pending, error)) {
        queue.unshift(pending)
        return false
      }
      const isOfTheGround = ground.isOfTheGround(error)
      if (isOfTheGround) notWritten(error)
      pending.reject(isOfTheGround ? unavailable(error) : error)
    } finally {
      close()
    }
    return true
  }

  function mayTryAgain({ begunMs = 0 }: Pending, error: unknown): boolean {
    if (!ground.isPassing(error)) return false
    wasInTheWay = true
    return performance.now() - begunMs < patienceMs
  }

  function giveUpGroup(done: readonly Done[], error: unknown): void {
    const lost = done.map(({ pending }) => pending)
    const again = error instanceof InDoubt ? [] : lost.filter((pending) => mayTryAgain(pending, error))
    queue.unshift(...again)
    refuseAll(
      lost.filter((pending) => !again.includes(pending)),
      error,
    )
  }

  function settle({ pending, result, events, afterCommit }: Done, rows: readonly EventRow[]): void {
    try {
      for (const call of afterCommit) call()
      for (const [at, { told }] of events.entries()) told?.(rows[at] as EventRow)
      pending.resolve(result)
    } catch (error) {
      // A bug of that one caller; the others in the group still learn that they are stored.
      pending.reject(error)
    }
  }

  function refuseAll(lost: readonly Pending[], error: unknown): void {
    if (lost.length === 0) return
    notWritten(error)
    // Then the ground says so, for as long as it holds.
    if (ground.whyNot() !== undefined) failing = undefined
    const failure = unavailable(error, error instanceof InDoubt ? 'whether this is stored is not known' : undefined)
    for (const { reject } of lost) reject(failure)
  }

  function notWritten(error: unknown): void {
    failing = messageOf(error)
    outage.failed('write', error)
  }

  return {
    write,
    whyNot: () => ground.whyNot() ?? failing,
    async close() {
      isClosed = true
      while (running) await running
    },
  }
}

function openTransaction(sql: Kysely<Tables>) {
  let open = true
  const afterCommit: (() => void)[] = []
  const events: Told[] = []
  const audited: NewAuditRow[] = []
  const tx: Transaction = {
    get sql() {
      if (!open) throw new Error('This transaction is over: a query was not awaited, or its handle was kept.')
      return sql
    },
    tell: (event, told) => void events.push({ event, told }),
    audit: (entry) => void audited.push(entry),
    afterCommit: (run) => void afterCommit.push(run),
  }
  const close = () => {
    open = false
  }
  return { tx, events, audited, afterCommit, close }
}

function unavailable(cause: unknown, fate = 'nothing was stored'): Failure {
  const words = `The database cannot write (${messageOf(cause)}): ${fate}, try again later.`
  return new RecordAway('unavailable', words, { retryAfterSeconds: 5, cause })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
