/** `npm run simulate`: plays hostile hours, one a seed, and shows the history of the first in which something is broken. */
import { parseArgs } from 'node:util'
import { renderHistory } from './history.ts'
import { playHour } from './hour.ts'
import { readPlanted, renderTable, runPlanted } from './planted.ts'
import { playSeeds, type SeedsPlayed } from './seeds.ts'

const usage = `npm run simulate -- [--seeds N] [--from S] [--minutes M] [--jobs J]   many hours, until one fails
npm run simulate -- --seed S [--lines L]                             one hour, and its history
npm run simulate -- --planted [NAME] [--jobs J]                      how soon each planted bug is found

--seeds N    so many hours (1000), unless --minutes is given
--from S     the seed of the first hour (1)
--minutes M  as many hours as fit into so many minutes
--jobs J     worker threads (2)
--lines L    of the history, the last (120)
NAME         of planted bugs those whose name has this in it

Exit status: 0 every invariant held, or every planted bug was found; 1 not so; 2 wrong usage.`

/** Wrong usage, in one sentence. */
class Refused extends Error {}

interface Options {
  seeds: number
  from: number
  seed: number | undefined
  longestMs: number | undefined
  jobs: number
  lines: number
  isPlanted: boolean
  /** Of planted bugs, those whose name has this in it. */
  filter: string | undefined
  isJson: boolean
}

function readOptions(words: readonly string[]): Options {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  let values: Record<string, string | boolean | undefined>
  let positionals: string[]
  try {
    const options = { seeds: text, from: text, seed: text, minutes: text, seconds: text, jobs: text, lines: text }
    ;({ values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: words.includes('--planted'),
      options: { ...options, planted: flag, json: flag },
    }))
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
  const numberOf = (name: string) => {
    const value = values[name]
    if (value === undefined) return undefined
    if (!/^\d{1,15}$/.test(String(value))) throw new Refused(`--${name} takes a whole number.\n${usage}`)
    return Number(value)
  }
  const seconds = numberOf('seconds') ?? (numberOf('minutes') ?? 0) * 60
  const longestMs = seconds > 0 ? seconds * 1000 : undefined
  return {
    seeds: numberOf('seeds') ?? (longestMs === undefined ? 1000 : 10 ** 9),
    from: numberOf('from') ?? 1,
    seed: numberOf('seed'),
    longestMs,
    jobs: Math.max(1, numberOf('jobs') ?? 2),
    lines: numberOf('lines') ?? 120,
    isPlanted: values['planted'] === true,
    filter: positionals[0],
    isJson: values['json'] === true,
  }
}

/** @returns whether every invariant held */
async function showSeed(seed: number, lines: number): Promise<boolean> {
  const { broken, happenings, hash, settings, outcomes } = await playHour(seed, { isRecorded: true })
  console.log(renderHistory(happenings, lines))
  const devices = settings.devices.map(({ id, kind, hasClone }) => `${id} ${kind}${hasClone ? ' (cloned)' : ''}`)
  console.log(`\nSeed ${seed}, history ${hash}: ${devices.join(', ')}; requests: ${JSON.stringify(outcomes)}`)
  for (const { invariant, words } of broken) console.log(`${invariant} is broken: ${words}.`)
  if (broken.length === 0) console.log('Every invariant held.')
  return broken.length === 0
}

function rateOf({ played, ms }: SeedsPlayed): string {
  return `${Math.round((played / ms) * 3_600_000).toLocaleString('en')} seeds an hour`
}

async function playMany({ from, seeds, jobs, longestMs, lines, isJson }: Options): Promise<boolean> {
  let toldMs = 0
  const result = await playSeeds({
    from,
    seeds,
    jobs,
    ...(longestMs !== undefined && { longestMs }),
    told(sofar) {
      if (isJson || sofar.ms - toldMs < 5_000) return
      toldMs = sofar.ms
      console.error(`${sofar.played} seeds, ${sofar.requests} requests, ${rateOf(sofar)}`)
    },
  })
  if (isJson) {
    console.log(JSON.stringify(result))
    return !result.failed
  }
  console.log(
    `${result.played} seeds with ${result.requests} requests in ${Math.round(result.ms / 1000)} s: ${rateOf(result)}.`,
  )
  if (!result.failed) return true
  const { seed } = result.failed
  await showSeed(seed, lines)
  console.log(`Play it again: npm run simulate -- --seed ${seed}`)
  return false
}

async function showPlanted({ jobs, filter }: Options): Promise<boolean> {
  const planted = (await readPlanted()).filter(({ name }) => filter === undefined || name.includes(filter))
  const results = await runPlanted(planted, {
    jobs,
    longestMs: 60_000,
    told({ name, found, seeds, seconds }) {
      const what = found ? `${found.broken.invariant}: ${found.broken.words}` : 'not found'
      console.error(`${name}: ${what} (${seeds} seeds, ${seconds.toFixed(1)} s)`)
    },
  })
  console.log(renderTable(results))
  const survivors = results.filter(({ found }) => !found).map(({ name }) => name)
  if (survivors.length > 0) console.log(`\nSurvived: ${survivors.join(', ')}.`)
  return survivors.length === 0
}

function play(options: Options): Promise<boolean> {
  if (options.isPlanted) return showPlanted(options)
  return options.seed === undefined ? playMany(options) : showSeed(options.seed, options.lines)
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--help')) {
    console.log(usage)
    return 0
  }
  try {
    return (await play(readOptions(words))) ? 0 : 1
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    console.error(error.message)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
