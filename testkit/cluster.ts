/** Several nodes of one relay: real PostgreSQL, real NATS, and a balancer as we deploy it that gives each request to the next node. */
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import { openHaproxy } from './haproxy.ts'
import { type Nats, openNats } from './nats.ts'
import { openNginx } from './nginx.ts'
import { findFreePort } from './ports.ts'
import { type PostgresServer, startPostgres } from './postgres.ts'
import { type Start, type StartedProcess, startHouseFile } from './process.ts'

export interface ClusterOptions {
  /** Default 3. */
  nodes?: number
  /** One process on its own record, without a bus, behind the same balancer: to compare with. */
  embedded?: boolean
  /** More options of each `fairlead relay`. */
  relay?: readonly string[]
  /** Servers that are shared with others; own ones by default. */
  servers?: ClusterServers
  /** `deploy/nginx-nodes.conf` or `deploy/haproxy-nodes.cfg`, over plain HTTP; nginx by default. */
  balancer?: 'nginx' | 'haproxy'
  /** How the node with this number, from 0, finds its servers and is started, where not as all the others. */
  place?: (at: number, servers: ServerUrls) => Promise<NodePlace>
}

export interface ServerUrls {
  readonly databaseUrl: string
  readonly busUrl: string
}

/** Through a wire of its own; with a clock of its own. */
export interface NodePlace extends Partial<ServerUrls> {
  start?: Start
}

export interface ClusterServers extends AsyncDisposable {
  readonly postgres: PostgresServer
  readonly nats: Nats
}

export interface ClusterNode {
  /** Where it listens itself, beside the balancer. */
  readonly url: string
  readonly data: string
  /** The process that runs now. */
  process(): StartedProcess
  /** It has not been stopped. */
  isRunning(): boolean
  /** Ends it. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** Starts it again, on the same port and data. */
  start(): Promise<void>
}

export interface Cluster extends AsyncDisposable {
  /** The balancer: round robin, no stickiness. */
  readonly url: string
  readonly adminKey: string
  readonly servers: ClusterServers
  readonly databaseUrl: string
  readonly nodes: readonly ClusterNode[]
  /** What the balancer has served, each as `METHOD TARGET STATUS`. */
  served(): Promise<string[]>
  /** What the balancer has complained of. */
  complaints(): Promise<string>
  /** All processes that ever ran. */
  readonly started: readonly StartedProcess[]
}

const adminKey = 'neighbourhood-admin-key'

export async function openClusterServers(): Promise<ClusterServers> {
  await using building = new AsyncDisposableStack()
  const postgres = building.use(await startPostgres({ settings: { max_connections: '300' } }))
  const nats = building.use(await openNats())
  const built = building.move()
  return { postgres, nats, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

export async function openCluster(options: ClusterOptions = {}): Promise<Cluster> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const servers = options.servers ?? building.use(await openClusterServers())
  const databaseUrl = await servers.postgres.newDatabase()
  const started: StartedProcess[] = []
  const ports: number[] = []
  for (let at = 0; at < (options.nodes ?? 3); at++) ports.push(await findFreePort())
  const plainPort = await findFreePort()
  const publicUrl = `http://127.0.0.1:${plainPort}`

  async function startNode(port: number, data: string, place: NodePlace): Promise<StartedProcess> {
    const settings = [
      ...['--listen', `127.0.0.1:${port}`, '--data', data, '--admin-key', adminKey],
      ...['--public-url', publicUrl, '--trusted-proxies', '127.0.0.1/32'],
      ...(options.relay ?? []),
    ]
    const environment = options.embedded
      ? {}
      : {
          FAIRLEAD_DATABASE_URL: place.databaseUrl ?? databaseUrl,
          FAIRLEAD_BUS_URL: place.busUrl ?? servers.nats.url,
        }
    const process = await startHouseFile('cli/main.ts', ['relay', ...settings], { environment }, place.start)
    started.push(process)
    await process.nextEvent('relay.ready', 60_000)
    return process
  }

  async function openNode(port: number, at: number): Promise<ClusterNode> {
    const data = join(folder.path, `node-${at + 1}`)
    const place = (await options.place?.(at, { databaseUrl, busUrl: servers.nats.url })) ?? {}
    let running = await startNode(port, data, place)
    let isStopped = false
    building.defer(async () => void (await running.kill()))
    return {
      url: `http://127.0.0.1:${port}`,
      data,
      process: () => running,
      isRunning: () => !isStopped,
      async stop(signal) {
        isStopped = true
        await running.stop(signal)
      },
      async start() {
        running = await startNode(port, data, place)
        isStopped = false
      },
    }
  }

  const nodes: ClusterNode[] = []
  for (const [at, port] of ports.entries()) nodes.push(await openNode(port, at))
  const nodeUrls = nodes.map(({ url }) => url)
  const balancer = building.use(
    options.balancer === 'haproxy'
      ? await openHaproxy(nodeUrls, { plainPort })
      : await openNginx(nodeUrls, { setUp: 'as-deployed', plainPort }),
  )
  const built = building.move()
  return {
    url: publicUrl,
    adminKey,
    servers,
    databaseUrl,
    nodes,
    served: async () => balancer.served(),
    complaints: async () => ('errors' in balancer ? balancer.errors() : balancer.complaints()),
    started,
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
