/** Lets Kysely speak over connections to PostgreSQL that somebody else keeps. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type DataTypeNode,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely'
import type { PostgresConnection } from './postgres-connection.ts'

export interface PostgresLender {
  /** Runs a query on a connection of its choice. */
  lend(): Promise<PostgresConnection>
  giveBack(connection: PostgresConnection): void
  /** It failed for a reason that is gone by now, and stands in no transaction: it is asked once more. Default: never. */
  mayAskAgain?(error: unknown): boolean
  /** What is thrown on instead of an error of the connection; itself, if nothing. */
  render?(error: unknown): unknown
}

export function nodePostgres(lender: PostgresLender): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => createDriver(lender),
    createIntrospector: (database) => new PostgresIntrospector(database),
    createQueryCompiler: () => new RecordCompiler(),
  }
}

/**
 * Text is compared byte by byte, as SQLite does: lists have one order on both, and no update of the server's language data
 * can break an index.
 */
class RecordCompiler extends PostgresQueryCompiler {
  protected override visitDataType(node: DataTypeNode): void {
    super.visitDataType(node)
    if (node.dataType === 'text') this.append(' collate "C"')
  }
}

interface Lent extends DatabaseConnection {
  readonly connection: PostgresConnection
}

function createDriver(lender: PostgresLender): Driver {
  const { lend, giveBack, mayAskAgain = () => false, render = (error) => error } = lender
  const run = async (lent: DatabaseConnection, text: string) => void (await (lent as Lent).connection.query(text))
  const rendered = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer
    } catch (error) {
      throw render(error)
    }
  }
  return {
    async init() {},
    async acquireConnection(): Promise<Lent> {
      const connection = await rendered(lend())
      return {
        connection,
        executeQuery<Row>({ sql, parameters }: CompiledQuery) {
          const ask = () => execute<Row>(connection, sql, parameters)
          return rendered(
            ask().catch((error) => {
              if (mayAskAgain(error)) return ask()
              throw error
            }),
          )
        },
        streamQuery: (query, chunkSize) => stream(connection, query, chunkSize, render),
      }
    },
    async releaseConnection(lent) {
      giveBack((lent as Lent).connection)
    },
    beginTransaction: (lent) => run(lent, 'begin'),
    commitTransaction: (lent) => run(lent, 'commit'),
    rollbackTransaction: (lent) => run(lent, 'rollback'),
    async destroy() {},
  }
}

const changing = new Set(['INSERT', 'UPDATE', 'DELETE'])

async function execute<Row>(
  connection: PostgresConnection,
  sql: string,
  parameters: readonly unknown[],
): Promise<QueryResult<Row>> {
  const { command, rowCount, rows } = await connection.query(sql, parameters)
  return { rows, ...(changing.has(command) && { numAffectedRows: BigInt(rowCount ?? 0) }) }
}

/** A cursor, so that no table is ever in memory as a whole. Source: https://www.postgresql.org/docs/15/sql-declare.html. */
async function* stream<Row>(
  connection: PostgresConnection,
  { sql, parameters }: CompiledQuery,
  chunkSize: number,
  render: (error: unknown) => unknown,
): AsyncIterableIterator<QueryResult<Row>> {
  try {
    await connection.query('begin')
    await connection.query(`declare walk no scroll cursor for ${sql}`, parameters)
    for (;;) {
      const { rows } = await connection.query(`fetch ${Math.max(chunkSize, fewestRows)} from walk`)
      if (rows.length === 0) return
      yield { rows }
    }
  } catch (error) {
    throw render(error)
  } finally {
    await connection.query('rollback').catch(() => {})
  }
}

/** A round trip for each row would take its time. */
const fewestRows = 500
