/** `npm run soak`: kills and faults on real processes under load, and hours of it, judged by what was told and what was done. */
import { parseArgs } from 'node:util'
import { UsageError } from '@fairlead/base'
import { kinds } from './kinds.ts'
import { playLongLoad } from './long-load.ts'
import type { Played } from './played.ts'
import { renderLies, renderTable } from './report.ts'

const load = 'load'

const help = `npm run soak -- [--only KIND[,KIND…]] [--rounds N] [--seed N] [--minutes N] [--patience N] [--strict]

Plays kills and faults on a real relay and real agents under load, and judges every answer. Needs root on Debian.
Exit status: 0 all is true, 1 something is not, 2 wrong usage.

${Object.entries(kinds)
  .map(([name, { rounds, what }]) => `  ${name.padEnd(16)} ${String(rounds).padStart(3)} rounds   ${what}`)
  .join('\n')}
  ${load.padEnd(16)} 120 minutes  steady load; memory, descriptors and latency every 10 s

  --only KIND      only these, by name and a comma between
  --rounds N       so many of each
  --seed N         the same chance again; else another each time, and it is told
  --minutes N      how long the steady load lasts
  --out FILE       where its samples go, as CSV (soak-load.csv)
  --patience N     every bound in time, so many times (1); for a machine that others use as well
  --strict         plays what the relay of today is known not to keep, too`

interface Settings {
  only: readonly string[]
  rounds: number | undefined
  seed: number
  minutes: number
  out: string
  patience: number
  strict: boolean
}

async function main(words: readonly string[]): Promise<number> {
  try {
    const settings = readSettings(words)
    if (settings) return await play(settings)
    console.log(help)
    return 0
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    console.error(error.message)
    return 2
  }
}

/** @returns undefined when help is wanted @throws {UsageError} */
function readSettings(words: readonly string[]): Settings | undefined {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean', default: false } as const
  const numbers = { rounds: text, seed: text, minutes: text, patience: text }
  const options = { ...numbers, only: text, out: text, strict: flag, help: flag }
  const { values } = readWords(() => parseArgs({ args: [...words], options }))
  if (values.help) return undefined
  const all = [...Object.keys(kinds), load]
  const only = values.only?.split(',') ?? all
  const unknown = only.find((kind) => !all.includes(kind))
  if (unknown !== undefined) throw new UsageError(`There is no kind ${unknown}; there is ${all.join(', ')}.`)
  const number = (name: keyof typeof numbers) => {
    const value = values[name]
    if (value === undefined) return undefined
    if (!/^\d+(\.\d+)?$/.test(value) || Number(value) === 0) throw new UsageError(`--${name} takes a number above 0.`)
    return Number(value)
  }
  return {
    only,
    rounds: number('rounds'),
    seed: number('seed') ?? Math.floor(Math.random() * 1e6) + 1,
    minutes: number('minutes') ?? 120,
    out: values.out ?? 'soak-load.csv',
    patience: number('patience') ?? 1,
    strict: values.strict,
  }
}

function readWords<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error} Try --help.`)
  }
}

async function play({ only, rounds, seed, minutes, out, patience, strict }: Settings): Promise<number> {
  const tell = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`)
  tell(`seed ${seed}`)
  const common = { seed, patience, strict, tell }
  const all: Played[] = []
  for (const name of only) {
    const kind = kinds[name]
    try {
      all.push(
        kind
          ? await kind.play({ ...common, rounds: rounds ?? kind.rounds })
          : await playLongLoad({ ...common, minutes, file: out }),
      )
    } catch (error) {
      // It broke off: that is a result as well, and the other kinds are still to be played.
      all.push(brokenOff(name, error))
    }
    tell(renderLies(all.at(-1) as Played) || `${name}: all of it is true`)
  }
  console.log(renderTable(all))
  const isTrue = all.every(({ lies }) => lies.length === 0)
  console.log(isTrue ? `\nAll of it is true (seed ${seed}).` : `\nNot all of it is true (seed ${seed}); see above.`)
  return isTrue ? 0 : 1
}

function brokenOff(kind: string, error: unknown): Played {
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const lies = [{ rule: 'ended', words: `It broke off: ${words}` }] as const
  return { kind, rounds: 0, calls: 0, executions: 0, promises: 0, lost: 0, lies, notes: {} }
}

process.exitCode = await main(process.argv.slice(2))
