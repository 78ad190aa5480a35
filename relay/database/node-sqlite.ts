/** Lets Kysely speak to the SQLite inside Node, so that a relay needs no database server. */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { type QueryCompiler, type SelectModifierNode, SqliteDialect, SqliteQueryCompiler } from 'kysely'
import { storable } from './storable.ts'

const stored = (parameters: readonly unknown[]) => parameters.map(storable) as SQLInputValue[]

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

  return new OneWriterDialect({
    database: {
      close: () => file.close(),
      prepare(sql) {
        const statement = prepared(sql)
        return {
          reader: statement.columns().length > 0,
          all: (parameters) => statement.all(...stored(parameters)),
          run: (parameters) => statement.run(...stored(parameters)),
          // A walk over rows holds its statement, so it gets one of its own.
          iterate: (parameters) => file.prepare(sql).iterate(...stored(parameters)),
        }
      },
    },
  })
}

/** `for update` and `skip locked` are not said: there is one writer, so nobody else can change what it has read. */
class OneWriterDialect extends SqliteDialect {
  override createQueryCompiler(): QueryCompiler {
    return new OneWriterCompiler()
  }
}

class OneWriterCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!/^(For|SkipLocked)/.test(node.modifier ?? '')) super.visitSelectModifier(node)
  }
}
