/** Runs that show what things cost: at the node where a session is, at another one, and spread over all by a balancer. */
import { setTimeout as pause } from 'node:timers/promises'
import type { ClusterNode } from '../testkit/cluster.ts'
import { type Nginx, openNginx } from '../testkit/nginx.ts'
import { findFreePort } from '../testkit/ports.ts'
import { openApiAsker } from './generator/api-asker.ts'
import { closedLoop } from './generator/loops.ts'
import { startOn } from './machines.ts'
import { costOf, readLater, readMeter, sum } from './meter.ts'
import { type Cost, type Costs, plus, type Run } from './model.ts'
import { addressOf, openStreet, type Street, type StreetOptions } from './street.ts'
import { openTurnout, type Turnout } from './turnout.ts'

interface Terms {
  devices: number
  seconds: number
  /** Of a processor, that each node has for itself; then each has so many devices and requests, too, however many nodes there are. */
  machinePercent: number | undefined
  say(line: string): void
}

/** So many polls that they are seen beside what a node does anyway. */
const waitSeconds = 2
const inFlight = 32
/** Code that has not run often costs several times as much: so many requests come to each node before those that count, or as many as come in time. */
const warmRequests = 5_000
const warmStepMs = 1_000
const warmMs = 45_000
/** Who hangs up is OFFLINE soon. */
const relay = ['--inactivity', '5', '--survival-timeout', '0']
/** PostgreSQL tells of its rows a second later; and what was kept waiting is written. */
const settleMs = 3_000
/** When a node has been calm for a while it gives memory back, once, which costs as much as hundreds of requests. */
const calmMs = 15_000
const kilobyte = 1024

/** All devices have their sessions at the first of two nodes. */
export async function measureCosts(terms: Terms): Promise<Costs> {
  await using building = new AsyncDisposableStack()
  const turnouts: Turnout[] = []
  let doors: readonly [Nginx, Nginx] | undefined

  /** What comes together is said together on the bus, and how much does is nginx's doing: it stands before each node alone, too. */
  async function openDoor(node: ClusterNode | undefined): Promise<Nginx> {
    return building.use(await openNginx([node?.url ?? ''], { setUp: 'as-deployed', plainPort: await findFreePort() }))
  }

  const street = building.use(
    await openStreet({
      ...streetOf(terms, 2, building),
      async way({ nodes }) {
        doors = [await openDoor(nodes[0]), await openDoor(nodes[1])]
        const turnout = building.use(await openTurnout(doors[0].url))
        turnouts.push(turnout)
        return turnout
      },
    }),
  )
  if (!doors) throw new Error('There are no devices.')
  const [home, other] = doors
  const meter = createMeter(street, terms, inFlight)
  const calm = await meter.calm()
  const logIn = await meter.logIn(calm)
  await meter.warmUp(home)
  const poll = await meter.polls(calm)
  terms.say(`a poll takes ${poll.cpuUs.toFixed(0)} us`)
  const request = await meter.requests(home, calm, poll)
  terms.say(`a request takes ${request.cpuUs.toFixed(0)} us`)
  await meter.warmUp(other)
  const requestElsewhere = await meter.requests(other, calm, poll)
  for (const turnout of turnouts) turnout.leadTo(other.url)
  // Each sends what it held again, on a new connection.
  await pause(settleMs)
  await meter.warmUp(home)
  const pollElsewhere = await meter.polls(calm)
  const answerElsewhere = await meter.requests(home, calm, pollElsewhere)
  return { calm, logIn, poll, request, requestElsewhere, pollElsewhere, answerElsewhere }
}

/** So many nodes behind nginx, as they are meant to be run. */
export async function runAt(nodes: number, terms: Terms): Promise<Run> {
  const { say } = terms
  const machines = terms.machinePercent === undefined ? 1 : nodes
  await using building = new AsyncDisposableStack()
  await using street = await openStreet({ ...streetOf(terms, nodes, building), devices: machines * terms.devices })
  const meter = createMeter(street, terms, machines * inFlight)
  const calm = await meter.calm()
  const before = await readMeter(street.cluster)
  const logIn = await meter.logIn(calm)
  await meter.warmUp(street.cluster)
  const poll = await meter.polls(calm)
  const during = await readMeter(street.cluster)
  const kb = (sum(during.residentKb) - sum(before.residentKb)) / street.devices.length
  const request = await meter.requests(street.cluster, calm, poll)
  const calmMb = sum(before.residentKb) / kilobyte / nodes
  say(`${nodes}: a poll takes ${poll.cpuUs.toFixed(0)} us, a request ${request.cpuUs.toFixed(0)} us`)
  return { nodes, calm, logIn, poll, request, calmMb, kb }
}

/** What each node runs on outlives it. */
function streetOf(
  { devices, say, machinePercent }: Terms,
  nodes: number,
  building: AsyncDisposableStack,
): StreetOptions {
  const place = async () => ({ start: startOn(machinePercent, building) })
  return { devices, say, nodes, waitSeconds, answers: 'http', relay, place }
}

function createMeter(street: Street, { seconds, say }: Terms, atOnce: number) {
  const { cluster, fleets } = street
  const [fleet] = fleets
  if (!fleet) throw new Error('There are no devices.')
  const openAsker = (at: Pick<ClusterNode, 'url'>) => openApiAsker(addressOf(at.url), cluster.adminKey, atOnce)
  const polls = () => sum(fleets.map((fleet) => fleet.polls))
  return {
    /** What a second costs in which nothing happens. */
    async calm(): Promise<Cost> {
      await pause(settleMs)
      const before = await readMeter(cluster)
      await pause(seconds * 1000)
      return costOf(before, await readMeter(cluster), seconds)
    },
    async logIn(calm: Cost): Promise<Cost> {
      // The first time most of it is what no process has done before.
      await street.logIn()
      await street.hangUp()
      const before = await readMeter(cluster)
      await street.logIn()
      return costOf(before, await readLater(cluster, settleMs), street.devices.length, calm)
    },
    async polls(calm: Cost): Promise<Cost> {
      await pause(calmMs)
      const [before, pollsBefore] = [await readMeter(cluster), polls()]
      await pause(seconds * 1000)
      return costOf(before, await readMeter(cluster), polls() - pollsBefore, calm)
    },
    async warmUp(at: Pick<ClusterNode, 'url'>): Promise<void> {
      const asker = openAsker(at)
      const untilMs = performance.now() + warmMs
      const wanted = warmRequests * cluster.nodes.length
      for (let warm = 0; warm < wanted && performance.now() < untilMs; )
        warm += (await closedLoop({ fleet, asker, warmMs: 0, measureMs: warmStepMs }, atOnce)).all
      asker.close()
    },
    /** Devices that nobody asks just then poll meanwhile. */
    async requests(at: Pick<ClusterNode, 'url'>, calm: Cost, poll: Cost): Promise<Cost> {
      const asker = openAsker(at)
      const [before, pollsBefore] = [await readMeter(cluster), polls()]
      const loop = await closedLoop({ fleet, asker, warmMs: 0, measureMs: seconds * 1000 }, atOnce)
      const pollsOfLoop = polls() - pollsBefore
      const after = await readLater(cluster, settleMs)
      asker.close()
      say(`${Math.round(loop.perSecond)} requests a second`)
      if (loop.failed > 0) throw new Error(`${loop.failed} of ${loop.all} requests failed: ${asker.lastTrouble}`)
      return plus(costOf(before, after, loop.all, calm), poll, -pollsOfLoop / loop.all)
    },
  }
}
