/** `npm run guessing`: whether somebody who tries codes or PINs can tell one kind of failure from another (S-R3). */
import { parseArgs } from 'node:util'
import { openNeighbourhood } from '../neighbourhood.ts'
import { codes } from './codes.ts'
import { compareTimes, guess, type KindSeen, type Pair, relayOptions } from './guessing.ts'
import { pins } from './pins.ts'

const subjects = { codes, pins }

const usage = `npm run guessing -- [codes | pins] [--each N] [--at-once N] [--seed N]
Tries N factory codes, or PINs, of each kind (1000) at a real relay, so many at once (200), in an order of chance.`

/** Of the whole experiment: so seldom is a relay blamed that gives nothing away. */
const leastChance = 0.01

function rowOf({ kind, looks, latenciesMs }: KindSeen, why: string | undefined, pairs: readonly Pair[]): string {
  const sorted = [...latenciesMs].sort((one, other) => one - other)
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN).toFixed(1)
  const [look = ''] = looks
  const [status, , length] = look.split('\n')
  const own = pairs.filter((pair) => pair.kinds.includes(kind)).map(({ chance }) => chance)
  const cells = [
    ...[`${kind} (${why})`, sorted.length, looks.size === 1 ? `${status}, ${length} bytes` : 'several'],
    ...[at(0), at(0.5), at(0.99), Math.min(...own).toFixed(3)],
  ]
  return `| ${cells.join(' | ')} |`
}

/** @throws {TypeError} an option or a subject that there is not */
function readOptions(args: string[]) {
  const number = { type: 'string' } as const
  const options = { each: number, 'at-once': number, seed: number, help: { type: 'boolean' } } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const [name = 'codes', more] = positionals
  if (!Object.hasOwn(subjects, name) || more !== undefined)
    throw new TypeError(`It is codes or pins, and not ${positionals.join(' ')}.`)
  return {
    subject: subjects[name as keyof typeof subjects],
    each: readCount(values.each ?? '1000'),
    atOnce: readCount(values['at-once'] ?? '200'),
    seed: readCount(values.seed ?? '1'),
    isHelp: values.help === true,
  }
}

function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new TypeError(`N is a whole number above 0, and not ${text}.`)
}

async function main(args: string[]): Promise<boolean> {
  let read: ReturnType<typeof readOptions>
  try {
    read = readOptions(args)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    console.error(error.message)
    console.log(usage)
    return false
  }
  const { isHelp, subject, ...options } = read
  if (isHelp) {
    console.log(usage)
    return true
  }
  await using street = await openNeighbourhood({ relay: relayOptions })
  const seen = await guess(street, subject, { ...options, progress: showProgress })
  showProgress('')
  const pairs = compareTimes(seen)
  console.log(
    '| kind | tried | answer | least ms | median | p99 | least p |\n| --- | --- | --- | --- | --- | --- | --- |',
  )
  for (const one of seen) console.log(rowOf(one, subject.kinds[one.kind], pairs))

  const looks = new Set(seen.flatMap((one) => [...one.looks]))
  const told = pairs.filter(({ chance }) => chance < leastChance / pairs.length)
  for (const look of looks.size > 1 ? looks : []) console.log(`\nAn answer that not all have:\n${look}`)
  for (const { kinds: two, distance, chance } of told)
    console.log(`${two.join(' and ')} differ in time: distance ${distance.toFixed(4)}, p ${chance.toExponential(1)}.`)
  const isOne = looks.size === 1 && told.length === 0
  console.log(isOne ? 'No kind stands out.' : 'One kind can be told from another.')
  return isOne
}

/** One line that is written over, on a terminal only. */
function showProgress(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`)
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
