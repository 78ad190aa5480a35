/**
 * A model of one relay of several nodes: from what a poll, a request and a log-in cost one node and two behind a balancer, what
 * fleets of any size need, and where it breaks. Pure arithmetic. It is carried to more nodes by what is known of how they work:
 *
 * - a balancer gives a request to the node that has the session once in `nodes` times; else it takes the way over the bus:
 *   at two nodes half of them do;
 * - what is written to the journal is read by every other node;
 * - every node holds every enrolled device in memory, and its own part of the sessions;
 * - what is said to all is said by each node, to each node, and to itself.
 */

import { medianOf } from './figures.ts'

/** What one of something costs: a second, a poll, a request, a log-in. */
export interface Cost {
  /** Microseconds of the processors of all nodes. */
  cpuUs: number
  /** Of them at the second node, where the first one has the session. */
  otherCpuUs: number
  recordCpuUs: number
  /** Of the record, inserted, changed and removed. */
  rows: number
  /** Messages that NATS was given, and that it gave. */
  busIn: number
  busOut: number
}

/** So many nodes behind a balancer, round robin. */
export interface Run {
  nodes: number
  calm: Cost
  logIn: Cost
  poll: Cost
  request: Cost
  /** Of one node without a device. */
  calmMb: number
  /** Of all nodes together for each session, after requests and when all is calm again. */
  kb: number
}

export interface Measured {
  at: string
  /** At each node. */
  devices: number
  seconds: number
  repeat: number
  /** Of a processor, that each node had for itself. */
  machinePercent?: number | undefined
  /** At two nodes, of which the first has all of it to do: the other one follows. */
  following: { logIn: Cost; request: Cost }
  /** One node, two and three. */
  runs: Run[]
}

/** Of each enrolled device, connected or not, at every node. */
export interface Enrolled {
  bytes: number
  startCpuUs: number
}

/** How a fleet lives. */
export interface World {
  devices: number
  /** A held request that ends with nothing takes so long: `--wait`. */
  pollSeconds: number
  requestsPerDeviceHour: number
  logInsPerDeviceDay: number
}

export interface Limits {
  /** Of a node's one processor, when one of the nodes is gone. */
  busiest: number
  /** Of memory, as Node gives it to a process that is told nothing else. */
  heapMb: number
  /** Writes with events follow each other over all nodes. */
  eventsPerSecond: number
  /** One PostgreSQL. */
  recordCores: number
  /** A process may have so many files open. */
  socketsPerNode: number
}

export interface Needs {
  nodes: number
  /** Busy ones, of all nodes. */
  cores: number
  /** Of one node's, for following what the others write. */
  followShare: number
  memoryPerNodeMb: number
  socketsPerNode: number
  recordCores: number
  rowsPerSecond: number
  eventsPerSecond: number
  busInPerSecond: number
  busOutPerSecond: number
  /** Of each limit, how much is used: above 1 it is broken. The largest first. */
  used: readonly (readonly [name: string, part: number])[]
}

/** Of the journal: that a request has ended; that the device went, and came. */
const eventsPerRequest = 1
const eventsPerLogIn = 2
/** Each takes six connections of one PostgreSQL. */
const mostNodes = 200

export function plus(one: Cost, other: Cost, times = 1): Cost {
  return eachOf((name) => one[name] + times * other[name])
}

/** Of several that were measured. */
export function medianCost(costs: readonly Cost[]): Cost {
  return eachOf((name) => medianOf(costs.map((cost) => cost[name])))
}

function eachOf(figure: (name: keyof Cost) => number): Cost {
  return {
    cpuUs: figure('cpuUs'),
    otherCpuUs: figure('otherCpuUs'),
    recordCpuUs: figure('recordCpuUs'),
    rows: figure('rows'),
    busIn: figure('busIn'),
    busOut: figure('busOut'),
  }
}

export interface Spread {
  /** Of the whole relay, each second. */
  calm: Cost
  logIn: Cost
  poll: Cost
  request: Cost
}

/** What things cost at so many nodes, where each request comes to any of them. */
export function spreadOver({ following, runs }: Pick<Measured, 'following' | 'runs'>, nodes: number): Spread {
  const [one, two] = [runOf(runs, 1), runOf(runs, 2)]
  const of = (what: 'logIn' | 'poll' | 'request', follow = nothing) => {
    const halfTheWays = plus(plus(two[what], one[what], -1), followedBy(follow, 2), -1)
    return plus(plus(one[what], followedBy(follow, nodes)), halfTheWays, (2 * (nodes - 1)) / nodes)
  }
  return {
    calm: scaleCalm(two.calm, nodes),
    logIn: of('logIn', following.logIn),
    poll: of('poll'),
    request: of('request', following.request),
  }
}

const nothing: Cost = { cpuUs: 0, otherCpuUs: 0, recordCpuUs: 0, rows: 0, busIn: 0, busOut: 0 }

export function runOf(runs: readonly Run[], nodes: number): Run {
  const found = runs.find((run) => run.nodes === nodes)
  if (!found) throw new Error(`Nothing was measured with ${nodes} nodes.`)
  return found
}

