/**
 * The audit log (S-M4): who did what, in one chain of hashes that whoever has a copy can check.
 *
 * What changes the record is told in the transaction that changes it; what is done at devices is told a moment later, so that
 * no push waits for it.
 */
import { setImmediate as othersFirst } from 'node:timers/promises'
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import { digestOf } from '@fairlead/protocol/audit'
import type { AuditActor, AuditEntry, AuditQuery, Page } from '@fairlead/protocol/contract'
import { entryOf } from '../database/chain-audit.ts'
import type { Database } from '../database/database.ts'
import { readCursor, writeCursor } from '../database/page.ts'
import type { AuditRow, NewAuditRow } from '../database/tables.ts'
import { actsAsAdmin, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { Act, TellAudit, TellAuditSoon } from './act.ts'
import { theRelay } from './actor.ts'
import { createBehind } from './behind.ts'
import { createSeldom } from './seldom.ts'
import { createAuditStore } from './store.ts'

export interface Audit extends AsyncDisposable {
  readonly tell: TellAudit
  readonly tellSoon: TellAuditSoon
  /** The same for what somebody can provoke again and again: of one actor, action and result one a minute is told. */
  readonly tellSeldom: TellAuditSoon
  /** Newest first; a tenant sees its own. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, query: AuditQuery): Promise<Page<AuditEntry>>
  /** When each changed something of a device last, by the newest 2,000 entries about it. */
  lastChanges(account: string, device: string): Promise<LastChanges>
  /** Where the chain ends, or ended a moment ago: all up to there is in an export that begins now. */
  head(): Promise<{ seq: number; hash: string }>
  /**
   * All of the chain, oldest first, as lines of JSON; of entries that the caller may not see, what keeps it together.
   *
   * @throws {Failure} `unavailable`: it was trimmed meanwhile, so that some is missing; or the record cannot be read
   */
  lines(caller: Caller): AsyncGenerator<string[], void, undefined>
  /** Removes what is too old; also done by itself. */
  trim(): Promise<void>
}

export interface LastChanges {
  /** As far back as the log was looked through; undefined: it is empty. */
  sinceAt: number | undefined
  /** Undefined: none is known since then. */
  of(kind: AuditActor['kind'], id: string): number | undefined
}

export interface AuditNeeds {
  database: Database
  clock: Clock
  random: Random
  log: Log
  /** 0: for ever. */
  keepDays: number
  /** Other nodes write to this record as well. */
  isShared: boolean
}

const rowsAtOnce = 500
/** Entries that are looked through at once. */
const stretch = 20_000
/** Removed at once: a long delete would hold up everybody's writes. */
const trimStep = 5_000
const dayMs = 86_400_000
/** Of a device that is changed every minute, a day and a half: more would take longer than a page may. */
const mostOfDevice = 2_000
/** Others that come within this time share a transaction; where nodes take turns at the record, more of them do. */
const soonMs = 25
const soonMsOfSeveral = 100

export function openAudit({ database, clock, random, log, keepDays, isShared }: AuditNeeds): Audit {
  const store = createAuditStore(database)
  const isSeldom = createSeldom(clock)
  const behind = createBehind({
    clock,
    log,
    soonMs: isShared ? soonMsOfSeveral : soonMs,
    write: (rows) =>
      database.write(async (tx) => {
        for (const row of rows) tx.audit(row)
      }),
    lost: (count) => rowOf({ action: 'audit.lost', account: null, actor: theRelay, subject: String(count) }),
  })

  function rowOf(act: Act): NewAuditRow {
    const { account, actor, action, result = 'done' } = act
    return {
      ...{ at: clock.wallNow(), account, actor_kind: actor.kind, actor_id: actor.id ?? null, action },
      ...{ device: act.device ?? null, request_id: act.requestId ?? null, subject: act.subject ?? null, result },
      ...{ address: act.address ?? null, salt: random.token(12) },
    }
  }

  const tellSoon = (act: Act) => behind.add(rowOf(act))

  async function trim(): Promise<void> {
    if (keepDays === 0) return
    for (;;) {
      const last = await store.lastBefore(clock.wallNow() - keepDays * dayMs, trimStep)
      if (!last) return
      await database.write(async (tx) => {
        if (!(await store.removeUpTo(tx, last.seq))) return
        // The anchor of what is left: the chain itself says what it goes on from.
        const subject = `${last.seq}:${last.hash}`
        tx.audit(rowOf({ action: 'audit.trimmed', account: null, actor: theRelay, subject }))
      })
    }
  }

  return {
    tell: (tx, act) => tx.audit(rowOf(act)),
    tellSoon,
    tellSeldom(act) {
      if (isSeldom(JSON.stringify([act.action, act.actor, act.result]))) tellSoon(act)
    },

    async list(caller, { limit, cursor, ...filter }) {
      const own = accountSeenBy(caller)
      const rows: AuditRow[] = []
      let before = cursor === undefined ? (await store.head()).seq + 1 : placeOf(cursor)
      const oldest = (await store.oldest())?.seq ?? before
      // A stretch at a time: of a record that is embedded a longer look would hold up everybody.
      for (; before > oldest && rows.length <= limit; before -= stretch) {
        rows.push(...(await store.find(own, filter, { from: before - stretch, before }, limit + 1 - rows.length)))
        await othersFirst()
      }
      const items = rows.slice(0, limit).map(entryOf)
      const last = items.at(-1)
      return { items, nextCursor: rows.length > limit && last ? writeCursor(String(last.seq)) : null }
    },

    async lastChanges(account, device) {
      const rows = await store.lastOfEach(account, device, mostOfDevice)
      const looked = rows.reduce((sum, { count }) => sum + count, 0)
      const last = new Map(rows.map((row) => [`${row.actor_kind} ${row.actor_id}`, row.last_at]))
      const sinceAt =
        looked < mostOfDevice ? (await store.oldest())?.at : Math.min(...rows.map(({ first_at }) => first_at))
      return { sinceAt, of: (kind, id) => last.get(`${kind} ${id}`) }
    },

    head: store.head,

    async *lines(caller) {
      const own = accountSeenBy(caller)
      let last: number | undefined
      for (;;) {
        const rows = await store.after(last ?? 0, rowsAtOnce)
        const first = rows[0]?.seq
        // What is missing between two pages was trimmed just now, or somebody has taken it away, which is to be seen.
        if (last !== undefined && first !== undefined && first > last + 1 && (await store.oldest())?.seq === first)
          throw new Failure('unavailable', 'The audit log was trimmed while it was exported: try again.')
        last = rows.at(-1)?.seq
        if (rows.length > 0) yield rows.map((row) => JSON.stringify(lineOf(row, own)))
        if (rows.length < rowsAtOnce) return
        await othersFirst()
      }
    },

    trim,

    [Symbol.asyncDispose]: () => behind[Symbol.asyncDispose](),
  }
}

/** Undefined: all there are. Whoever is not named here sees none (S-M1). */
function accountSeenBy(caller: Caller): string | undefined {
  if (actsAsAdmin(caller)) return undefined
  const account = tenantOf(caller)
  if (account !== undefined) return account
  throw new Failure('forbidden', 'The audit log is shown to the admin, and to each account its own part.')
}

function placeOf(cursor: string): number {
  const seq = readCursor(cursor)
  if (/^[1-9]\d{0,14}$/.test(seq)) return Number(seq)
  throw new Failure('invalid-request', 'query.cursor: not one of this list; take `nextCursor` of the page before.')
}

/** That something was trimmed is of everybody's part. */
function lineOf(row: AuditRow, own: string | undefined): object {
  const entry = entryOf(row)
  if (own === undefined || row.account === own || row.action === 'audit.trimmed') return entry
  const { seq, previous, hash } = entry
  return { seq, digest: digestOf(entry), previous, hash }
}
