/** The model's arithmetic, on costs that one can follow by hand; and that the manual shows what it says of what was measured. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { replaceMarked } from './document.ts'
import { readEnrolled, readMeasured } from './measured.ts'
import {
  breaksAt,
  type Cost,
  kbPerDevice,
  type Limits,
  type Measured,
  needsAt,
  needsOf,
  type Run,
  spreadOver,
} from './model.ts'
import { renderScale, scaleMarks } from './model-table.ts'

const nothing: Cost = { cpuUs: 0, otherCpuUs: 0, recordCpuUs: 0, rows: 0, busIn: 0, busOut: 0 }
const poll: Cost = { ...nothing, cpuUs: 200 }
const request: Cost = { cpuUs: 500, otherCpuUs: 20, recordCpuUs: 100, rows: 3, busIn: 1, busOut: 2 }

const costs: Measured['costs'] = {
  calm: { cpuUs: 2_000, otherCpuUs: 1_000, recordCpuUs: 400, rows: 1, busIn: 2, busOut: 2 },
  logIn: { ...nothing, cpuUs: 1_000, rows: 5 },
  poll,
  request,
  requestElsewhere: { ...request, cpuUs: 590, busIn: 3 },
  pollElsewhere: { ...poll, cpuUs: 260, busIn: 2, busOut: 2 },
  answerElsewhere: { ...request, cpuUs: 620, busIn: 5 },
}
const run = (nodes: number, kb: number): Run => ({
  ...{ nodes, kb, calmMb: 100, calm: nothing, logIn: nothing, poll: nothing, request: nothing },
})
const measured: Measured = { at: '', devices: 1, seconds: 1, costs, runs: [run(1, 40), run(2, 50)] }
const enrolled = { bytes: 2 ** 10, startCpuUs: 20 }
const limits: Limits = {
  ...{ busiest: 0.5, heapMb: 4_096, eventsPerSecond: 10_000, recordCores: 16, socketsPerNode: 50_000 },
}

const near = (one: number, other: number) => assert.ok(Math.abs(one - other) < 1e-6 * other, `${one}, not ${other}`)

test('D6 one node pays for no other, and of three each pays for two hops in three', () => {
  const [alone, three] = [spreadOver(costs, 1), spreadOver(costs, 3)]
  assert.deepEqual([alone.poll.cpuUs, alone.request.cpuUs, alone.logIn.cpuUs], [200, 480, 1_000])
  near(three.poll.cpuUs, 200 + (2 / 3) * 60)
  // At home 480, two that follow, and the ways of who asks and of the device.
  near(three.request.cpuUs, 480 + 2 * 20 + (2 / 3) * (90 + 120))
  near(three.logIn.cpuUs, 1_000 + 4 * (2 / 3) * 60)
  // Said by each, to each of the others; and what takes the way over the bus.
  near(three.request.busIn, 1.5 + (2 / 3) * (2 + 4))
  near(three.request.busOut, (2 * 9) / 4)
  assert.deepEqual([three.request.rows, three.calm.rows, three.calm.cpuUs, three.calm.busOut], [3, 1.5, 3_000, 4.5])
})

test('D6 memory of a session grows with the requests that come elsewhere, and never beyond twice what two nodes show', () => {
  assert.deepEqual(
    [1, 2, 4].map((nodes) => kbPerDevice(measured.runs, nodes)),
    [40, 50, 55],
  )
})

const life = { pollSeconds: 30, requestsPerDeviceHour: 3.6, logInsPerDeviceDay: 0 }

test('D6 what a fleet needs is what its polls and requests cost together, with one node less than there are', () => {
  const needs = needsAt(3, { ...life, devices: 30_000 }, measured, enrolled, limits)
  // A thousand polls and thirty requests a second.
  near(needs.cores, (1_000 * 240 + 30 * (520 + 140) + 3_000) / 1e6)
  near(needs.memoryPerNodeMb, 100 + 30_000 / 1024 + (30_000 * (40 + 20 * (2 / 3))) / 1024 / 2)
  near(needs.rowsPerSecond, 30 * 3 + 1.5)
  assert.deepEqual([needs.socketsPerNode, needs.eventsPerSecond], [15_000, 30])
  near(needs.followShare, (30 * 20) / 1e6)
})

test('D6 it takes as few nodes as bear it, also where one limit is beyond any number of them', () => {
  const many = needsOf({ ...life, devices: 5e6 }, measured, enrolled, limits)
  const broken = many.used.filter(([, part]) => part > 1).map(([name]) => name)
  assert.deepEqual(broken, ['memory of a node'])
  const cpu = needsAt(many.nodes, { ...life, devices: 5e6 }, measured, enrolled, limits).cores / (many.nodes - 1)
  assert.ok(cpu <= limits.busiest, `${cpu}`)
  const world = { ...life, devices: 300_000 }
  const { nodes, used } = needsOf(world, measured, enrolled, limits)
  assert.ok((used[0]?.[1] ?? 2) <= 1, JSON.stringify(used))
  assert.ok((needsAt(nodes - 1, world, measured, enrolled, limits).used[0]?.[1] ?? 0) > 1)
})

test('D6 what no number of nodes bears is shown with those that come nearest, also where more of them break something else', () => {
  const pollElsewhere = { ...costs.pollElsewhere, rows: 0.5 }
  const at = (nodes: number) => needsAt(nodes, torn, writing, enrolled, limits)
  const [torn, writing] = [
    { ...life, devices: 1e8 },
    { ...measured, costs: { ...costs, pollElsewhere } },
  ]
  const partOf = (nodes: number) => new Map(at(nodes).used).get('one PostgreSQL') ?? 0
  assert.ok(partOf(2) < 1 && partOf(200) > 1, `${partOf(2)}, ${partOf(200)}`)
  assert.equal(needsOf(torn, writing, enrolled, limits).nodes, 200)
})

test('D6 where one relay ends is named: by memory where many sleep, by the journal where few are busy', () => {
  const sleepy = breaksAt({ ...life, requestsPerDeviceHour: 0 }, measured, enrolled, limits)
  assert.match(sleepy.first, /^memory/)
  // Four gigabytes of one kilobyte each, a two hundredth of their sessions, and a hundred megabytes of its own.
  const mbEach = (1 + (40 + 20 * (199 / 200)) / 199) / 1024
  assert.ok(Math.abs(sleepy.devices / ((limits.heapMb - 100) / mbEach) - 1) < 0.01, `${sleepy.devices}`)
  const free = { ...costs, request: nothing, requestElsewhere: nothing, answerElsewhere: nothing }
  const busy = breaksAt({ ...life, requestsPerDeviceHour: 360 }, { ...measured, costs: free }, enrolled, limits)
  assert.equal(busy.first, 'one journal')
  assert.ok(Math.abs(busy.devices - 100_000) < 1_000, `${busy.devices}`)
})

test('D6 the manual shows what the model says of what was measured last', async () => {
  const document = await readFile(fileURLToPath(new URL('../docs/scale.md', import.meta.url)), 'utf8')
  const now = replaceMarked(document, renderScale(readMeasured(), readEnrolled()), scaleMarks)
  assert.equal(document, now, 'write it anew: npm run bench:costs -- --last --write docs/scale.md')
})
