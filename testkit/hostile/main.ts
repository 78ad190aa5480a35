/** `npm run hostile -- [--full] [FILTER]`: attacks a relay in every way we know, one after the other, and shows what it cost. */
import { floodKinds, slowManners } from './plans.ts'
import { type Figures, playRound, type Round, type Sizes } from './rounds.ts'
import { openVictim } from './victim.ts'

const full: Sizes = { seconds: 60, perSecond: 10_000, sockets: 2000, quietMs: 1500, settleSeconds: 60 }
const short: Sizes = { seconds: 5, perSecond: 10_000, sockets: 2000, quietMs: 1500, settleSeconds: 10 }
/** Until the most patient of the relay's limits has passed: an answer that nobody takes, a minute. */
const slowSeconds = 75

/** Of the memory before, a minute after (S-D3). */
const mostLeft = 1.1

const rounds: Round[] = [
  ...slowManners.map((manner): Round => {
    const place = manner === 'tls-hello' ? 'tls' : manner === 'reading' ? 'small-buffers' : 'here'
    return { title: `slow ${manner}`, place, attack: { slow: [manner] } }
  }),
  ...floodKinds.map((flood): Round => ({ title: `flood of ${flood}`, place: 'here', attack: { flood } })),
  { title: 'flood of creations, many addresses', place: 'proxied', attack: { flood: 'creations' } },
  {
    title: 'flood of creations, many addresses, a second one',
    place: 'proxied',
    attack: { flood: 'creations' },
    isSecond: true,
  },
  { title: 'flood of creations, another network', place: 'elsewhere', attack: { flood: 'creations' } },
  { title: 'flood of wrong-scram, another network', place: 'elsewhere', attack: { flood: 'wrong-scram' } },
]

const head = [
  '',
  'log-in ms: quiet',
  'median',
  'p99',
  'most',
  'failed',
  'MiB before',
  'most',
  'after',
  'log/s',
  'the crowd',
]

function rowOf(title: string, figures: Figures): string[] {
  const { quiet, attacked, failures, crowd } = figures
  const numbers = [quiet.medianMs, attacked.medianMs, attacked.p99Ms, attacked.mostMs, failures.length]
  const memory = [figures.beforeMiB, figures.mostMiB, figures.afterMiB]
  const whole = [...numbers, ...memory].map((number) => String(Math.round(number)))
  return [title, ...whole, figures.logLinesPerSecond.toFixed(1), JSON.stringify(crowd)]
}

async function main(args: readonly string[]): Promise<boolean> {
  const isHelp = args.includes('--help')
  const unknown = args.find((arg) => arg.startsWith('-') && arg !== '--full' && arg !== '--help')
  if (isHelp || unknown !== undefined) {
    if (unknown !== undefined) console.error(`Unknown option '${unknown}'`)
    console.log(
      `npm run hostile -- [--full] [FILTER]\nFILTER is a part of a title: ${rounds.map(({ title }) => title).join('; ')}`,
    )
    return unknown === undefined
  }
  const sizes = args.includes('--full') ? full : short
  const filter = args.find((arg) => !arg.startsWith('--')) ?? ''
  const wanted = rounds.filter(({ title }) => title.includes(filter))
  if (wanted.length === 0) {
    console.error(`No attack has "${filter}" in its name: ${rounds.map(({ title }) => title).join('; ')}`)
    return false
  }
  console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`)
  let [isLetIn, comesBack] = [true, true]
  for (const round of wanted) {
    const figures = await play(round, sizes)
    console.log(`| ${rowOf(round.title, figures).join(' | ')} |`)
    for (const failure of figures.failures.slice(0, 3)) console.log(`  ${failure}`)
    isLetIn &&= figures.failures.length === 0 && figures.attacked.p99Ms < 1000
    // V8 and the C library return memory when it is quiet: seconds are too short for that.
    if (round.isSecond && sizes === full) comesBack &&= figures.afterMiB <= mostLeft * figures.beforeMiB
  }
  const verdict = isLetIn ? 'was let in within a second, 99 times of 100' : 'had to wait or was not let in: see above'
  console.log(`The honest device ${verdict}.`)
  if (!comesBack) console.log('Memory did not come back to a tenth above what it was: see above.')
  return isLetIn && comesBack
}

async function play(round: Round, sizes: Sizes): Promise<Figures> {
  const isSlow = 'slow' in round.attack
  await using victim = await openVictim(round.place)
  const seconds = isSlow && sizes === full ? slowSeconds : sizes.seconds
  const once = () =>
    playRound(victim, round, { ...sizes, seconds }, (words) => showProgress(`${round.title}: ${words}`))
  if (round.isSecond) await once()
  const figures = await once()
  showProgress('')
  return figures
}

/** One line that is written over, on a terminal only. */
function showProgress(words: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`)
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1
