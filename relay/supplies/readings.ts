/** Levels and counters over time (B7): what reads the same as before makes the last reading longer; unknown is kept as unknown. */
import type { Json, Page, Reading, ReadingSource, ReadingsQuery } from '@fairlead/protocol/contract'
import type { ExpressionBuilder } from 'kysely'
import type { Database } from '../database/database.ts'
import { cursorOf, placeOf } from '../database/page.ts'
import type { ReadingRow } from '../database/supply-tables.ts'
import type { Tables } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

export interface Seen {
  account: string
  device: string
  object: string
  value: Json
  at: number
  source: ReadingSource
}

type Series = Pick<Seen, 'account' | 'device' | 'object'>

export interface Readings {
  keep(tx: Transaction, seen: Seen): Promise<void>
  /** Pages of jobs that a device has told of, as a counter that begins with the first of them. */
  countPrinted(tx: Transaction, seen: Omit<Seen, 'object' | 'value'>, pages: number): Promise<void>
  /** By time. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(account: string, device: string, query: ReadingsQuery): Promise<Page<Reading>>
  forgetOld(beforeMs: number): Promise<void>
}

/** The counter made of `printed`. */
export const printedObject = 'printed'

/** More than that within an hour, and the newest takes the place of the one before: who flutters must not fill the disk. */
const mostAnHour = 120
const hourMs = 3_600_000
/** Of a device: names without end would be one more way to do so. */
const mostObjects = 100
const forgetStep = 2_000

/** Levels of supplies and the life counter (contract part 5), whoever asks; all else only for whom it is a condition of. */
export function isMeasured(object: string): boolean {
  return object === 'pages' || /^(toner|ink)\../.test(object)
}

export function createReadings({ read, write }: Database): Readings {
  const of =
    ({ account, device, object }: Series) =>
    ({ and }: ExpressionBuilder<Tables, 'reading'>) =>
      and({ account, device, object })

  function last({ sql }: Transaction, seen: Series): Promise<ReadingRow | undefined> {
    return sql.selectFrom('reading').selectAll().where(of(seen)).orderBy('at', 'desc').limit(1).executeTakeFirst()
  }

  async function countObjects({ sql }: Transaction, { account, device }: Seen): Promise<number> {
    const { count } = await sql
      .selectFrom('reading')
      .select(({ fn }) => fn.count<number>('object').distinct().as('count'))
      .where('account', '=', account)
      .where('device', '=', device)
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async function countLately({ sql }: Transaction, seen: Seen): Promise<number> {
    const { count } = await sql
      .selectFrom('reading')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(of(seen))
      .where('at', '>', seen.at - hourMs)
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async function add(tx: Transaction, { account, device, object, at, source }: Seen, value: string): Promise<void> {
    await tx.sql
      .insertInto('reading')
      .values({ account, device, object, at, until_at: at, value, source })
      .onConflict((on) => on.columns(['account', 'device', 'object', 'at']).doUpdateSet({ value, source }))
      .execute()
  }

  async function extend({ sql }: Transaction, row: ReadingRow, change: Partial<ReadingRow>): Promise<void> {
    await sql.updateTable('reading').set(change).where(of(row)).where('at', '=', row.at).execute()
  }

  async function keep(tx: Transaction, seen: Seen): Promise<void> {
    const value = JSON.stringify(seen.value)
    const before = await last(tx, seen)
    if (!before) {
      if ((await countObjects(tx, seen)) < mostObjects) await add(tx, seen, value)
      return
    }
    // What a device tells late says nothing that a chart needs.
    if (seen.at < before.until_at) return
    if (before.value === value) await extend(tx, before, { until_at: seen.at })
    else if ((await countLately(tx, seen)) < mostAnHour) await add(tx, seen, value)
    else await extend(tx, before, { value, until_at: seen.at, source: seen.source })
  }

  return {
    keep,

    async countPrinted(tx, seen, pages) {
      const printed = { ...seen, object: printedObject }
      const before = await last(tx, printed)
      const total = Number(before ? JSON.parse(before.value) : 0) + pages
      await keep(tx, { ...printed, at: Math.max(seen.at, before?.until_at ?? 0), value: total })
    },

    async list(account, device, { object, from, to, limit, cursor }) {
      let query = read.selectFrom('reading').selectAll().where('account', '=', account).where('device', '=', device)
      if (object !== undefined) query = query.where('object', '=', object)
      if (from !== undefined) query = query.where('until_at', '>=', Date.parse(from))
      if (to !== undefined) query = query.where('at', '<=', Date.parse(to))
      if (cursor !== undefined) {
        const [at, name] = placeOf(cursor)
        query = query.where(({ eb, or, and }) =>
          or([eb('at', '>', at), and([eb('at', '=', at), eb('object', '>', name)])]),
        )
      }
      const rows = await query
        .orderBy('at')
        .orderBy('object')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const end = page.at(-1)
      return {
        items: page.map(readingOf),
        nextCursor: rows.length > limit && end ? cursorOf(end.at, end.object) : null,
      }
    },

    async forgetOld(beforeMs) {
      for (let forgotten = forgetStep; forgotten === forgetStep; ) {
        // By its end: a level that has not changed for years is read again and again.
        const ended = await read
          .selectFrom('reading')
          .select('until_at')
          .where('until_at', '<', beforeMs)
          .orderBy('until_at')
          .limit(forgetStep)
          .execute()
        forgotten = ended.length
        const upTo = ended.at(-1)?.until_at
        if (upTo !== undefined)
          await write(({ sql }) => sql.deleteFrom('reading').where('until_at', '<=', upTo).execute())
      }
    },
  }
}

function readingOf({ object, value, at, until_at, source }: ReadingRow): Reading {
  const iso = (ms: number) => new Date(ms).toISOString()
  return { object, value: JSON.parse(value), at: iso(at), untilAt: iso(until_at), source: source as ReadingSource }
}
