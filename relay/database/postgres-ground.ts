/** The writer's connection to PostgreSQL: replaced by itself when it breaks, with as few round trips as a group can have. */
import { setTimeout as passing } from 'node:timers/promises'
import { Kysely } from 'kysely'
import { nodePostgres } from './node-postgres.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { ConnectionLost, isOfTheServer, isPassing } from './postgres-errors.ts'
import type { Tables } from './tables.ts'
import { type Ground, InDoubt } from './writer.ts'

export interface PostgresGround extends Ground, AsyncDisposable {}

/** A server that restarts is back within this time: writes wait for it. Who comes later is refused at once. In milliseconds. */
const patienceMs = 4000
/** Between two attempts: short, because writing must go on within a second of the server's return. In milliseconds. */
const firstPauseMs = 50
const longestPauseMs = 500

/**
 * @param connect makes a new connection; its own time-out should be short, since the next attempt waits for it
 * @param first the one to begin with
 */
export function createPostgresGround(
  connect: () => Promise<PostgresConnection>,
  first: PostgresConnection,
): PostgresGround {
  let connection: PostgresConnection | undefined
  let away: { why: string; sinceMs: number; over: PromiseWithResolvers<void> } | undefined
  /** The connection that this group began on. It ends on it or not at all: another knows nothing of what was done before. */
  let group: PostgresConnection | undefined
  let isOpen = false
  /** Writes of this group so far; the first needs no savepoint, since all there is to take back is the whole. */
  let writes = 0
  const closing = new AbortController()

  function use(made: PostgresConnection): void {
    connection = made
    away?.over.resolve()
    away = undefined
    void made.gone.then((why) => {
      connection = undefined
      isOpen = false
      away = { why, sinceMs: performance.now(), over: Promise.withResolvers() }
      void reconnect()
    })
  }

  async function reconnect(): Promise<void> {
    for (let pauseMs = firstPauseMs; !closing.signal.aborted; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        const made = await connect()
        if (closing.signal.aborted) return await made.close()
        return use(made)
      } catch (error) {
        if (away) away.why = messageOf(error)
        // Aborted: the loop ends.
        await passing(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: closing.signal }).catch(() => {})
      }
    }
  }

  async function connected(): Promise<PostgresConnection> {
    while (!connection) {
      const lost = away
      const leftMs = lost ? lost.sinceMs + patienceMs - performance.now() : 0
      if (!lost || leftMs <= 0) throw new ConnectionLost(lost?.why ?? 'it is closed')
      const late = new AbortController()
      await Promise.race([lost.over.promise, passing(leftMs, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
    }
    return connection
  }

  function inGroup(): PostgresConnection {
    if (!group) throw new Error('No group has begun.')
    return group
  }

  async function run(text: string) {
    return inGroup().query(text)
  }

  /** Not waited for: should it fail, so does what is sent behind it, and that is waited for. */
  function send(text: string): void {
    run(text).catch(() => {})
  }

  const sql = new Kysely<Tables>({
    dialect: nodePostgres({
      lend: async () => inGroup(),
      giveBack() {},
    }),
  })
  use(first)

  return {
    sql,
    async begin() {
      group = await connected()
      send('BEGIN')
      isOpen = true
      writes = 0
    },
    async open() {
      if (writes > 0) send('SAVEPOINT one')
    },
    async keep() {
      if (writes > 0) send('RELEASE one')
      writes++
    },
    async takeBack() {
      await run(writes > 0 ? 'ROLLBACK TO one; RELEASE one' : 'ROLLBACK; BEGIN')
    },
    async commit() {
      isOpen = false
      const { isAlive } = inGroup()
      if (!isAlive()) throw new ConnectionLost(away?.why ?? 'the connection was lost')
      let command: string
      try {
        command = (await run('COMMIT')).command
      } catch (cause) {
        if (isAlive()) throw cause
        // It was sent, and nobody said what became of it.
        throw new InDoubt(messageOf(cause), { cause })
      }
      // That is how it says that something had failed before.
      if (command !== 'COMMIT') throw new Error('The server has taken the transaction back.')
    },
    async rollBack() {
      isOpen = false
      if (group?.isAlive()) await run('ROLLBACK').catch(() => {})
    },
    stands: () => isOpen && group?.isAlive() === true,
    isOfTheGround: isOfTheServer,
    isPassing,
    whyNot: () => away?.why,
    async [Symbol.asyncDispose]() {
      closing.abort()
      await connection?.close()
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
