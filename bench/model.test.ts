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
const calm: Cost = { ...nothing, cpuUs: 2_000, rows: 1, busIn: 2, busOut: 2 }
const request: Cost = { ...nothing, cpuUs: 480, recordCpuUs: 100, rows: 3, busIn: 1, busOut: 1 }

const one: Run = {
  ...{ nodes: 1, kb: 40, calmMb: 100, calm: nothing, request },
  logIn: { ...nothing, cpuUs: 1_000, rows: 5 },
  poll: { ...nothing, cpuUs: 200 },
}
/** Half of it takes the way over the bus, and one node follows. */
const two: Run = {
  ...{ nodes: 2, kb: 50, calmMb: 100, calm },
  logIn: { ...one.logIn, cpuUs: 1_120 },
  poll: { ...one.poll, cpuUs: 230 },
  request: { ...request, cpuUs: 480 + 20 + 210 / 2, busIn: 1 + 1 + 6 / 2, busOut: 1 + 3 + 4 / 2 },
}
const following = { logIn: nothing, request: { ...request, otherCpuUs: 20, busIn: 1, busOut: 2 } }
const measured: Measured = { at: '', devices: 1, seconds: 1, repeat: 1, following, runs: [one, two] }
const enrolled = { bytes: 2 ** 10, startCpuUs: 20 }
const limits: Limits = {
  ...{ busiest: 0.5, heapMb: 4_096, eventsPerSecond: 10_000, recordCores: 16, socketsPerNode: 50_000 },
}

const near = (one: number, other: number) => assert.ok(Math.abs(one - other) < 1e-6 * other, `${one}, not ${other}`)

test('D6 one node pays for no other, two are as they were measured, and of three each request takes two ways in three', () => {
  const [alone, pair, three] = [1, 2, 3].map((nodes) => spreadOver(measured, nodes))
  assert.ok(alone && pair && three)
  for (const what of ['logIn', 'poll', 'request'] as const)
    assert.deepEqual([alone[what], pair[what]], [one[what], two[what]])
  near(three.poll.cpuUs, 200 + (2 / 3) * 60)
  near(three.logIn.cpuUs, 1_000 + (2 / 3) * 240)
  // Two that follow, and the ways of who asks and of the device.
  near(three.request.cpuUs, 480 + 2 * 20 + (2 / 3) * 210)
  // Said by each, to each; and what takes the way over the bus.
  near(three.request.busIn, 1 + 2 * 1 + (2 / 3) * 6)
  near(three.request.busOut, 1 + (9 - 1) + (2 / 3) * 4)
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
  const torn = { ...life, devices: 1e8 }
  const writing = { ...measured, runs: [one, { ...two, poll: { ...two.poll, rows: 0.25 } }] }
  const at = (nodes: number) => needsAt(nodes, torn, writing, enrolled, limits)
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
  const runs = [one, two].map((run) => ({ ...run, request: nothing }))
  const free = { ...measured, runs, following: { logIn: nothing, request: nothing } }
  const busy = breaksAt({ ...life, requestsPerDeviceHour: 360 }, free, enrolled, limits)
  assert.equal(busy.first, 'one journal')
  assert.ok(Math.abs(busy.devices - 100_000) < 1_000, `${busy.devices}`)
})

test('D6 the manual shows what the model says of what was measured last', async () => {
  const document = await readFile(fileURLToPath(new URL('../docs/scale.md', import.meta.url)), 'utf8')
  const now = replaceMarked(document, renderScale(readMeasured(), readEnrolled()), scaleMarks)
  assert.equal(document, now, 'write it anew: npm run bench:costs -- --last --write docs/scale.md')
})
