/** `npm run simulate`: plays hostile hours, one a seed, and shows the history of the first in which something is broken. */
import { parseArgs } from 'node:util'
import { renderHistory } from './history.ts'
import { playHour } from './hour.ts'
import { playSeeds, type SeedsPlayed } from './seeds.ts'

const usage = `npm run simulate -- [--seeds N] [--from S] [--minutes M] [--jobs J]   many hours, until one fails
npm run simulate -- --seed S [--lines L]                             one hour, and its history`

/** Wrong usage, in one sentence. */
class Refused extends Error {}

interface Options {
  seeds: number
  from: number
  seed: number | undefined
  minutes: number | undefined
  jobs: number
  lines: number
}

function readOptions(words: readonly string[]): Options {
  const text = { type: 'string' } as const
  let values: Record<string, string | undefined>
  try {
    values = parseArgs({
      args: [...words],
      options: { seeds: text, from: text, seed: text, minutes: text, jobs: text, lines: text },
    }).values
  } catch (error) {
    throw new Refused(`${error instanceof Error ? error.message : error}\n${usage}`)
  }
  const numberOf = (name: string) => {
    const value = values[name]
    if (value === undefined) return undefined
    if (!/^\d{1,15}$/.test(value)) throw new Refused(`--${name} takes a whole number.\n${usage}`)
    return Number(value)
  }
  const minutes = numberOf('minutes')
  return {
    seeds: numberOf('seeds') ?? (minutes === undefined ? 1000 : Number.MAX_SAFE_INTEGER / 2),
    from: numberOf('from') ?? 1,
    seed: numberOf('seed'),
    minutes,
    jobs: Math.max(1, numberOf('jobs') ?? 2),
    lines: numberOf('lines') ?? 120,
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

async function playMany({ from, seeds, jobs, minutes, lines }: Options): Promise<boolean> {
  const longestMs = minutes === undefined ? undefined : minutes * 60_000
  let toldMs = 0
  const result = await playSeeds({
    from,
    seeds,
    jobs,
    ...(longestMs !== undefined && { longestMs }),
    told(sofar) {
      if (sofar.ms - toldMs < 5_000) return
      toldMs = sofar.ms
      console.error(`${sofar.played} seeds, ${sofar.requests} requests, ${rateOf(sofar)}`)
    },
  })
  console.log(
    `${result.played} seeds with ${result.requests} requests in ${Math.round(result.ms / 1000)} s: ${rateOf(result)}.`,
  )
  if (!result.failed) return true
  const { seed } = result.failed
  await showSeed(seed, lines)
  console.log(`Play it again: npm run simulate -- --seed ${seed}`)
  return false
}

async function main(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words)
    const isWell = options.seed === undefined ? await playMany(options) : await showSeed(options.seed, options.lines)
    return isWell ? 0 : 1
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    console.error(error.message)
    return 2
  }
}

process.exitCode = await main(process.argv.slice(2))
