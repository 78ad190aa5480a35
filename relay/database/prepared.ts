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
  const compiledFor = createCompiled(build)
  return async (sql, row) => {
    await sql.executeQuery({ ...compiledFor(sql, 0, row), parameters: Object.values(row) })
  }
}

/** One text for each database and size: the two have different signs for parameters. */
function createCompiled<Input>(build: (sql: Kysely<Tables>, input: Input) => Compilable) {
  const all = new WeakMap<object, CompiledQuery[]>()
  return (sql: Kysely<Tables>, size: number, input: Input): CompiledQuery => {
    const { adapter } = sql.getExecutor()
    const compiled = all.get(adapter) ?? []
    all.set(adapter, compiled)
    compiled[size] ??= build(sql, input).compile()
    return compiled[size]
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
  const compiledFor = createCompiled(build)
  return async (sql, rows) => {
    // Sent behind each other where the database allows it: all of them cost one round trip.
    const adding: Promise<unknown>[] = []
    for (let at = 0; at < rows.length; ) {
      const power = Math.floor(Math.log2(Math.min(rows.length - at, mostAtOnce)))
      const group = rows.slice(at, at + 2 ** power)
      const parameters = group.flatMap((row) => Object.values(row))
      adding.push(sql.executeQuery({ ...compiledFor(sql, power, group), parameters }))
      at += group.length
    }
    await Promise.all(adding)
  }
}
