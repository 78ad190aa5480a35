/** Reads a record in: all of it, or nothing. */
import { Failure } from '@fairlead/base'
import { type Kysely, sql } from 'kysely'
import type { ZodType } from 'zod'
import { type Migration, takeSteps } from '../migrations/migrations.ts'
import { readSchema } from '../migrations/schema-version.ts'
import { prepareForMany } from '../prepared.ts'
import type { Tables } from '../tables.ts'
import { carriedTables, droppableTables, headTables, isCarriedTable } from './carried.ts'
import type { Carriage, Progress } from './export-record.ts'
import { createSummer, End, formatVersion, Header, Row, refused, type Sums, TableHead } from './format.ts'
import { columnsOf } from './snapshot.ts'

export interface ImportNeeds {
  /** Nobody else uses it. */
  sql: Kysely<Tables>
  kind: 'sqlite' | 'postgres'
  migrations: readonly Migration[]
  file: RecordFile
  progress?: Progress | undefined
}

/**
 * One transaction: whatever is wrong, even in the last line, nothing is kept. The record has the file's schema afterwards.
 *
 * @throws {Failure} `unavailable`: there is something in this record already; `invalid-request`: the file is cut off, damaged,
 *   or of a newer program
 */
export function importRecord(needs: ImportNeeds): Promise<Carriage> {
  const { schema, reader } = needs.file
  return needs.sql.transaction().execute(async (tx) => {
    await makeEmptyRecord({ ...needs, sql: tx }, schema)
    const tables = await readTables({ ...needs, sql: tx }, reader)
    return { schema, tables }
  })
}

/** A file whose first line has been read. */
export interface RecordFile {
  readonly schema: number
  readonly reader: Reader
}

/**
 * @param known schema version that this program knows
 * @throws {Failure} `invalid-request`: it is no record, or a newer program's
 */
export async function readRecordFile(lines: AsyncIterator<string>, known: number): Promise<RecordFile> {
  const reader = createReader(lines)
  const { schema } = readHeader(await reader.next())
  if (schema > known)
    throw refused(
      `a newer program made it (schema version ${schema}, and this one knows only versions up to ${known}): import it with that one`,
    )
  return { schema, reader }
}

function readHeader(line: string): Header {
  const header = Header.safeParse(parsed(line))
  if (!header.success) throw refused('its first line does not say that it is a record of Fairlead')
  if (header.data.version > formatVersion) throw refused('a newer program made it: import it with that one')
  return header.data
}

/** @throws {Failure} `unavailable`: it is not empty */
async function makeEmptyRecord(needs: ImportNeeds, schema: number): Promise<void> {
  const { sql: tx, migrations } = needs
  const { version: there } = await readSchema(tx)
  if (there > 0) await refuseWhatIsThere(needs, there)
  if (there > 0 && there !== schema) {
    // It is empty: made anew, it has exactly the form that the rows fit.
    for (const table of droppableTables) await sql`drop table if exists ${sql.table(table)}`.execute(tx)
    await takeSteps(tx, migrations, 0, schema)
  }
  if (there === 0) await takeSteps(tx, migrations, 0, schema)
  // The file brings its own.
  for (const table of headTables) if ((await columnsOf(needs, table)).length > 0) await tx.deleteFrom(table).execute()
}

async function refuseWhatIsThere(needs: ImportNeeds, schema: number): Promise<void> {
  for (const table of carriedTables) {
    // An older program has made it, that knew nothing of this table.
    if ((await columnsOf(needs, table)).length === 0) continue
    const condition = headTables.includes(table) ? sql`where seq > 0` : sql``
    const found = await sql`select 1 from ${sql.table(table)} ${condition} limit 1`.execute(needs.sql)
    if (found.rows.length > 0)
      throw new Failure(
        'unavailable',
        `There is a record in this database already (schema version ${schema}, table ${table}): import into an empty one.`,
      )
  }
}

type Reader = ReturnType<typeof createReader>

function createReader(lines: AsyncIterator<string>) {
  let number = 0
  return {
    /** @throws {Failure} `invalid-request`: there is no more */
    async next(): Promise<string> {
      const { value, done } = await readOn(lines)
      if (done) throw refused('it is cut off: its end is missing')
      number++
      return value
    },
    isOver: async () => (await readOn(lines)).done === true,
    number: () => number,
  }
}

async function readOn(lines: AsyncIterator<string>): Promise<IteratorResult<string>> {
  try {
    return await lines.next()
  } catch (error) {
    if (error instanceof Failure) throw error
    throw refused(`it cannot be read on (${error instanceof Error ? error.message : String(error)})`, error)
  }
}

async function readTables(needs: ImportNeeds, reader: Reader): Promise<Sums> {
  const sums: Sums = {}
  for (let line = await reader.next(); ; ) {
    const value = parsed(line)
    const end = End.safeParse(value)
    if (end.success) {
      compare(sums, end.data.end)
      if (!(await reader.isOver())) throw refused('it goes on behind its end')
      return sums
    }
    const head = valid(TableHead, value, reader)
    if (!isCarriedTable(head.table) || head.table in sums)
      throw refused(`line ${reader.number()} begins a table that does not belong there`)
    const expected = await columnsOf(needs, head.table)
    if (expected.join() !== head.columns.join())
      throw refused(`line ${reader.number()} names columns that its schema does not have`)
    const read = await readRows(needs, head, reader)
    sums[head.table] = read.sum
    line = read.next
  }
}

/** Rows on their way to the database together. */
const batchRows = 512

async function readRows({ sql: tx, progress }: ImportNeeds, { table, columns }: TableHead, reader: Reader) {
  const add = prepareForMany((db, rows: readonly object[]) =>
    db.insertInto(table as keyof Tables).values(rows as never),
  )
  const summer = createSummer()
  let batch: object[] = []
  let rows = 0
  async function store(): Promise<void> {
    try {
      await add(tx, batch)
    } catch (error) {
      throw isOfTheRows(error)
        ? refused(
            `the rows up to line ${reader.number()} do not fit into table ${table} (${(error as Error).message})`,
            error,
          )
        : error
    }
    rows += batch.length
    batch = []
    progress?.({ table, rows })
  }
  for (;;) {
    const line = await reader.next()
    if (!line.startsWith('[')) {
      await store()
      return { next: line, sum: summer.sum() }
    }
    const cells = valid(Row, parsed(line), reader)
    if (cells.length !== columns.length) throw refused(`line ${reader.number()} has not a cell for each column`)
    summer.add(line)
    batch.push(Object.fromEntries(columns.map((column, at) => [column, cells[at]])))
    if (batch.length >= batchRows) await store()
  }
}

/** Classes 22 and 23 of SQLSTATE; SQLite's CONSTRAINT and MISMATCH. */
function isOfTheRows(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('errcode' in error) return [19, 20].includes(Number(error.errcode) & 0xff)
  return 'code' in error && /^2[23]/.test(String(error.code))
}

function compare(read: Sums, told: Sums): void {
  if (Object.keys(read).join() !== Object.keys(told).join()) throw refused('tables are missing in it')
  for (const [table, { rows, sha256 }] of Object.entries(told))
    if (read[table]?.rows !== rows || read[table]?.sha256 !== sha256)
      throw refused(`table ${table} is not what its checksum says: it was changed or damaged on the way`)
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    // Told where it is held against what it should be.
    return undefined
  }
}

function valid<Value>(schema: ZodType<Value>, value: unknown, reader: Reader): Value {
  const checked = schema.safeParse(value)
  if (checked.success) return checked.data
  throw refused(`line ${reader.number()} is damaged`)
}
