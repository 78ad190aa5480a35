/** Lets Kysely speak to the SQLite inside Node, so that a relay needs no database server. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { SqliteDialect } from 'kysely'

/** Statements kept ready; the texts are few, but lists of varying length must not pile up. */
const maxStatements = 300

export function nodeSqlite(file: DatabaseSync): SqliteDialect {
  const statements = new Map<string, StatementSync>()

  function prepared(sql: string): StatementSync {
    const known = statements.get(sql)
    if (known) return known
    if (statements.size >= maxStatements) statements.clear()
    const statement = file.prepare(sql)
    statements.set(sql, statement)
    return statement
  }

  return new SqliteDialect({
    database: {
      close: () => file.close(),
      prepare(sql) {
        const statement = prepared(sql)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...(parameters as SQLInputValue[])),
          run: (parameters) => statement.run(...(parameters as SQLInputValue[])),
          // A walk over rows holds its statement, so it gets one of its own.
          iterate: (parameters) => file.prepare(sql).iterate(...(parameters as SQLInputValue[])),
        }
      },
    },
  })
}
