/** `npm run bench:nodes`: what a request costs at one embedded relay, and at one, two and three nodes, measured in one run. */
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { openCluster, openClusterServers } from '../testkit/cluster.ts'
import { createService } from '../testkit/service.ts'
import { until } from '../testkit/until.ts'
import { medianOf } from './figures.ts'
import { openApiAsker } from './generator/api-asker.ts'
import type { Asker } from './generator/asker.ts'
import { answerText } from './generator/content.ts'
import { createFleet } from './generator/fleet.ts'
import { closedLoop, type LoopFigures, openLoop } from './generator/loops.ts'
import { createScramKeyring } from './generator/scram-keyring.ts'
import { startOn } from './machines.ts'
import { runProgram, wholeNumber } from './run-program.ts'
import { addressOf, enrol } from './street.ts'
import { readUsage } from './usage.ts'

const secret = 'the-one-secret-of-all'
const help = `npm run bench:nodes [-- --nodes 1,2,3 --devices 400 --seconds 4 --repeat 5 --in-flight 32 --answers http|session --machine PERCENT]

Devices and services go through one nginx, round robin and with no stickiness, to
  embedded   one process on SQLite, with no bus
  1, 2, 3    so many nodes on one PostgreSQL and one NATS, on this machine
  apart      two processes on SQLite that know nothing of each other, each with half of the devices and of the requests
and each request is charged with the processor time of all relays together. All of them stand at the same time and are asked
in turns, as often as --repeat says: a machine has moods, and each round is compared with its own embedded relay. What is
shown are medians. At last all devices are at one of two nodes, and only requests, or only polls and answers, come to the other:
the difference is what each way over the bus costs. --nodes 0 shows that alone.

With --machine each relay has that part of a processor, for itself (Linux control groups, as root), and there are --devices and
--in-flight of each relay: so many small machines at their bound, of which "a second" says what they carry together. They are asked
all at the same time, so that the moods of the machine are the same for all. What is left of the processors must do for everything
else. Without it two nodes on this machine are half idle, or take turns on its caches, and each
finds less to do whenever it wakes: they pay for each wait and wake, as two machines would that have little to do.
`

/** What a request over two nodes may cost, so that two machines carry 1.6 times as much as one; and how much later it may come. */
const mostOfOne = 1.25
const mostHopMs = 1
/** By then a process has compiled what it needs. Of two nodes, each has half of the requests: with as many for all, they would be colder. */
const requestsToWarm = 10_000
/** A relay that had nothing to do while others were measured has given memory back, and takes twice as long for its first thousands. */
const wakingSeconds = 4

interface Terms {
  nodes: readonly number[]
  devices: number
  seconds: number
  repeat: number
  inFlight: number
  answers: 'http' | 'session'
  /** Of a processor, for each relay; undefined: as much as it gets. */
  machinePercent: number | undefined
}

interface Measured {
  loop: Pick<LoopFigures, 'all' | 'failed' | 'perSecond' | 'p50Ms' | 'p99Ms'>
  /** Microseconds of all relays together, per request. */
  cpuUs: number
}

/** What is asked by itself: relay, devices and services. */
interface Part {
  stage: Stage
  asker: Asker
  inFlight: number
}

/** Stands from the first round to the last. */
interface Place {
  name: string
  parts: readonly Part[]
  rounds: Measured[]
}

const apart = 'apart'

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function readTerms(): Terms | undefined {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      nodes: { type: 'string', default: '1,2,3' },
      devices: { type: 'string', default: '400' },
      seconds: { type: 'string', default: '4' },
      repeat: { type: 'string', default: '5' },
      'in-flight': { type: 'string', default: '32' },
      answers: { type: 'string', default: 'http' },
      machine: { type: 'string' },
    },
  })
  if (values.help) return undefined
  const { answers } = values
  if (answers !== 'http' && answers !== 'session')
    throw new UsageError(`--answers is http or session, not "${answers}".`)
  return {
    nodes: values.nodes.split(',').map((text) => wholeNumber('nodes', text, 0)),
    devices: wholeNumber('devices', values.devices, 1),
    seconds: wholeNumber('seconds', values.seconds, 1),
    repeat: wholeNumber('repeat', values.repeat, 1),
    inFlight: wholeNumber('in-flight', values['in-flight'], 1),
    answers,
    machinePercent: values.machine === undefined ? undefined : wholeNumber('machine', values.machine, 1),
  }
}

async function main(): Promise<void> {
  const terms = readTerms()
  if (!terms) return void process.stdout.write(help)
  await using servers = await openClusterServers()
  const places = terms.nodes.some((nodes) => nodes > 0) ? await measureAll(terms, servers) : []
  if (places.length > 0) process.stdout.write(`${render(places)}\n`)
  process.stdout.write(`${await measureWays(terms, servers)}\n`)
}

