/** What things cost, how well the model says it, and what fleets need by it: as tables. */
import type { Marks } from './document.ts'
import {
  breaksAt,
  type Cost,
  type Enrolled,
  kbPerDevice,
  type Limits,
  type Measured,
  type Needs,
  needsOf,
  plus,
  spreadOver,
  type World,
} from './model.ts'

/** A device that is asked once an hour, and comes back once a day. */
const world: Omit<World, 'devices'> = { pollSeconds: 30, requestsPerDeviceHour: 1, logInsPerDeviceDay: 1 }

const limits: Limits = {
  busiest: 0.7,
  // Of Node 26 on a machine with 16 GB or more.
  heapMb: 4_144,
  // docs/decisions/2026-11-26-one-journal-for-all-nodes.md
  eventsPerSecond: 10_000,
  recordCores: 16,
  // `LimitNOFILE` of deploy/fairlead@.service, less what is not a device's.
  socketsPerNode: 250_000,
}

/** Where all of it stands in the manual. */
export const scaleMarks: Marks = {
  begin: '<!-- model: from here on written by `npm run bench:costs -- --write` -->',
  end: '<!-- model: up to here -->',
}

export function renderScale(measured: Measured, enrolled: Enrolled): string {
  const { at, devices, seconds, machinePercent } = measured
  const machine =
    machinePercent === undefined ? '' : `, ${machinePercent} % of a processor and as many devices for each node`
  return [
    renderCosts(measured),
    renderCheck(measured),
    renderWorlds(measured, enrolled),
    `Measured ${at.slice(0, 10)} with ${devices} devices, ${seconds} seconds each${machine}; an enrolled device takes ${enrolled.bytes.toFixed(0)} bytes at each node, and ${enrolled.startCpuUs.toFixed(0)} us of its start.`,
  ].join('\n\n')
}

const fleets = [1e6, 1e7, 1e8]
const names = [1, 2, 3]

function renderCosts({ costs }: Measured): string {
  const less = (one: Cost, other: Cost) => plus(one, other, -1)
  const row = (title: string, cost: Cost) => [
    title,
    ...[cost.cpuUs, cost.otherCpuUs, cost.recordCpuUs].map((us) => us.toFixed(0)),
    ...[cost.rows, cost.busIn, cost.busOut].map((count) => count.toFixed(2)),
  ]
  return renderTable([
    ['', 'us of the nodes', 'of them at the other', 'us of PostgreSQL', 'rows', 'messages to NATS', 'from NATS'],
    row('a second of two calm nodes', costs.calm),
    row('a log-in', costs.logIn),
    row('a poll', costs.poll),
    row('a poll at the other node: more', less(costs.pollElsewhere, costs.poll)),
    row('a request', costs.request),
    row('a request at the other node: more', less(costs.requestElsewhere, costs.request)),
    row('a device that polls and answers at the other node: more', less(costs.answerElsewhere, costs.request)),
  ])
}

/** Beside each other: what the model says, and what was measured behind nginx. */
function renderCheck(measured: Measured): string {
  const { costs, runs } = measured
  const both = (said: number, seen: number, digits = 0) =>
    `${said.toFixed(digits)} / ${seen.toFixed(digits)} (${percent(said, seen)})`
  const runAt = (nodes: number) => runs.filter((run) => run.nodes === nodes)
  const row = (title: string, of: (nodes: number) => readonly [number, number], digits = 0) => [
    title,
    ...names.map((nodes) => (runAt(nodes).length > 0 ? both(...of(nodes), digits) : '')),
  ]
  const cpu = (name: 'logIn' | 'poll' | 'request') => (nodes: number) =>
    [spreadOver(costs, nodes)[name].cpuUs, runAt(nodes)[0]?.[name].cpuUs ?? 0] as const
  const of = (name: 'logIn' | 'request', what: keyof Cost) => (nodes: number) =>
    [spreadOver(costs, nodes)[name][what], runAt(nodes)[0]?.[name][what] ?? 0] as const
  const memory = (nodes: number) => [kbPerDevice(runs, nodes), runAt(nodes)[0]?.kb ?? 0] as const
  return renderTable([
    ['said / measured', ...names.map((nodes) => `${nodes} ${nodes === 1 ? 'node' : 'nodes'}`)],
    row('us a log-in', cpu('logIn')),
    row('us a poll', cpu('poll')),
    row('us a request', cpu('request')),
    row('rows a log-in', of('logIn', 'rows'), 1),
    row('rows a request', of('request', 'rows'), 1),
    row('messages to NATS a request', of('request', 'busIn'), 2),
    row('KB a session, of all nodes', memory, 1),
  ])
}

function renderWorlds(measured: Measured, enrolled: Enrolled): string {
  const all = fleets.map((devices) => needsOf({ ...world, devices }, measured, enrolled, limits))
  const row = (title: string, of: (needs: Needs) => string) => [title, ...all.map(of)]
  const number = (value: number) => Math.round(value).toLocaleString('en')
  const most = breaksAt(world, measured, enrolled, limits)
  return [
    renderTable([
      ['devices', ...fleets.map((devices) => number(devices))],
      row('nodes, one of which may be gone', ({ nodes }) => number(nodes)),
      row('busy processors, of all nodes', ({ cores }) => number(cores)),
      row('GB of each node', ({ memoryPerNodeMb }) => (memoryPerNodeMb / 1024).toFixed(1)),
      row('GB of all', ({ memoryPerNodeMb, nodes }) => number((memoryPerNodeMb * nodes) / 1024)),
      row('connections of each node', ({ socketsPerNode }) => number(socketsPerNode)),
      row('rows written a second', ({ rowsPerSecond }) => number(rowsPerSecond)),
      row('events a second', ({ eventsPerSecond }) => number(eventsPerSecond)),
      row('busy processors of PostgreSQL', ({ recordCores }) => recordCores.toFixed(1)),
      row('messages to NATS a second', ({ busInPerSecond }) => number(busInPerSecond)),
      row('messages from NATS a second', ({ busOutPerSecond }) => number(busOutPerSecond)),
      row('broken, how many times over', ({ used }) => {
        const broken = used.filter(([, part]) => part > 1)
        return broken.map(([name, part]) => `${name} ${part.toFixed(1)} ×`).join('; ') || 'nothing'
      }),
    ]),
    `One relay bears ${number(most.devices)} such devices, with ${most.nodes} nodes; what breaks first: ${most.first}.`,
  ].join('\n\n')
}

function percent(said: number, seen: number): string {
  if (seen === 0) return '–'
  const off = 100 * (said / seen - 1)
  return `${off >= 0 ? '+' : '−'}${Math.abs(off).toFixed(0)} %`
}

function renderTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}
