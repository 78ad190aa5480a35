/**
 * Runs that show what things cost: one, two and three nodes behind a balancer, and a node that follows another one. All stand side
 * by side and are measured in turns, so that what else the machine does comes upon all alike.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Cluster } from '../testkit/cluster.ts'
import { openNginx } from '../testkit/nginx.ts'
import { findFreePort } from '../testkit/ports.ts'
import { openApiAsker } from './generator/api-asker.ts'
import { closedLoop } from './generator/loops.ts'
import { startOn } from './machines.ts'
import { costOf, type Reading, readLater, readMeter, sum } from './meter.ts'
import { type Cost, type Measured, medianCost, plus, type Run } from './model.ts'
import { addressOf, openStreet, type Street } from './street.ts'

interface Terms {
  /** At each node. */
  devices: number
  seconds: number
  repeat: number
  /** Of a processor, that each node has for itself. */
  machinePercent: number | undefined
  say(line: string): void
}

interface Place {
  name: string
  nodes: number
  street: Street
  /** Where services ask. */
  url: string
  inFlight: number
}

/** Of a node, a second: so many that they are seen beside what it does anyway, and that it is not busy with them alone. */
const pollsPerSecond = 120
const leastWaitSeconds = 2
/** At each node. */
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
/** How many nodes a balancer stands before. */
const spread = [1, 2, 3]
/** At most so many devices for each of `devices`: those, and those of the node that another one follows. */
export const devicesEach = 1 + sum(spread)

export async function measureRuns(terms: Terms): Promise<Pick<Measured, 'following' | 'runs'>> {
  await using building = new AsyncDisposableStack()
  const followed = building.use(await openFollowed(terms))
  const places: Place[] = [followed]
  for (const nodes of spread) places.push(building.use(await openSpread(nodes, terms)))

  await pause(settleMs)
  const atFirst = await read(places)
  await pause(terms.seconds * terms.repeat * 1000)
  const calm = costsOf(places, atFirst, await read(places), () => terms.seconds * terms.repeat)
  const logIn = await measureLogIns(places, calm, terms)
  for (const place of places) await warmUp(place)
  const poll = await measurePolls(places, calm, terms)
  const residentKb = new Map([...(await read(places))].map(([place, reading]) => [place, sum(reading.residentKb)]))
  const request = await measureRequests(places, calm, poll, terms)

  const runOf = (place: Place): Run => {
    const { nodes, street } = place
    const kbAtFirst = sum(at(atFirst, place).residentKb)
    const costs = { calm: at(calm, place), logIn: at(logIn, place), poll: at(poll, place), request: at(request, place) }
    const kb = (at(residentKb, place) - kbAtFirst) / street.devices.length
    return { nodes, ...costs, calmMb: kbAtFirst / kilobyte / nodes, kb }
  }
  const [, ...runs] = places.map(runOf)
  return { following: { logIn: at(logIn, followed), request: at(request, followed) }, runs }
}

/** Two nodes, of which the first has all of it to do. */
async function openFollowed(terms: Terms): Promise<Place & AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  let url = ''
  async function way({ nodes: [first] }: Cluster): Promise<{ url: string }> {
    const door = await openNginx([first?.url ?? ''], { setUp: 'as-deployed', plainPort: await findFreePort() })
    url = building.use(door).url
    return door
  }
  const street = building.use(await openStreet({ ...streetOf(terms, 2, building), devices: terms.devices, way }))
  const place = { name: 'a node that is followed', nodes: 2, street, url, inFlight }
  return { ...place, ...movedFrom(building) }
}

/** So many nodes behind nginx, as they are meant to be run. */
async function openSpread(nodes: number, terms: Terms): Promise<Place & AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  const street = building.use(await openStreet({ ...streetOf(terms, nodes, building), devices: nodes * terms.devices }))
  const name = `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`
  const place = { name, nodes, street, url: street.cluster.url, inFlight: nodes * inFlight }
  return { ...place, ...movedFrom(building) }
}

function movedFrom(building: AsyncDisposableStack): AsyncDisposable {
  const built = building.move()
  return { [Symbol.asyncDispose]: () => built.disposeAsync() }
}

/** What each node runs on outlives it. */
function streetOf({ devices, say, machinePercent }: Terms, nodes: number, building: AsyncDisposableStack) {
  const place = async () => ({ start: startOn(machinePercent, building) })
  const waitSeconds = Math.max(leastWaitSeconds, Math.ceil(devices / pollsPerSecond))
  return { say, nodes, waitSeconds, answers: 'http' as const, relay, place }
}

