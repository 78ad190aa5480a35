/** A statement that is compiled once, for rows that are written by the hundred. */
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
