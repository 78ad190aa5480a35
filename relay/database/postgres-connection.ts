/** One connection to PostgreSQL: it waits for nothing without end, and knows when it is gone. */
import pg, { type QueryResult } from 'pg'
import { ConnectionLost, isFatal, isStalePlan } from './postgres-errors.ts'
import type { PostgresPlace } from './postgres-url.ts'
import { storable } from './storable.ts'

export interface PostgresConnection {
  /**
   * Sent at once, behind what was sent before: who awaits only the last of several pays one round trip for all.
   *
   * @param parameters undefined: a plain text, which may hold several statements
   * @throws {ConnectionLost} it broke, or nothing came back in time @throws {pg.DatabaseError} the server refused
   */
  query(sql: string, parameters?: readonly unknown[]): Promise<QueryResult>
  isAlive(): boolean
  /** Resolves with the reason when it is gone. */
  readonly gone: Promise<string>
  /** Resolves when what was sent has been answered. */
  close(): Promise<void>
}

export interface PostgresManner {
  /** In milliseconds; default 5000. */
  connectMs?: number
  /** Longest statement, in milliseconds; 0 is no limit; default 5000. */
  statementMs?: number
  /** Longest wait for a lock, in milliseconds; 0 is no limit; default 2000: less than a statement's, to be tried again. */
  lockMs?: number
  /** An open transaction that asks nothing for so long is ended by the server: it holds locks. In milliseconds; default 5000. */
  idleMs?: number
  readOnly?: boolean
}

/** Statements kept prepared; the texts are few, but lists of varying length must not pile up. */
const maxStatements = 300
/** The server's own answer that a statement took too long should come first. */
const answerPatienceMs = 500
const int8 = 20

/** bigint as a number: all of ours are below 2^53. For this connection alone. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary'
      ? Number
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
}

/** @throws {ConnectionLost} @throws {pg.DatabaseError} */
export async function connectPostgres(
  { config }: PostgresPlace,
  manner: PostgresManner = {},
): Promise<PostgresConnection> {
  const { connectMs = 5000, statementMs = 5000 } = manner
  const client = new pg.Client({
    ...config,
    application_name: 'fairlead',
    connectionTimeoutMillis: connectMs,
    ...(statementMs > 0 && { query_timeout: statementMs + answerPatienceMs }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: true,
    types,
  })
  const { promise: gone, resolve } = Promise.withResolvers<string>()
  let isAlive = true
  function lose(why: string): void {
    isAlive = false
    resolve(why)
  }
  client.on('error', (error) => lose(error.message))
  client.on('end', () => lose('the connection has ended'))

  async function ask<Answer>(asking: () => Promise<Answer>): Promise<Answer> {
    try {
      return await asking()
    } catch (error) {
      if (isFatal(error)) lose((error as Error).message)
      if (error instanceof pg.DatabaseError) throw error
      const why = error instanceof Error ? error.message || String(error) : String(error)
      lose(why)
      // It may hang half open: nobody waits for that one.
      client.end().catch(() => {})
      throw new ConnectionLost(why, { cause: error })
    }
  }

  const statements = createStatementNames()
  const connection: PostgresConnection = {
    async query(sql, parameters) {
      if (!isAlive) throw new ConnectionLost(await gone)
      try {
        return await ask(() =>
          parameters === undefined
            ? client.query(sql)
            : client.query({ text: sql, values: parameters.map(storable), ...statements.nameOf(sql) }),
        )
      } catch (error) {
        if (isStalePlan(error)) statements.forget()
        throw error
      }
    },
    isAlive: () => isAlive,
    gone,
    async close() {
      await client.end().catch(() => {})
    },
  }
  try {
    await ask(() => client.connect())
    await connection.query(settingsFor(manner))
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
  return connection
}

/** Set here and not at the start of the session, which poolers in between refuse. */
function settingsFor({ statementMs = 5000, lockMs = 2000, idleMs = 5000, readOnly = false }: PostgresManner): string {
  const settings: Record<string, string | number> = {
    client_encoding: "'UTF8'",
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: idleMs,
    default_transaction_read_only: readOnly ? 'on' : 'off',
    // A node whose machine is gone must not hold its locks for hours.
    tcp_keepalives_idle: 10,
    tcp_keepalives_interval: 5,
    tcp_keepalives_count: 3,
  }
  const set = Object.entries(settings).map(([name, value]) => `set ${name} = ${value}`)
  // What is called stored is on disk (G1), whatever the server's default.
  return `${set.join('; ')}; select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'`
}

/** A statement with a name is read and planned once for each connection. */
function createStatementNames() {
  let names = new Map<string, { name: string }>()
  let made = 0
  return {
    nameOf(sql: string): { name: string } | undefined {
      const known = names.get(sql)
      if (known || names.size >= maxStatements) return known
      const name = { name: `s${++made}` }
      names.set(sql, name)
      return name
    },
    forget(): void {
      names = new Map()
    },
  }
}
