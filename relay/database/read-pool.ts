/** The few connections that read: made when they are needed, and replaced when they break. */
import type { PostgresLender } from './node-postgres.ts'
import { noOutage, type Outage, RecordAway } from './outage.ts'
import type { PostgresConnection } from './postgres-connection.ts'
import { isOfTheServer, isStalePlan } from './postgres-errors.ts'

export interface ReadPool extends PostgresLender, AsyncDisposable {}

/** Reads are short; more at once would only take each other's time. */
const maxConnections = 4
/** As long as a read waits for a connection that is free, in milliseconds. */
const patienceMs = 5000

export function createReadPool(connect: () => Promise<PostgresConnection>, outage: Outage = noOutage): ReadPool {
  const all = new Set<PostgresConnection>()
  const idle: PostgresConnection[] = []
  const waiting: PromiseWithResolvers<void>[] = []
  const connecting = new Set<Promise<PostgresConnection>>()
  let isClosed = false

  async function lend(): Promise<PostgresConnection> {
    const giveUpAtMs = performance.now() + patienceMs
    for (;;) {
      if (isClosed) throw new Error('The database is closed.')
      const free = idle.pop()
      if (free?.isAlive()) return free
      if (free) continue
      const made = mayMakeOne() ? await makeOne() : undefined
      if (made) return made
      if (idle.length === 0) await turn(giveUpAtMs - performance.now())
    }
  }

  /** The first one alone: where the server has one place left, several at once would find none. */
  const mayMakeOne = () => (all.size === 0 ? connecting.size === 0 : all.size + connecting.size < maxConnections)

  /** @returns undefined: the server gives no more than there are @throws when there is none, and none coming */
  async function makeOne(): Promise<PostgresConnection | undefined> {
    const making = connect()
    connecting.add(making)
    try {
      const made = await making
      all.add(made)
      // Who waits for the first one may make the next.
      waiting.shift()?.resolve()
      void made.gone.then(() => {
        all.delete(made)
        waiting.shift()?.resolve()
      })
      return made
    } catch (error) {
      if (all.size > 0 || connecting.size > 1) return undefined
      // Who waits for one of these tries in turn, and learns the same.
      waiting.shift()?.resolve()
      throw error
    } finally {
      connecting.delete(making)
    }
  }

  async function turn(withinMs: number): Promise<void> {
    const mine = Promise.withResolvers<void>()
    waiting.push(mine)
    const timer = setTimeout(() => mine.reject(unavailable('every connection is busy')), Math.max(0, withinMs))
    try {
      await mine.promise
    } finally {
      clearTimeout(timer)
      const place = waiting.indexOf(mine)
      if (place >= 0) waiting.splice(place, 1)
    }
  }

  function unavailable(why: string, cause?: unknown): RecordAway {
    outage.failed('read', cause ?? why)
    return new RecordAway('unavailable', `The database cannot be read (${why}): try again later.`, {
      retryAfterSeconds: 5,
      cause,
    })
  }

  return {
    lend,
    giveBack(connection) {
      if (connection.isAlive()) {
        idle.push(connection)
        outage.worked('read')
      }
      waiting.shift()?.resolve()
    },
    mayAskAgain: isStalePlan,
    render: (error) => (isOfTheServer(error) ? unavailable((error as Error).message, error) : error),
    async [Symbol.asyncDispose]() {
      isClosed = true
      // One that is on its way would hold the process for ever.
      await Promise.allSettled(connecting)
      await Promise.all([...all].map((connection) => connection.close()))
    },
  }
}
