/** A soak on three nodes behind a balancer: each on wires of its own, if it is to be cut off, or with a clock of its own. */
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { type Cluster, type ClusterNode, type ClusterOptions, openCluster } from '../cluster.ts'
import { type HttpWire, openHttpWire } from '../http-wire.ts'
import { type RelayOptions, type RunningRelay, relayOf } from '../relays.ts'
import { createService } from '../service.ts'
import { checkReturns, type Lie, type Return, type Rules, type Standstill } from './history.ts'
import { type Owners, watchOwners } from './owners.ts'
import { checkHeard } from './ownership.ts'
import { type Played, type PlayOptions, played, renderSpread } from './played.ts'
import { readMistakes } from './remains.ts'
import { lookToken, openSoak, type Soak } from './soak.ts'
import { wireEach } from './wiring.ts'

/** I11: the fault is over, and so long after it all devices are ONLINE and answered for at every node. */
const backWithinMs = 60_000
/** I6: a node that others wait for may be silent for a while before they give it up. */
const lateMs = 10_000
const listenPatienceMs = 6_000
/** What may still be pending is judged later: the longest deferral and what others take to end it. */
const judgeAfterMs = 50_000

export interface Nodes {
  readonly cluster: Cluster
  readonly soak: Soak
  readonly owners: Owners
  readonly random: () => number
  /** One of them, by chance. */
  pick(): { node: ClusterNode; at: number }
  /** While this lasts, whoever was asked may be the one that stands still. @returns to be called when it is over */
  standStill(): () => void
}

export interface Round {
  /** From when on devices have to come back. */
  healedMs: number
  words: string
  /** What is still to be done when they are. */
  after?: () => Promise<void>
}

export interface NodesKind {
  name: string
  rules?: Partial<Rules>
  place?: ClusterOptions['place']
  /** Errors in the log that the fault explains. */
  expectedErrors?: RegExp
  /** Nodes are killed: they cannot end well. */
  kills?: boolean
  /** Calls that may end with their connection. */
  lostShare?: number
  /** Sessions of agents that go on without a log-in; undefined: it is told, and nothing is promised. */
  continuedShare?: number
  knownWithinMs?: number
  /** Plays one round up to where its devices have to come back. */
  round(nodes: Nodes, options: PlayOptions, number: number): Promise<Round>
}

export async function playOnNodes(kind: NodesKind, options: PlayOptions): Promise<Played> {
  const { seed, rounds, patience, tell } = options
  await using wiring = wireEach<HttpWire>((url) => openHttpWire(url))
  await using building = new AsyncDisposableStack()
  const random = createSeededRandom(seed).fraction
  const standstills: Standstill[] = []
  const opened = Promise.withResolvers<Cluster>()
  const open = async ({ settings }: RelayOptions): Promise<RunningRelay> => {
    const cluster = await openCluster({ relay: settings, ...(kind.place && { place: kind.place }) })
    opened.resolve(cluster)
    return relayOf(cluster)
  }
  const soak = building.use(
    await openSoak({
      ...{ seed, patience, open, through: wiring.through, listenPatienceMs, callers: 8, pauseMs: 250 },
      rules: {
        lateMs: lateMs + 1000 * patience,
        mayLoseUnknown: true,
        // What is not deferred follows its device, and has no place before it has come there.
        mayOvertake: 'live',
        standstills,
        ...kind.rules,
      },
      // Asking for a new session while a node is gone is not what is looked at here.
      ...(kind.knownWithinMs !== undefined && { knownWithinMs: kind.knownWithinMs * patience }),
      relay: ['--survival-timeout', '0', '--inactivity', '60', '--management-timeout', '120'],
      remains: async (heard) => await checkRemains(await opened.promise, owners, heard, kind),
    }),
  )
  const cluster = await opened.promise
  const owners = building.use(await watchOwners(cluster))
  const nodes = createNodes({ cluster, soak, owners, random, standstills })
  const all: Return[] = []
  const ofAgents = soak.street.agents.flatMap(({ ids }) => ids)
  let [sessions, logIns, told] = [0, 0, 0]
  /** Fifty rounds take half an hour: what is found in the first is not kept back until then. */
  const tellLies = () => {
    for (const { rule, words } of soak.lies.slice(told)) tell(`${kind.name}: ${rule}: ${words}`)
    told = soak.lies.length
  }

  for (let round = 1; round <= rounds; round++) {
    await pause(300 + random() * 1000)
    const seen = wiring.ways.map(({ visits }) => visits.length)
    const { healedMs, words, after } = await kind.round(nodes, options, round)
    const returns = await answeredEverywhere(nodes, healedMs)
    await after?.()
    all.push(...returns)
    soak.lies.push(...checkReturns(returns, backWithinMs))
    owners.blame()
    const begun = wiring.ways
      .flatMap(({ visits }, at) => visits.slice(seen[at]))
      .filter(({ body }) => body.includes('<auth'))
    sessions += ofAgents.length
    logIns += begun.length
    const back = renderSpread(returns.map(({ afterMs }) => afterMs))
    tell(
      `${kind.name} ${round}/${rounds}: ${words}, back after ${back} ms, ${begun.length} log-ins, ${soak.lies.length} lies`,
    )
    // Who is cut off again and again waits longer each time (field note 11).
    if (!options.isShort) await soak.street.restartAgents()
    await soak.judge(performance.now() - judgeAfterMs)
    tellLies()
  }
  await soak.settle()
  const { calls, lost } = soak.load.counts
  if (kind.lostShare !== undefined && lost > kind.lostShare * calls)
    soak.lies.push({ rule: 'cut', words: `${lost} of ${calls} calls ended with their connection.` })
  const share = 1 - Math.min(1, logIns / sessions)
  if (share < (kind.continuedShare ?? 0))
    soak.lies.push({ rule: 'not-back', words: `${percent(share)} of sessions continued without a log-in.` })
  return played(kind.name, rounds, soak, {
    'back p50/p99/max ms': renderSpread(all.map(({ afterMs }) => afterMs)),
    'continued without log-in': percent(share),
    'told instead of an answer':
      [...soak.counts.errors].map(([name, count]) => `${name} ${count}`).join(', ') || 'nothing',
  })
}

