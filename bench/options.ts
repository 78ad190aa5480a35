/** The bench's command line. */
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { allPhases, type Phase } from './measure.ts'
import { type Plan, quickPlan, wholePlan, withDevices } from './plan.ts'
import { kinds } from './servers/kinds.ts'
import type { ServerKind } from './servers/server.ts'

export interface BenchOptions {
  help: boolean
  kinds: readonly ServerKind[]
  phases: ReadonlySet<Phase>
  plan: Plan
  /** Where the results go as JSON. */
  json: string | undefined
  /** Results that were measured before, to be shown again. */
  from: string | undefined
  /** The document whose marked part becomes the tables. */
  write: string | undefined
}

export const helpText = `Usage: npm run bench -- [OPTION …]

Measures Fairlead beside Prosody and ejabberd from Debian's packages, one after another on this machine: the server on
one processor, the devices and the asking service on the other. Prints tables of figures and ratios.

  --only NAMES      of ${kinds.map(({ name }) => name).join(', ')}; all of them by default
  --phases NAMES    of ${allPhases.join(', ')}; all of them by default
  --devices N       so many devices in every phase
  --quick           fewer devices, shorter phases, one turn: a look, not figures to keep
  --json FILE       writes everything that was read as JSON
  --from FILE       measures nothing and shows what --json wrote
  --write DOCUMENT  puts the tables between the marks of this document, and the picture beside it
  --help            this
`

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parse(args)
  const names = values.only?.split(',')
  const plan = values.quick ? quickPlan : wholePlan
  return {
    help: values.help ?? false,
    kinds:
      names === undefined
        ? kinds
        : chosen(
            names,
            kinds.map(({ name }) => name),
          ).flatMap((name) => kinds.filter((kind) => kind.name === name)),
    phases: new Set(values.phases === undefined ? allPhases : chosen(values.phases.split(','), allPhases)),
    plan: values.devices === undefined ? plan : withDevices(plan, countOf(values.devices)),
    json: values.json,
    from: values.from,
    write: values.write,
  }
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    only: text,
    phases: text,
    devices: text,
    quick: flag,
    json: text,
    from: text,
    write: text,
    help: flag,
  }
  try {
    return parseArgs({ args: [...args], options, strict: true })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** In the order of the table, whatever order they were asked for in. */
function chosen<Name extends string>(asked: readonly string[], all: readonly Name[]): Name[] {
  const strange = asked.find((name) => !all.some((one) => one === name))
  if (strange !== undefined) throw new UsageError(`There is no "${strange}": choose from ${all.join(', ')}.`)
  return all.filter((name) => asked.includes(name))
}

function countOf(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new UsageError('--devices is a number from 1 to 99999.')
  return Number(text)
}
