/** `npm run bench:costs`: what a poll, a request and a log-in cost several nodes; the model of `docs/scale.md` is fed with it, and checked. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { measureCosts, runAt } from './cost-runs.ts'
import { replaceMarked } from './document.ts'
import { mostDevices } from './machine.ts'
import { readEnrolled, readMeasured } from './measured.ts'
import type { Measured } from './model.ts'
import { renderScale, scaleMarks } from './model-table.ts'
import { runProgram, wholeNumber } from './run-program.ts'

const help = `Usage: npm run bench:costs -- [OPTION …]

Devices of one node are polled and asked at that node, then at another one, so that what each way over the bus adds is
seen by itself: processor time of the nodes and of PostgreSQL, rows, messages. Then one, two and three nodes are measured
behind nginx, round robin, beside what the model says of them. Prints this, and what fleets need by that model.

  --devices N   1000 by default
  --seconds N   of each phase; 15 by default
  --machine N   each node has N percent of a processor for itself, and so many devices as one has alone: several nodes
                do not take turns, and each is as busy (Linux control groups, as root)
  --last        measures nothing and shows what was measured last: bench/measured/
  --json FILE   writes what was measured
  --write DOC   puts the tables between the marks of this document
  --help        this
`

/** A connection that it holds and one that it answers on, each with both ends of the turnout. */
const filesEach = 6
const mostNodes = 3

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function measure(devices: number, seconds: number, machinePercent: number | undefined): Promise<Measured> {
  const terms = { devices, seconds, machinePercent, say }
  const costs = await measureCosts(terms)
  const runs: Measured['runs'] = []
  for (let nodes = 1; nodes <= mostNodes; nodes++) runs.push(await runAt(nodes, terms))
  return rounded({ at: new Date().toISOString(), devices, seconds, machinePercent, costs, runs })
}

/** What is behind that is noise, and would not be in the file: the tables are made of what is. */
function rounded(measured: Measured): Measured {
  const round = (_key: string, value: unknown) =>
    typeof value === 'number' ? Math.round(value * 10_000) / 10_000 : value
  return JSON.parse(JSON.stringify(measured, round))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      devices: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '15' },
      machine: { type: 'string' },
      last: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'string' },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const devices = wholeNumber('devices', values.devices, 1)
  const seconds = wholeNumber('seconds', values.seconds, 1)
  const machinePercent = values.machine === undefined ? undefined : wholeNumber('machine', values.machine, 1)
  const most = Math.floor(mostDevices(filesEach) / (machinePercent === undefined ? 1 : mostNodes))
  if (devices > most)
    throw new UsageError(
      `--devices is at most ${most} here: each that is connected takes ${filesEach} files of this process.`,
    )
  const measured = values.last ? readMeasured() : await measure(devices, seconds, machinePercent)
  if (values.json) await writeFile(values.json, `${JSON.stringify(measured, undefined, 2)}\n`)
  const tables = renderScale(measured, readEnrolled())
  process.stdout.write(`${tables}\n`)
  if (values.write)
    await writeFile(values.write, replaceMarked(await readFile(values.write, 'utf8'), tables, scaleMarks))
}

await runProgram(main)
