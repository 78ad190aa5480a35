/** What things cost, how well the model says it, and what fleets need by it: as tables. */
import type { Marks } from './document.ts'
import {
  breaksAt,
  type Enrolled,
  kbPerDevice,
  type Limits,
  type Measured,
  type Needs,
  needsOf,
  runOf,
  type Spread,
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
  const { at, devices, seconds, repeat, machinePercent } = measured
  const machine = machinePercent === undefined ? '' : `, ${machinePercent} % of a processor for each node`
  return [
    renderCosts(measured),
    renderWorlds(measured, enrolled),
    `Measured ${at.slice(0, 10)} with ${devices} devices of each node, medians of ${repeat} turns of ${seconds} seconds${machine}; an enrolled device takes ${enrolled.bytes.toFixed(0)} bytes at each node, and ${enrolled.startCpuUs.toFixed(0)} us of its start.`,
  ].join('\n\n')
}

const fleets = [1e6, 1e7, 1e8]

/** One node and two as measured; beside three, what the model says of them. */
function renderCosts(measured: Measured): string {
  const { following, runs } = measured
  const [one, two, three] = [runOf(runs, 1), runOf(runs, 2), runOf(runs, 3)]
  const said = spreadOver(measured, 3)
  const row = (title: string, of: (costs: Spread) => number, digits = 0) => {
    const [saying, seen] = [of(said), of(three)]
    const measuredOf = [one, two, three].map((run) => of(run).toFixed(digits))
    return [title, ...measuredOf, `${saying.toFixed(digits)} (${percent(saying, seen)})`]
  }
  const kb = [one, two, three].map((run) => run.kb.toFixed(1))
  const kbSaid = kbPerDevice(runs, 3)
  return [
    renderTable([
      ['', '1 node', '2 nodes', '3 nodes', 'as said of 3'],
      row('us of all nodes a log-in', ({ logIn }) => logIn.cpuUs),
      row('us a poll', ({ poll }) => poll.cpuUs),
      row('us a request', ({ request }) => request.cpuUs),
      row('us in a second when all is calm', ({ calm }) => calm.cpuUs),
      row('us of PostgreSQL a log-in', ({ logIn }) => logIn.recordCpuUs),
      row('rows a log-in', ({ logIn }) => logIn.rows, 1),
      row('rows a request', ({ request }) => request.rows, 1),
      row('messages to NATS a log-in', ({ logIn }) => logIn.busIn, 2),
      row('messages to NATS a poll', ({ poll }) => poll.busIn, 2),
      row('messages to NATS a request', ({ request }) => request.busIn, 2),
      ['KB a session, of all nodes', ...kb, `${kbSaid.toFixed(1)} (${percent(kbSaid, three.kb)})`],
    ]),
    `To follow it costs each other node ${following.logIn.otherCpuUs.toFixed(0)} us a log-in, and ${following.request.otherCpuUs.toFixed(0)} us a request.`,
  ].join('\n\n')
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
