/** What `npm run fuzz` is told, and what it says about itself. */
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'

export interface FuzzOptions {
  targets: string[]
  /** For each target; undefined: its own number. */
  inputs: number | undefined
  seed: number
  jobs: number
  /** A file with one input, to be tried alone. */
  input: string | undefined
  help: boolean
}

/** @param known names of targets @throws {UsageError} one sentence */
export function readFuzzOptions(argv: readonly string[], known: readonly string[]): FuzzOptions {
  const { values, positionals } = parse(argv)
  const unknown = positionals.find((name) => !known.includes(name))
  if (unknown !== undefined) throw new UsageError(`There is no target ${unknown}: there are ${known.join(', ')}.`)
  if (values.input !== undefined && positionals.length !== 1)
    throw new UsageError('--input needs the one target that the input is for.')
  return {
    targets: positionals.length > 0 ? positionals : [...known],
    inputs: values.inputs === undefined ? undefined : readNumber('inputs', values.inputs, 1, 1e12),
    seed: readNumber('seed', values.seed ?? '1', 0, 2 ** 32 - 1),
    jobs: readNumber('jobs', values.jobs ?? '1', 1, 64),
    input: values.input,
    help: values.help ?? false,
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        inputs: { type: 'string' },
        seed: { type: 'string' },
        jobs: { type: 'string' },
        input: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text.replaceAll('_', '')) ? Number(text.replaceAll('_', '')) : Number.NaN
  if (!(value >= least && value <= most)) throw new UsageError(`--${name} is ${text}: it must be ${least} to ${most}.`)
  return value
}

/** @param described each target in one line */
export function helpText(described: readonly string[]): string {
  return [
    'npm run fuzz -- [TARGET…] [--inputs N] [--seed S] [--jobs N]   tries made-up inputs; all targets if none is named',
    'npm run fuzz -- TARGET --input FILE                            tries one input again',
    '',
    ...described,
    '',
    '--inputs N   how many inputs for each target',
    '--seed S     the same seed makes the same inputs (1)',
    '--jobs N     worker threads that share the inputs of a target (1)',
    '',
    'What is found is made small and kept in fuzz-findings/, with the command that tries it again. Exit status 1: something was found.',
  ].join('\n')
}