async function measureAll(terms: Terms, servers: Servers): Promise<Place[]> {
  await using standing = new AsyncDisposableStack()
  const places: Place[] = []

  async function stand(name: string, nodes: number, count: number): Promise<void> {
    say(`${name}: its devices log in`)
    const size = terms.machinePercent === undefined ? 1 / count : Math.max(nodes, 1)
    const [devices, inFlight] = [terms.devices * size, terms.inFlight * size]
    const parts: Part[] = []
    for (let part = 0; part < count; part++) {
      const stage = standing.use(await open({ ...terms, devices }, nodes, servers))
      const asker = openApiAsker(addressOf(stage.cluster.url), stage.cluster.adminKey, inFlight)
      standing.defer(() => asker.close())
      parts.push({ stage, asker, inFlight })
    }
    places.push({ name, parts, rounds: [] })
  }

  await stand('embedded', 0, 1)
  for (const nodes of terms.nodes) await stand(`${nodes} node${nodes > 1 ? 's' : ''}`, nodes, 1)
  await stand(apart, 0, 2)
  await ofEach(terms, places, warm)
  for (let round = 0; round < terms.repeat; round++)
    await ofEach(terms, places, async (place) => {
      await askMany(wakingSeconds, place.parts)
      place.rounds.push(await measure(terms, place))
    })
  return places
}

async function ofEach(terms: Terms, places: readonly Place[], run: (place: Place) => Promise<void>): Promise<void> {
  if (terms.machinePercent !== undefined) return void (await Promise.all(places.map(run)))
  for (const place of places) await run(place)
}

async function warm({ name, parts }: Pick<Place, 'name' | 'parts'>): Promise<void> {
  const processes = parts.reduce((sum, { stage }) => sum + stage.cluster.nodes.length, 0)
  const wanted = requestsToWarm * processes
  say(`${name}: ${wanted} requests to warm up`)
  for (let done = 0; done < wanted; ) done += (await askMany(2, parts)).loop.all
}

type Servers = Awaited<ReturnType<typeof openClusterServers>>

type Stage = Awaited<ReturnType<typeof open>>

