/** The relay of a scene: one process by default, or three nodes behind a balancer that look like one. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Cluster, openCluster, openClusterServers } from './cluster.ts'
import { findFreePort } from './ports.ts'
import { type Start, type StartedProcess, startHouseFile } from './process.ts'

export interface RelayOptions {
  /** The folder for its data. */
  folder: string
  adminKey: string
  /** More options of `fairlead relay`. */
  settings: readonly string[]
  /** `HOST:PORT`. */
  listen: string
  /** Where it runs, if not here: then it is one process, whatever was asked for. */
  start?: Start | undefined
}

export interface RunningRelay extends AsyncDisposable {
  /** As its ready line names it; of several nodes, where their balancer is. It stays over a restart. */
  readonly url: URL
  readonly publicUrl: string
  readonly data: string
  /** The process that runs now; of several, the first. */
  process(): StartedProcess
  /** All that ever ran. */
  readonly started: readonly StartedProcess[]
  /** Ends it, all nodes of it, and starts it again, with what it wrote down of its sessions or without. */
  restart(signal: 'SIGTERM' | 'SIGKILL', how?: 'without sessions'): Promise<void>
  /** The devices whose sessions outlive it. */
  sessionsOnDisk(): Promise<string[]>
}

/** `FAIRLEAD_SCENES=nodes`: the scenes are played against three nodes. */
export const isPlayedOnNodes = process.env['FAIRLEAD_SCENES'] === 'nodes'

export function openRelay(options: RelayOptions): Promise<RunningRelay> {
  const isElsewhere = options.start !== undefined || !options.listen.endsWith(':0')
  return isPlayedOnNodes && !isElsewhere ? openNodes(options) : openOne(options)
}

async function openOne({ folder, adminKey, settings, listen, start }: RelayOptions): Promise<RunningRelay> {
  const data = join(folder, 'relay')
  const started: StartedProcess[] = []

  async function run(at: string) {
    const all = ['relay', '--listen', at, '--data', data, '--admin-key', adminKey, ...settings]
    const relay = await startHouseFile('cli/main.ts', all, {}, start)
    started.push(relay)
    const ready = await relay.nextEvent('relay.ready')
    return { relay, url: new URL(String(ready['url'])), publicUrl: String(ready['publicUrl']) }
  }

  // A network of its own has all ports to itself.
  const port = start === undefined ? await findFreePort() : 0
  let { relay, url, publicUrl } = await run(listen.replace(/:0$/, `:${port}`))
  return {
    url,
    publicUrl,
    data,
    process: () => relay,
    started,
    async restart(signal, how) {
      await relay.stop(signal)
      if (how) onFile(data, 'DELETE FROM session')
      relay = (await run(listen.replace(/:0$/, `:${url.port}`))).relay
    },
    sessionsOnDisk: async () => onFile(data, 'SELECT device FROM session').map(({ device }) => String(device)),
    async [Symbol.asyncDispose]() {
      await relay.kill()
    },
  }
}

function onFile(data: string, sql: string): Record<string, unknown>[] {
  const file = new DatabaseSync(join(data, 'fairlead.db'))
  try {
    return file.prepare(sql).all()
  } finally {
    file.close()
  }
}

const nodesOf = new Map<string, readonly string[]>()

/** Where the nodes of a relay listen themselves; of one that is alone, itself. */
export function nodesBehind(url: string): readonly string[] {
  return nodesOf.get(url) ?? [url]
}

/** One PostgreSQL and one NATS for all scenes of a file. */
let servers: ReturnType<typeof openClusterServers> | undefined

async function openNodes({ settings }: RelayOptions): Promise<RunningRelay> {
  servers ??= openClusterServers()
  const shared = await servers
  shared.postgres.unref()
  shared.nats.unref()
  const cluster = await openCluster({ relay: settings, servers: shared })
  nodesOf.set(
    cluster.url,
    cluster.nodes.map(({ url }) => url),
  )
  return relayOf(cluster)
}

/** All nodes as the one relay that they are; where one process stands for it, the first. */
export function relayOf(cluster: Cluster): RunningRelay {
  const { nodes, servers: at, databaseUrl } = cluster
  const [first] = nodes
  if (!first) throw new Error('There is no node.')
  return {
    url: new URL(cluster.url),
    publicUrl: cluster.url,
    data: first.data,
    process: first.process,
    started: cluster.started,
    async restart(signal, how) {
      await Promise.all(nodes.map((node) => node.stop(signal)))
      if (how) await at.postgres.run('delete from session', databaseUrl)
      await Promise.all(nodes.map((node) => node.start()))
    },
    async sessionsOnDisk() {
      const rows = await at.postgres.run('select device from session', databaseUrl)
      return rows.map(({ device }) => String(device))
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  }
}
