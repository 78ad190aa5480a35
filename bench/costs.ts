/** `npm run bench:costs`: what a poll, a request and a log-in cost one node and several; the model of `docs/scale.md` is fed with it, and checked. */
import { readFile, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { devicesEach, measureRuns } from './cost-runs.ts'
import { replaceMarked } from './document.ts'
import { mostDevices } from './machine.ts'
import { readEnrolled, readMeasured } from './measured.ts'
import type { Measured } from './model.ts'
import { renderScale, scaleMarks } from './model-table.ts'
import { runProgram, wholeNumber } from './run-program.ts'

const help = `Usage: npm run bench:costs -- [OPTION …]

One, two and three nodes stand side by side, each with its own nginx, PostgreSQL and NATS, and are measured in turns:
processor time of the nodes and of PostgreSQL, rows, messages, memory. The model of docs/scale.md is fed with one node and
two, and with what it costs a node to follow another one; what it says of three stands beside what they show. Prints this,
and what fleets need by that model. About fifteen minutes.

  --devices N   of each node; 1000 by default
  --seconds N   of each turn; 10 by default
  --repeat N    turns, of which the medians count; 3 by default
  --machine N   each node has N percent of a processor for itself (Linux control groups, as root)
  --last        measures nothing and shows what was measured last: bench/measured/
  --json FILE   writes what was measured
  --write DOC   puts the tables between the marks of this document
  --help        this
`

/** A connection that it holds and one that it answers on. */
const filesEach = 2

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function measure(terms: Omit<Parameters<typeof measureRuns>[0], 'say'>): Promise<Measured> {
  return rounded({ at: new Date().toISOString(), ...terms, ...(await measureRuns({ ...terms, say })) })
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
      seconds: { type: 'string', default: '10' },
      repeat: { type: 'string', default: '3' },
      machine: { type: 'string' },
      last: { type: 'boolean', default: false },
      json: { type: 'string' },
      write: { type: 'string' },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const devices = wholeNumber('devices', values.devices, 1)
  const seconds = wholeNumber('seconds', values.seconds, 1)
  const repeat = wholeNumber('repeat', values.repeat, 1)
  const machinePercent = values.machine === undefined ? undefined : wholeNumber('machine', values.machine, 1)
  const most = Math.floor(mostDevices(filesEach) / devicesEach)
  if (devices > most)
    throw new UsageError(
      `--devices is at most ${most} here: there are ${devicesEach} times as many in all, and each takes ${filesEach} files of this process.`,
    )
  const measured = values.last ? readMeasured() : await measure({ devices, seconds, repeat, machinePercent })
  if (values.json) await writeFile(values.json, `${JSON.stringify(measured, undefined, 2)}\n`)
  const tables = renderScale(measured, readEnrolled())
  process.stdout.write(`${tables}\n`)
  if (values.write)
    await writeFile(values.write, replaceMarked(await readFile(values.write, 'utf8'), tables, scaleMarks))
}

await runProgram(main)
