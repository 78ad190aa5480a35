/** What all nodes lean on is gone: NATS or PostgreSQL is killed and started again, or stands still. */
import { setTimeout as pause } from 'node:timers/promises'
import { type NodesKind, playOnNodes } from './nodes.ts'
import type { Play } from './played.ts'

/** Requests that were at the other end of the bus as it broke are `unknown`; whatever is written meanwhile fails. */
const goneMs = 3_000
/** Longer than a lease. */
const longGoneMs = 13_000
/** Each node says once that the record is away, and lets go of what it holds. */
export const withoutRecord = /^(database\.away|nodes\..+)$/
const withoutBus = /^(requests|bosh|events)\./

const bus: NodesKind = {
  name: 'bus-gone',
  knownWithinMs: 1_000,
  expectedErrors: withoutBus,
  async round({ cluster, owners, random }, { isShort }, number) {
    const { nats } = cluster.servers
    const isFrozen = number % 2 === 0
    const forMs = !isShort && random() < 0.5 ? longGoneMs : goneMs + random() * 4000
    owners.excuse()
    if (isFrozen) await nats.freeze()
    else await nats.kill()
    await pause(forMs)
    if (isFrozen) nats.thaw()
    else await nats.restart()
    return { healedMs: performance.now(), words: `${isFrozen ? 'frozen' : 'killed'} for ${Math.round(forMs / 1000)} s` }
  },
}

const database: NodesKind = {
  name: 'database-gone',
  knownWithinMs: 3_000,
  expectedErrors: withoutRecord,
  rules: { mayForgetOutcomes: true, mayOvertake: 'all', lateMs: 20_000 },
  async round({ cluster, random }, { isShort }, number) {
    const { postgres } = cluster.servers
    const isFrozen = number % 2 === 0
    const forMs = number % 3 === 0 || (!isShort && random() < 0.5) ? longGoneMs : goneMs + random() * 4000
    if (isFrozen) await postgres.signal('SIGSTOP')
    else await postgres.kill()
    await pause(forMs)
    if (isFrozen) await postgres.signal('SIGCONT')
    else await postgres.start()
    return { healedMs: performance.now(), words: `${isFrozen ? 'frozen' : 'killed'} for ${Math.round(forMs / 1000)} s` }
  },
}

export const playBusGone: Play = (options) => playOnNodes(bus, options)
export const playDatabaseGone: Play = (options) => playOnNodes(database, options)
