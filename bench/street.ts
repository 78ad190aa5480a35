/** Nodes, balancers and a fleet of devices at them, for what is measured while a node goes. */
import { type Cluster, type ClusterNode, type ClusterOptions, openCluster } from '../testkit/cluster.ts'
import { openNginx } from '../testkit/nginx.ts'
import { findFreePort } from '../testkit/ports.ts'
import { createService } from '../testkit/service.ts'
import { until } from '../testkit/until.ts'
import { answerText } from './generator/content.ts'
import type { Device } from './generator/device.ts'
import { createFleet, type Fleet, nameOf } from './generator/fleet.ts'
import { createScramKeyring } from './generator/scram-keyring.ts'

const secret = 'the-one-secret-of-all'
/** One nginx takes two files a device, and systems give a process 20,000 or so. */
const mostPerBalancer = 5_000
const enrolAtOnce = 48
const logInAtOnce = 64
const patienceMs = 300_000

export interface StreetOptions {
  devices: number
  nodes: number
  /** How long a request is held; 30 by default. */
  waitSeconds?: number
  /** In the session by default. */
  answers?: 'session' | 'http'
  /** More options of each `fairlead relay`. */
  relay?: readonly string[]
  place?: ClusterOptions['place']
  /** Where devices go instead of to balancers. */
  way?: (cluster: Cluster) => Promise<{ readonly url: string }>
  say(line: string): void
}

export interface Street extends AsyncDisposable {
  readonly cluster: Cluster
  readonly fleets: readonly Fleet[]
  readonly devices: readonly Device[]
  /** All of them; resolves when each holds a request. */
  logIn(): Promise<void>
  /** All of them hang up; resolves when none is ONLINE any more: when they have been silent for long enough. */
  hangUp(): Promise<void>
  /** How the record has them, by ID. */
  read(): Promise<ReadonlyMap<string, Place>>
  /** The number of that node, as it is now. */
  numberOf(node: ClusterNode): Promise<number>
}

export interface Place {
  isOnline: boolean
  node: number
}

/** All devices are enrolled, and none has logged in. */
export async function openStreet(options: StreetOptions): Promise<Street> {
  const { devices: count, nodes, waitSeconds = 30, answers = 'session', say, relay = [], place } = options
  await using building = new AsyncDisposableStack()
  const cluster = building.use(await openCluster({ nodes, relay, ...(place && { place }) }))
  const service = createService(cluster.url, cluster.adminKey)
  say(`${count} devices are enrolled at ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`)
  await enrol(count, (id) => service.post('/v1/devices', { id, secret }))
  const keyring = createScramKeyring(secret, 'sha1')
  const inSession = (device: string) => `<response xmlns='urn:fairlead:request:1'>${answerText(device)}</response>`

  async function openBalancer(): Promise<{ url: string }> {
    const plainPort = await findFreePort()
    const urls = cluster.nodes.map(({ url }) => url)
    return building.use(await openNginx(urls, { setUp: 'as-deployed', plainPort }))
  }

  const sizes: number[] = []
  for (let left = count; left > 0; left -= mostPerBalancer) sizes.push(Math.min(mostPerBalancer, left))
  const fleets: Fleet[] = []
  for (const at of sizes.keys()) {
    const { url } = options.way ? await options.way(cluster) : await openBalancer()
    const fleet = createFleet(
      {
        bosh: { ...addressOf(url), path: '/http-bind' },
        domain: 'localhost',
        mechanism: 'SCRAM-SHA-1',
        ...{ keyring, waitSeconds, answers, retryMs: 1_000 },
        answerOf: answers === 'session' ? inSession : answerText,
      },
      at * mostPerBalancer,
    )
    building.defer(() => fleet.close())
    fleets.push(fleet)
  }
  async function read(): Promise<Map<string, Place>> {
    const rows = await cluster.servers.postgres.run('select id, state, node from device', cluster.databaseUrl)
    return new Map(
      rows.map((row) => [String(row['id']), { isOnline: row['state'] === 'online', node: Number(row['node']) }]),
    )
  }

  const built = building.move()
  return {
    cluster,
    fleets,
    get devices() {
      return fleets.flatMap(({ devices }) => devices)
    },
    async logIn() {
      for (const [at, fleet] of fleets.entries()) {
        const { bound, seconds } = await fleet.grow(sizes[at] ?? 0, logInAtOnce, patienceMs)
        say(`${bound} devices have logged in within ${seconds.toFixed(1)} s`)
      }
    },
    async hangUp() {
      for (const fleet of fleets) fleet.reset()
      const isOver = async () => [...(await read()).values()].every(({ isOnline }) => !isOnline)
      await until('all devices are OFFLINE', isOver, patienceMs)
    },
    read,
    async numberOf({ url }) {
      const { body } = await createService(url, cluster.adminKey).read('/metrics')
      return Number(/^fairlead_node_info\{[^}]*node="(\d+)"/m.exec(String(body))?.[1] ?? 0)
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

/** All of them, by the names that a fleet has. @throws {Error} when one cannot be */
export async function enrol(count: number, post: (id: string) => Promise<{ status: number }>): Promise<void> {
  let next = 0
  const some = async () => {
    while (next < count) {
      const { status } = await post(nameOf(next++))
      if (status !== 201) throw new Error(`A device cannot be enrolled: ${status}`)
    }
  }
  await Promise.all(Array.from({ length: enrolAtOnce }, some))
}

export function addressOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}