async function open(terms: Terms, nodes: number, servers: Servers, at?: number) {
  await using building = new AsyncDisposableStack()
  const place = async () => ({ start: startOn(terms.machinePercent, building) })
  const cluster = building.use(await openCluster({ nodes: Math.max(nodes, 1), embedded: nodes === 0, servers, place }))
  const service = createService(cluster.url, cluster.adminKey)
  await enrol(terms.devices, (id) => service.post('/v1/devices', { id, secret }))
  const bosh = { ...addressOf(at === undefined ? cluster.url : (cluster.nodes[at]?.url ?? '')), path: '/http-bind' }
  const fleet = createFleet({
    bosh,
    domain: 'localhost',
    mechanism: 'SCRAM-SHA-1',
    keyring: createScramKeyring(secret, 'sha1'),
    waitSeconds: 30,
    answers: terms.answers,
    answerOf:
      terms.answers === 'session'
        ? (device) => `<response xmlns='urn:fairlead:request:1'>${answerText(device)}</response>`
        : answerText,
  })
  building.defer(() => fleet.close())
  await fleet.grow(terms.devices, 32, 120_000)
  const list = `/v1/devices?state=online&limit=1`
  await until('devices are online', async () => Object((await service.read(list)).body).items?.length === 1)
  const pids = cluster.nodes.map((node) => node.process().pid)
  const cpuSeconds = () => pids.reduce((sum, pid) => sum + readUsage(pid).cpuSeconds, 0)
  const built = building.move()
  return {
    cluster,
    fleet,
    cpuSeconds,
    /** The devices go on with their sessions by way of this address. */
    async moveTo(url: string) {
      fleet.cut()
      Object.assign(bosh, addressOf(url))
      const late = performance.now() + 1_000
      const loggedIn = await fleet.resume(async () => performance.now() > late, 60_000)
      if (loggedIn > 0) throw new Error(`${loggedIn} devices had to log in again.`)
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function measure({ seconds }: Terms, { name, parts, rounds }: Place): Promise<Measured> {
  const measured = await askMany(seconds, parts)
  const { loop, cpuUs } = measured
  const figures = `${Math.round(loop.perSecond)} a second, ${Math.round(cpuUs)} us of CPU each, ${loop.failed} failed`
  say(`round ${rounds.length + 1}, ${name}: ${figures}`)
  return measured
}

/** All parts at the same time; of their latencies, the longer ones. */
async function askMany(seconds: number, parts: readonly Part[]): Promise<Measured> {
  const cpuSeconds = () => parts.reduce((sum, { stage }) => sum + stage.cpuSeconds(), 0)
  const before = cpuSeconds()
  const ask = ({ stage: { fleet }, asker, inFlight }: Part) =>
    closedLoop({ fleet, asker, warmMs: 0, measureMs: seconds * 1_000 }, inFlight)
  const loops = await Promise.all(parts.map(ask))
  const sum = (of: (loop: LoopFigures) => number) => loops.reduce((all, loop) => all + of(loop), 0)
  const most = (of: (loop: LoopFigures) => number) => Math.max(...loops.map(of))
  const loop = {
    ...{
      all: sum(({ all }) => all),
      failed: sum(({ failed }) => failed),
      perSecond: sum(({ perSecond }) => perSecond),
    },
    ...{ p50Ms: most(({ p50Ms }) => p50Ms), p99Ms: most(({ p99Ms }) => p99Ms) },
  }
  return { loop, cpuUs: ((cpuSeconds() - before) / loop.all) * 1e6 }
}

interface Ways {
  /** Everything at the node of the device. */
  right: Measured
  /** The service asks at the other node. */
  asked: Measured
  /** The devices' polls, and their answers over HTTP, come to the other node. */
  polled: Measured
  /** The first two, at each of the rates. */
  atEase: readonly { right: LoopFigures; asked: LoopFigures }[]
}

/** A second: when nothing is warm, and as much as in `npm run bench`. */
const rates = [100, 500]

/** What each way over the bus costs: all sessions are at the first node. */
async function measureWays(terms: Terms, servers: Servers): Promise<string> {
  await using stage = await open(terms, 2, servers, 0)
  const [first, second] = stage.cluster.nodes
  if (!first || !second) throw new Error('Two nodes are measured.')
  const askerAt = (node: { url: string }) => openApiAsker(addressOf(node.url), stage.cluster.adminKey, terms.inFlight)
  const [right, wrong] = [askerAt(first), askerAt(second)]
  const calmly = (asker: Asker, rate: number) =>
    openLoop({ fleet: stage.fleet, asker, warmMs: 500, measureMs: terms.seconds * 1_000 }, rate)
  await stage.moveTo(second.url)
  const by = (asker: Asker): Part[] => [{ stage, asker, inFlight: terms.inFlight }]
  for (const asker of [right, wrong]) await warm({ name: 'one way', parts: by(asker) })
  await stage.moveTo(first.url)
  const rounds: Ways[] = []
  for (let round = 0; round < terms.repeat; round++) {
    const near = { right: await askMany(terms.seconds, by(right)), asked: await askMany(terms.seconds, by(wrong)) }
    const atEase: { right: LoopFigures; asked: LoopFigures }[] = []
    for (const rate of rates) atEase.push({ right: await calmly(right, rate), asked: await calmly(wrong, rate) })
    await stage.moveTo(second.url)
    rounds.push({ ...near, atEase, polled: await askMany(terms.seconds, by(right)) })
    await stage.moveTo(first.url)
  }
  for (const asker of [right, wrong]) asker.close()
  const of = (figure: (ways: Ways) => number) => medianOf(rounds.map(figure))
  const us = (figure: (ways: Ways) => number) => `${Math.round(of(figure))} us`
  const ms = (figure: (ways: Ways) => number) => `${of(figure).toFixed(2)} ms`
  return [
    `CPU of both nodes: ${us(({ right: { cpuUs } }) => cpuUs)} a request with everything at one node; ` +
      `the way of the request adds ${us((ways) => ways.asked.cpuUs - ways.right.cpuUs)}, ` +
      `that of the poll${terms.answers === 'http' ? ' and the answer' : ''} ${us((ways) => ways.polled.cpuUs - ways.right.cpuUs)}`,
    ...rates.map((rate, at) => {
      const late = (way: 'right' | 'asked', name: 'p50Ms' | 'p99Ms') => (ways: Ways) =>
        ways.atEase[at]?.[way][name] ?? Number.NaN
      const hop = (ways: Ways) => late('asked', 'p50Ms')(ways) - late('right', 'p50Ms')(ways)
      return (
        `${rate} a second: p50 ${ms(late('right', 'p50Ms'))}, p99 ${ms(late('right', 'p99Ms'))} at the node of the device; ` +
        `the way of the request adds ${ms(hop)} to p50 (wanted: at most ${mostHopMs})`
      )
    }),
  ].join('\n')
}

function render(places: readonly Place[]): string {
  const [embedded, two] = [places[0], places.find(({ name }) => name === apart)]
  const rows = places.map(({ name, rounds }) => {
    const of = (figure: (measured: Measured) => number) => medianOf(rounds.map(figure))
    const ratioTo = (place: Place | undefined) =>
      medianOf(rounds.map(({ cpuUs }, at) => cpuUs / (place?.rounds[at]?.cpuUs ?? Number.NaN))).toFixed(2)
    const carries = medianOf(
      rounds.map(({ loop }, at) => loop.perSecond / (embedded?.rounds[at]?.loop.perSecond ?? Number.NaN)),
    )
    const failed = rounds.reduce((sum, { loop }) => sum + loop.failed, 0)
    const cells = [
      name,
      Math.round(of(({ loop }) => loop.perSecond)),
      carries.toFixed(2),
      of(({ loop }) => loop.p50Ms).toFixed(1),
      of(({ loop }) => loop.p99Ms).toFixed(1),
      Math.round(of(({ cpuUs }) => cpuUs)),
      ratioTo(embedded),
      ratioTo(two),
      failed,
    ]
    return `| ${cells.join(' | ')} |`
  })
  return [
    `| | a second | of embedded | p50 ms | p99 ms | CPU us a request | of embedded | of apart (2 nodes: at most ${mostOfOne}) | failed |`,
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}

await runProgram(main)