type OfEach<Value> = ReadonlyMap<Place, Value>

function at<Value>(values: OfEach<Value>, place: Place): Value {
  const value = values.get(place)
  if (value === undefined) throw new Error(`Nothing is known of ${place.name}.`)
  return value
}

async function read(places: readonly Place[]): Promise<OfEach<Reading>> {
  return new Map(
    await Promise.all(places.map(async (place) => [place, await readMeter(place.street.cluster)] as const)),
  )
}

function costsOf(
  places: readonly Place[],
  before: OfEach<Reading>,
  after: OfEach<Reading>,
  count: (place: Place) => number,
  calm?: OfEach<Cost>,
): OfEach<Cost> {
  return new Map(
    places.map((place) => [place, costOf(at(before, place), at(after, place), count(place), calm && at(calm, place))]),
  )
}

/** One place after the other, again and again. @returns the medians */
async function inTurns(
  places: readonly Place[],
  { repeat, say }: Terms,
  what: string,
  measure: (place: Place) => Promise<Cost>,
): Promise<OfEach<Cost>> {
  const costs = new Map<Place, Cost[]>(places.map((place) => [place, []]))
  for (let turn = 1; turn <= repeat; turn++)
    for (const [place, measured] of costs) {
      const cost = await measure(place)
      measured.push(cost)
      say(`${what}, turn ${turn}, ${place.name}: ${cost.cpuUs.toFixed(0)} us`)
    }
  return new Map([...costs].map(([place, measured]) => [place, medianCost(measured)]))
}

/** Nobody polls at the other places meanwhile. All have logged in when it is over. */
async function measureLogIns(places: readonly Place[], calm: OfEach<Cost>, terms: Terms): Promise<OfEach<Cost>> {
  for (const { street } of places) {
    // The first time most of it is what no process has done before.
    await street.logIn()
    await street.hangUp()
  }
  const costs = await inTurns(places, terms, 'a log-in', async (place) => {
    const { street } = place
    const before = await readMeter(street.cluster)
    await street.logIn()
    const cost = costOf(before, await readLater(street.cluster, settleMs), street.devices.length, at(calm, place))
    await street.hangUp()
    return cost
  })
  for (const { street } of places) await street.logIn()
  return costs
}

/** All places at the same time. */
async function measurePolls(
  places: readonly Place[],
  calm: OfEach<Cost>,
  { seconds, repeat, say }: Terms,
): Promise<OfEach<Cost>> {
  await pause(calmMs)
  const [before, pollsBefore] = [await read(places), new Map(places.map((place) => [place, pollsOf(place)]))]
  await pause(seconds * repeat * 1000)
  const polls = (place: Place) => pollsOf(place) - at(pollsBefore, place)
  const costs = costsOf(places, before, await read(places), polls, calm)
  for (const [{ name }, { cpuUs }] of costs) say(`a poll, ${name}: ${cpuUs.toFixed(0)} us`)
  return costs
}

/** Devices that nobody asks just then poll meanwhile, at all places. */
function measureRequests(
  places: readonly Place[],
  calm: OfEach<Cost>,
  poll: OfEach<Cost>,
  terms: Terms,
): Promise<OfEach<Cost>> {
  return inTurns(places, terms, 'a request', async (place) => {
    const { cluster } = place.street
    await ask(place, warmStepMs)
    const [before, pollsBefore] = [await readMeter(cluster), pollsOf(place)]
    const all = await ask(place, terms.seconds * 1000)
    const polls = pollsOf(place) - pollsBefore
    return plus(costOf(before, await readLater(cluster, settleMs), all, at(calm, place)), at(poll, place), -polls / all)
  })
}

function pollsOf({ street }: Place): number {
  return sum(street.fleets.map(({ polls }) => polls))
}

async function warmUp(place: Place): Promise<void> {
  const untilMs = performance.now() + warmMs
  const wanted = warmRequests * place.nodes
  for (let warm = 0; warm < wanted && performance.now() < untilMs; ) warm += await ask(place, warmStepMs)
}

/** @returns how many were answered @throws {Error} one was not */
async function ask({ street, url, inFlight }: Place, measureMs: number): Promise<number> {
  const [fleet] = street.fleets
  if (!fleet) throw new Error('There are no devices.')
  const asker = openApiAsker(addressOf(url), street.cluster.adminKey, inFlight)
  const { all, failed } = await closedLoop({ fleet, asker, warmMs: 0, measureMs }, inFlight)
  asker.close()
  if (failed > 0) throw new Error(`${failed} of ${all} requests failed: ${asker.lastTrouble}`)
  return all
}
