/** Writes a record out, row by row, as it stood at one moment. */
import { Failure } from '@fairlead/base'
import { sql } from 'kysely'
import { version as program } from '../../version.ts'
import { readSchema, refuseNewer } from '../migrations/schema-version.ts'
import { type CarriedTable, carriedCell, carriedTables, keyOf } from './carried.ts'
import { createSummer, formatVersion, type Header, type Sum, type Sums } from './format.ts'
import { columnsOf, type Snapshot } from './snapshot.ts'

export interface Carriage {
  schema: number
  tables: Sums
}

/** Hears of rows that are done, now and then. */
export type Progress = (told: { table: string; rows: number }) => void

export interface ExportNeeds {
  /** Schema version that this program knows. */
  known: number
  /** Takes text; what it returns is waited for, so that no more is in memory than has gone. */
  write(text: string): Promise<void>
  progress?: Progress | undefined
}

/** Rows that are in memory together: one may have an answer of a megabyte. */
const pageRows = 200
const bufferChars = 65_536

/** @throws {Failure} `unavailable`: there is no record, or a newer program has made it */
export async function exportRecord(snapshot: Snapshot, { known, write, progress }: ExportNeeds): Promise<Carriage> {
  const { version: schema } = await readSchema(snapshot.sql)
  refuseNewer(schema, known)
  if (schema === 0) throw new Failure('unavailable', 'There is no record in this database: nothing to export.')
  const out = createBuffer(write)
  const at = new Date().toISOString()
  await out.line(
    JSON.stringify({ format: 'fairlead-record', version: formatVersion, schema, program, at } satisfies Header),
  )
  const tables: Sums = {}
  for (const table of carriedTables) {
    const columns = await columnsOf(snapshot, table)
    // Older than the table.
    if (columns.length === 0) continue
    await out.line(JSON.stringify({ table, columns }))
    tables[table] = await exportTable(snapshot, table, columns, out.line, progress)
  }
  await out.line(JSON.stringify({ end: tables }))
  await out.flush()
  return { schema, tables }
}

async function exportTable(
  snapshot: Snapshot,
  table: CarriedTable,
  columns: readonly string[],
  writeLine: (line: string) => Promise<void>,
  progress?: Progress,
): Promise<Sum> {
  const summer = createSummer()
  let rows = 0
  for await (const page of pagesOf(snapshot, table, columns)) {
    for (const row of page) {
      const line = JSON.stringify(columns.map((column) => carriedCell(column, row[column])))
      summer.add(line)
      await writeLine(line)
    }
    rows += page.length
    progress?.({ table, rows })
  }
  return summer.sum()
}

/** A page begins after the last key of the one before: no cursor is held open, and both databases do it alike. */
async function* pagesOf({ sql: db }: Snapshot, table: CarriedTable, columns: readonly string[]) {
  const key = keyOf(table)
  const keyColumns = sql.join(key.map((column) => sql.ref(column)))
  const wanted = sql.join(columns.map((column) => sql.ref(column)))
  for (let last: readonly unknown[] | undefined; ; ) {
    const after = last ? sql`where (${keyColumns}) > (${sql.join(last)})` : sql``
    const { rows } = await sql<Record<string, unknown>>`
      select ${wanted} from ${sql.table(table)} ${after} order by ${keyColumns} limit ${sql.lit(pageRows)}`.execute(db)
    if (rows.length > 0) yield rows
    if (rows.length < pageRows) return
    last = key.map((column) => rows.at(-1)?.[column])
  }
}

function createBuffer(write: (text: string) => Promise<void>) {
  let lines: string[] = []
  let chars = 0
  async function flush(): Promise<void> {
    if (lines.length === 0) return
    const text = `${lines.join('\n')}\n`
    lines = []
    chars = 0
    await write(text)
  }
  return {
    async line(text: string): Promise<void> {
      lines.push(text)
      chars += text.length
      if (chars > bufferChars) await flush()
    },
    flush,
  }
}