const percent = (share: number) => `${Math.round(share * 100)} %`

function createNodes(needs: Omit<Nodes, 'pick' | 'standStill'> & { standstills: Standstill[] }): Nodes {
  const { cluster, random, standstills } = needs
  return {
    ...needs,
    pick() {
      const at = Math.floor(random() * cluster.nodes.length)
      const node = cluster.nodes[at]
      if (!node) throw new Error('there is no such node')
      return { node, at }
    },
    standStill() {
      const standstill = { fromMs: performance.now(), toMs: Number.POSITIVE_INFINITY }
      standstills.push(standstill)
      return () => {
        standstill.toMs = performance.now()
      }
    },
  }
}

/** At every node that runs, not only at the one that has it. */
async function answeredEverywhere({ cluster, soak }: Nodes, sinceMs: number): Promise<Return[]> {
  const services = cluster.nodes
    .filter(({ isRunning }) => isRunning())
    .map(({ url }) => createService(url, cluster.adminKey))
  const returned = soak.street.devices.map(async (device) => {
    for (const service of services)
      for (;;) {
        const look = service.ask(device, { get: [`note:${lookToken}`], timeoutSeconds: 2 })
        const status = await look.then((reply) => reply.status).catch(() => 0)
        if (status === 200) break
        if (performance.now() - sinceMs > backWithinMs) return { device, afterMs: undefined }
        await pause(100)
      }
    return { device, afterMs: performance.now() - sinceMs }
  })
  return await Promise.all(returned)
}

async function checkRemains(
  { nodes, started, servers, databaseUrl }: Cluster,
  owners: Owners,
  heard: readonly number[],
  { expectedErrors = /^$/, kills = false }: NodesKind,
): Promise<Lie[]> {
  const lies = await owners.judge()
  const rows = await servers.postgres.run(
    `select seq from event where type not like 'record.%' order by seq`,
    databaseUrl,
  )
  lies.push(
    ...checkHeard(
      rows.map(({ seq }) => Number(seq)),
      heard,
    ),
  )
  for (const [at, node] of nodes.entries()) {
    const { code, signal } = await node.process().stop('SIGTERM', 20_000)
    if (code !== 0)
      lies.push({ rule: 'ended', words: `Node ${at + 1} ended with ${signal ?? code} when it was asked to.` })
  }
  for (const [at, process] of started.entries()) {
    lies.push(...readMistakes(`node ${at + 1}`, process.output().stderr, expectedErrors))
    const { signal } = await process.exited
    if (signal !== null && !kills) lies.push({ rule: 'ended', words: `Node ${at + 1} was ended by ${signal}.` })
  }
  return lies
}
