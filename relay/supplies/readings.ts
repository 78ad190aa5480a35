/** Levels and counters over time (B7): what reads the same as before makes the last reading longer; unknown is kept as unknown. */
import type { Json, Page, Reading, ReadingSource, ReadingsQuery } from '@fairlead/protocol/contract'
import { type ExpressionBuilder, type RawBuilder, type SelectQueryBuilder, sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { cursorOf, placeOf } from '../database/page.ts'
import type { ReadingRow } from '../database/supply-tables.ts'
import type { Tables } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

/** Of whom, when, and how it is known. */
export interface Seen {
  account: string
  device: string
  at: number
  source: ReadingSource
}

type Value = readonly [object: string, value: Json]

export interface Readings {
  /** @param values each object once */
  keep(tx: Transaction, seen: Seen, values: readonly Value[]): Promise<void>
  /** Pages of jobs that a device has told of, as a counter that begins with the first of them. */
  countPrinted(tx: Transaction, seen: Seen, pages: number): Promise<void>
  /** By time. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(account: string, device: string, query: ReadingsQuery): Promise<Page<Reading>>
  forgetOld(beforeMs: number): Promise<void>
}

/** The counter made of `printed`: nobody else's word for it is taken. */
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
    ({ account, device }: Pick<Seen, 'account' | 'device'>, object: string) =>
    ({ and }: ExpressionBuilder<Tables, 'reading'>) =>
      and({ account, device, object })

  function last({ sql }: Transaction, seen: Seen, object: string): Promise<ReadingRow | undefined> {
    return sql
      .selectFrom('reading')
      .selectAll()
      .where(of(seen, object))
      .orderBy('at', 'desc')
      .limit(1)
      .executeTakeFirst()
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

  async function countLately({ sql }: Transaction, seen: Seen, object: string): Promise<number> {
    const { count } = await sql
      .selectFrom('reading')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where(of(seen, object))
      .where('at', '>', seen.at - hourMs)
      .executeTakeFirstOrThrow()
    return Number(count)
  }

  async function add(tx: Transaction, { account, device, at, source }: Seen, object: string, value: string) {
    await tx.sql
      .insertInto('reading')
      .values({ account, device, object, at, until_at: at, value, source })
      .onConflict((on) => on.columns(['account', 'device', 'object', 'at']).doUpdateSet({ value, source }))
      .execute()
  }

  async function change({ sql }: Transaction, row: ReadingRow, to: Partial<ReadingRow>): Promise<void> {
    await sql.updateTable('reading').set(to).where(of(row, row.object)).where('at', '=', row.at).execute()
  }

  async function keepAfter(tx: Transaction, seen: Seen, before: ReadingRow, value: string): Promise<void> {
    // What a device tells late says nothing that a chart needs.
    if (seen.at < before.until_at) return
    if (before.value === value) return change(tx, before, { until_at: seen.at })
    const isFluttering = (await countLately(tx, seen, before.object)) >= mostAnHour
    if (isFluttering) await change(tx, before, { value, until_at: seen.at, source: seen.source })
    else await add(tx, seen, before.object, value)
  }

  async function keep(tx: Transaction, seen: Seen, values: readonly Value[]): Promise<void> {
    // Sent behind each other where the database allows it: a whole fleet may register at once.
    const found = await Promise.all(values.map(([object]) => last(tx, seen, object)))
    const isNew = found.some((before) => before === undefined)
    let room = isNew ? mostObjects - (await countObjects(tx, seen)) : 0
    await Promise.all(
      values.map(([object, value], place) => {
        const before = found[place]
        const text = JSON.stringify(value)
        if (before) return keepAfter(tx, seen, before, text)
        return room-- > 0 ? add(tx, seen, object, text) : undefined
      }),
    )
  }

  type Rows = SelectQueryBuilder<Tables, 'reading', ReadingRow>

  /** Of those of an object that begin within one span of that length the last one. */
  function thinned(rows: Rows, spanMs: number): Rows {
    const span = (at: RawBuilder<number>) => sql<number>`${at} - ${at} % ${sql.lit(spanMs)}`
    const followed = rows.select(
      sql<number | null>`lead("reading"."at") over (partition by "reading"."object" order by "reading"."at")`.as(
        'next',
      ),
    )
    return read
      .selectFrom(followed.as('reading'))
      .select(['account', 'device', 'object', 'at', 'until_at', 'value', 'source'])
      .where(({ eb, or }) =>
        or([eb('next', 'is', null), eb(span(sql`next`), '!=', span(sql`"reading"."at"`))]),
      ) as unknown as Rows
  }

  return {
    keep,

    async countPrinted(tx, seen, pages) {
      const before = await last(tx, seen, printedObject)
      const total = Number(before ? JSON.parse(before.value) : 0) + pages
      await keep(tx, { ...seen, at: Math.max(seen.at, before?.until_at ?? 0) }, [[printedObject, total]])
    },

    async list(account, device, { object, from, to, everySeconds, limit, cursor }) {
      let within = read.selectFrom('reading').selectAll().where('account', '=', account).where('device', '=', device)
      if (object !== undefined) within = within.where('object', '=', object)
      if (from !== undefined) within = within.where('until_at', '>=', Date.parse(from))
      if (to !== undefined) within = within.where('at', '<=', Date.parse(to))
      const place = cursor === undefined ? undefined : placeOf(cursor)
      // What comes before says nothing of whether a later one is the last within its span.
      if (place) within = within.where('at', '>=', place[0])
      let query = everySeconds === undefined ? within : thinned(within, everySeconds * 1000)
      if (place) {
        const [at, name] = place
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
