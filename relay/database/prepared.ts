/** Statements that are compiled once, for rows that are written by the hundred. */
import type { Compilable, CompiledQuery, Kysely } from 'kysely'
import type { Tables } from './tables.ts'

/**
 * @param build the statement for one row; its parameters are the row's values, in the order of its columns, so every row
 *   names them in the same order
 */
export function prepareFor<Row extends object>(
  build: (sql: Kysely<Tables>, row: Row) => Compilable,
): (sql: Kysely<Tables>, row: Row) => Promise<void> {
  let compiled: CompiledQuery | undefined
  return async (sql, row) => {
    compiled ??= build(sql, row).compile()
    await sql.executeQuery({ ...compiled, parameters: Object.values(row) })
  }
}

/** An `insert` takes so many at most: what a statement costs, it costs once. */
const mostAtOnce = 32

/**
 * The same for many rows: `build` takes any number of them. It is compiled for one row, two, four and so on, so that any
 * number of rows takes few statements.
 */
export function prepareForMany<Row extends object>(
  build: (sql: Kysely<Tables>, rows: readonly Row[]) => Compilable,
): (sql: Kysely<Tables>, rows: readonly Row[]) => Promise<void> {
  const compiled: CompiledQuery[] = []
  return async (sql, rows) => {
    for (let at = 0; at < rows.length; ) {
      const power = Math.floor(Math.log2(Math.min(rows.length - at, mostAtOnce)))
      const group = rows.slice(at, at + 2 ** power)
      compiled[power] ??= build(sql, group).compile()
      await sql.executeQuery({ ...compiled[power], parameters: group.flatMap((row) => Object.values(row)) })
      at += group.length
    }
  }
}
