/** What a relay stands on: its record, the bus, and who else is there. One process alone is the simplest case of several. */
import { hash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import type { Bus } from './bus/bus.ts'
import { openInProcessBus } from './bus/in-process-bus.ts'
import { makeDataFolder } from './database/data-folder.ts'
import { type Database, openDatabase } from './database/database.ts'
import { lockFolder } from './database/folder-lock.ts'
import { keptSecret } from './database/kept-secret.ts'
import type { Outage } from './database/outage.ts'
import { type Calls, createCalls } from './nodes/calls.ts'
import { createIds, type Ids } from './nodes/ids.ts'
import { alone, type Nodes, openNodes } from './nodes/nodes.ts'
import { version } from './version.ts'

export interface Ground extends AsyncDisposable {
  readonly database: Database
  readonly bus: Bus
  readonly ids: Ids
  /** This process, as people find it: its host and number there. */
  readonly name: string
  /** Becomes one of the nodes; where the record is embedded, it is alone. */
  join(others: Pick<Parameters<typeof openNodes>[0], 'bury' | 'deposed'>): Promise<{ nodes: Nodes; calls: Calls }>
  /** Other nodes may write to this record. */
  readonly isShared: boolean
}

export interface GroundNeeds {
  dataFolder: string
  databaseUrl: string | undefined
  busUrl: string | undefined
  clock: Clock
  random: Random
  log: Log
  outage: Outage
}

/** How long the lease of a node that is no more stands in the way of one that has no bus to ask it by. */
const patienceMs = 15_000

/** @throws {Failure} `unavailable`, one sentence: folder, database or bus cannot be used */
export async function openGround(needs: GroundNeeds): Promise<Ground> {
  await using opening = new AsyncDisposableStack()
  const { dataFolder, databaseUrl, busUrl, clock, random, log, outage } = needs
  const isShared = databaseUrl !== undefined
  makeDataFolder(dataFolder)
  // The embedded database locks the folder itself.
  if (isShared) opening.use(lockFolder(dataFolder))
  const database = opening.use(await openDatabase({ folder: dataFolder, url: databaseUrl, log, outage }))
  const ids = createIds(await keptSecret(database, random, 'id-key'), random)
  let nodes = alone
  // After the end of the bus: what others have asked this node is answered by then.
  opening.defer(() => nodes.signOff())
  const bus = opening.use(await openBus())

  async function openBus(): Promise<Bus> {
    if (busUrl === undefined) return openInProcessBus({ clock, random, log })
    const key = await keptSecret(database, random, 'bus-key')
    const namespace = `fairlead${hash('sha256', key, 'hex').slice(0, 16)}`
    const { openNatsBus } = await import('./bus/nats-bus.ts')
    return openNatsBus({ url: busUrl, key, namespace, clock, random, log })
  }

  async function mustBeAlone(nodes: Nodes): Promise<void> {
    const untilMs = clock.now() + patienceMs
    for (let others = await nodes.look(); others.length > 0; others = await nodes.look()) {
      if (clock.now() >= untilMs) {
        const names = others.map(({ name }) => name).join(', ')
        throw new Failure(
          'unavailable',
          `Another relay uses this database (${names}): give both the same --bus-url, or stop that one first.`,
        )
      }
      log.info('nodes.waiting', 'Another relay has used this database a moment ago: waiting until it is surely over.')
      await new Promise<void>((resolve) => void clock.at(clock.now() + 1_000, resolve))
    }
  }

  const name = `${hostname()} ${process.pid}`
  const opened = opening.move()
  return {
    database,
    bus,
    ids,
    name,
    isShared,
    async join(others) {
      if (!isShared) return { nodes, calls: createCalls(bus, nodes) }
      const identity = { home: homeOf(dataFolder, random), name, version }
      nodes = opened.use(await openNodes({ database, bus, clock, log, identity, ...others }))
      if (busUrl === undefined) await mustBeAlone(nodes)
      return { nodes, calls: opened.use(createCalls(bus, nodes)) }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** The name of the data folder, which one process has at a time: who had it before is over, however recently it was seen. */
function homeOf(folder: string, random: Random): string {
  const file = join(folder, 'node-home')
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    const home = random.token(16)
    writeFileSync(file, `${home}\n`, { mode: 0o600 })
    return home
  }
}
