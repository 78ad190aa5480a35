/** What was noticed of a node that went: as a table, and measured against what is promised. */
import type { Marks } from './document.ts'

/** Where the table stands in the manual. */
export const deathMarks: Marks = {
  begin: '<!-- death: from here on written by `npm run bench:death -- --write` -->',
  end: '<!-- death: up to here -->',
}

export interface Spread {
  p50: number
  p99: number
  most: number
}

export interface Going {
  what: 'kill -9' | 'restart'
  devicesOfNode: number
  /** Seconds until the record has them ONLINE elsewhere. */
  online: Spread
  /** Seconds until each has answered again, by the bench asking them one after the other. */
  answered: Spread
  logIns: number
  logInsOfOthers: number
  continuedPercent: number
  /** Requests to devices of other nodes: of those asked once the node had ended (of a restart: began to), and of those in hand. */
  othersAsked: number
  othersFailed: Record<string, number>
  othersFailedInHand: Record<string, number>
  /** The longest of those that were answered. */
  othersMostMs: number
  /** Requests to its own devices, asked after it went and until each had answered. */
  ownTold: Record<string, number>
  ownInHand: Record<string, number>
  /** Processor seconds of each node that went on, until all were back. */
  cpuSeconds: number[]
  postgresCpuSeconds: number
  seconds: number
}

/** What issue and manual promise of it. */
const backWithinSeconds = 30
const leastContinuedPercent = 95

/** @returns a sentence for each promise that was broken */
export function brokenPromises(all: readonly Going[]): string[] {
  return all.flatMap((going) => {
    const { what, answered, continuedPercent, logInsOfOthers } = going
    const failed = Object.values(going.othersFailed).reduce((sum, count) => sum + count, 0)
    return [
      answered.most > backWithinSeconds && `some devices were away for ${answered.most.toFixed(1)} seconds`,
      continuedPercent < leastContinuedPercent && `only ${continuedPercent.toFixed(2)} % of the sessions went on`,
      failed > 0 && `${failed} requests to devices of the others were not answered`,
      logInsOfOthers > 0 && `${logInsOfOthers} devices of the others had to log in`,
    ].flatMap((words) => (words ? `${what}: ${words}.` : []))
  })
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  return { p50: at(0.5), p99: at(0.99), most: at(1) }
}

export function renderGoing(all: readonly Going[]): string {
  const spread = ({ p50, p99, most }: Spread) => [p50, p99, most].map((seconds) => seconds.toFixed(1)).join(' / ')
  const words = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([trouble, count]) => `${count} × ${trouble}`)
      .join(', ') || 'none'
  const row = (title: string, cell: (going: Going) => string | number) => `| ${title} | ${all.map(cell).join(' | ')} |`
  return [
    `| | ${all.map(({ what }) => what).join(' | ')} |`,
    `| --- | ${all.map(() => '---:').join(' | ')} |`,
    row('devices of that node', ({ devicesOfNode }) => devicesOfNode),
    row('ONLINE at another node, seconds, p50 / p99 / most', ({ online }) => spread(online)),
    row('answered again, seconds, p50 / p99 / most', ({ answered }) => spread(answered)),
    row('log-ins anew', ({ logIns }) => logIns),
    row('sessions that went on, %', ({ continuedPercent }) => continuedPercent.toFixed(2)),
    row('log-ins anew of other devices', ({ logInsOfOthers }) => logInsOfOthers),
    row('requests to other devices after it', ({ othersAsked }) => othersAsked),
    row('of them not answered', ({ othersFailed }) => words(othersFailed)),
    row('the longest of them, ms', ({ othersMostMs }) => Math.round(othersMostMs)),
    row('not answered of those in hand', ({ othersFailedInHand }) => words(othersFailedInHand)),
    row('what its own devices were not answered for', ({ ownTold }) => words(ownTold)),
    row('and those in hand', ({ ownInHand }) => words(ownInHand)),
    row('processor seconds of each other node', ({ cpuSeconds }) =>
      cpuSeconds.map((one) => one.toFixed(1)).join(' + '),
    ),
    row('of PostgreSQL', ({ postgresCpuSeconds }) => postgresCpuSeconds.toFixed(1)),
  ].join('\n')
}