/** More than one node has: each other one follows, and each one speaks to each. */
function followedBy({ otherCpuUs, busIn, busOut }: Cost, nodes: number): Cost {
  const others = nodes - 1
  return { ...nothing, cpuUs: others * otherCpuUs, busIn: others * busIn, busOut: ((nodes ** 2 - 1) * busOut) / 2 }
}

/** Each node does for itself what it does in any second, and speaks to each. */
function scaleCalm(cost: Cost, nodes: number): Cost {
  const all = plus(cost, cost, nodes / 2 - 1)
  return { ...all, busOut: (cost.busOut * nodes ** 2) / 4 }
}

/** Of all nodes together: what a session costs where it is, and what more where its requests are. */
export function kbPerDevice(runs: readonly Run[], nodes: number): number {
  const [one, two] = [runOf(runs, 1).kb, runOf(runs, 2).kb]
  return one + 2 * (two - one) * ((nodes - 1) / nodes)
}

/** What this fleet needs of so many nodes. */
export function needsAt(nodes: number, world: World, measured: Measured, enrolled: Enrolled, limits: Limits): Needs {
  const { following, runs } = measured
  const spread = spreadOver(measured, nodes)
  const polls = world.devices / world.pollSeconds
  const requests = (world.devices * world.requestsPerDeviceHour) / 3_600
  const logIns = (world.devices * world.logInsPerDeviceDay) / 86_400
  const all = plus(plus(plus(spread.calm, spread.poll, polls), spread.request, requests), spread.logIn, logIns)
  // One may be gone.
  const left = Math.max(nodes - 1, 1)
  const cores = all.cpuUs / 1e6
  const followShare = (requests * following.request.otherCpuUs + logIns * following.logIn.otherCpuUs) / 1e6
  const sessionsMb = (world.devices * kbPerDevice(runs, nodes)) / 1024 / left
  const memoryPerNodeMb = runOf(runs, 1).calmMb + (world.devices * enrolled.bytes) / 2 ** 20 + sessionsMb
  const eventsPerSecond = requests * eventsPerRequest + logIns * eventsPerLogIn
  const socketsPerNode = world.devices / left
  const [{ logIn, request }, { rows }] = [runOf(runs, 2), all]
  // Polls write nothing: what they seem to cost it is noise.
  const recordCores = (rows * (logIn.recordCpuUs + request.recordCpuUs)) / (logIn.rows + request.rows) / 1e6
  const used = [
    ['processor of a node', cores / left / limits.busiest],
    ['processor of a node, for following the others alone', followShare / limits.busiest],
    ['memory of a node', memoryPerNodeMb / limits.heapMb],
    ['sockets of a node', socketsPerNode / limits.socketsPerNode],
    ['one journal', eventsPerSecond / limits.eventsPerSecond],
    ['one PostgreSQL', recordCores / limits.recordCores],
  ] as const
  return {
    ...{ nodes, cores, followShare, memoryPerNodeMb, socketsPerNode, recordCores, eventsPerSecond },
    ...{ rowsPerSecond: all.rows, busInPerSecond: all.busIn, busOutPerSecond: all.busOut },
    used: used.toSorted(([, one], [, other]) => other - one),
  }
}

/**
 * @returns with the fewest nodes that keep every limit; one that none can keep, with the fewest that come near to what any can;
 *   where what is better for one is worse for another, with those whose worst is best
 */
export function needsOf(world: World, measured: Measured, enrolled: Enrolled, limits: Limits): Needs {
  const at = (nodes: number) => needsAt(nodes, world, measured, enrolled, limits)
  const all = [at(2)] as [Needs, ...Needs[]]
  for (let nodes = 3; nodes <= mostNodes; nodes++) all.push(at(nodes))
  const least = new Map<string, number>()
  for (const { used } of all)
    for (const [name, part] of used) least.set(name, Math.min(part, least.get(name) ?? Number.POSITIVE_INFINITY))
  const isKept = ([name, part]: readonly [string, number]) => {
    const best = least.get(name) ?? 0
    return part <= (best <= 1 ? 1 : near * best)
  }
  return (
    all.find(({ used }) => used.every(isKept)) ??
    all.reduce((best, other) => (mostUsed(other) < mostUsed(best) ? other : best))
  )
}

/** More nodes for so little less are worth nothing. */
const near = 1.25

function mostUsed({ used }: Needs): number {
  return used[0]?.[1] ?? 0
}

/** @returns the most devices that one relay bears, to three digits, and what stands in the way of more, whatever its nodes */
export function breaksAt(
  world: Omit<World, 'devices'>,
  measured: Measured,
  enrolled: Enrolled,
  limits: Limits,
): { devices: number; nodes: number; first: string } {
  const at = (devices: number) => needsOf({ ...world, devices }, measured, enrolled, limits)
  let [low, high] = [1, 1e9]
  while (high / low > 1.005) {
    const middle = Math.sqrt(low * high)
    if (mostUsed(at(middle)) <= 1) low = middle
    else high = middle
  }
  const [first = ['', 0]] = at(2 * low).used
  return { devices: Math.round(low), nodes: at(low).nodes, first: first[0] }
}
