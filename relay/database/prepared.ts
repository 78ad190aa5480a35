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

/** Of these an `insert` takes so many at once: what a statement costs, it costs once. */
const rowsAtOnce = 20

/** The same for many rows: `build` takes any number of them. */
export function prepareForMany<Row extends object>(
  build: (sql: Kysely<Tables>, rows: readonly Row[]) => Compilable,
): (sql: Kysely<Tables>, rows: readonly Row[]) => Promise<void> {
  let many: CompiledQuery | undefined
  const one = prepareFor<Row>((sql, row) => build(sql, [row]))
  return async (sql, rows) => {
    let at = 0
    for (; at + rowsAtOnce <= rows.length; at += rowsAtOnce) {
      const group = rows.slice(at, at + rowsAtOnce)
      many ??= build(sql, group).compile()
      await sql.executeQuery({ ...many, parameters: group.flatMap((row) => Object.values(row)) })
    }
    for (; at < rows.length; at++) await one(sql, rows[at] as Row)
  }
}
