/** One attack from its beginning to what is left of it: quiet, attacked, quiet again, with figures of each. */
import { setTimeout as pause } from 'node:timers/promises'
import type { CrowdPlan, FloodKind, FloodPlan, FloodResult, LogIn, SlowManner, SlowResult } from './plans.ts'
import type { Place, Victim } from './victim.ts'

export interface Round {
  title: string
  place: Place
  attack: { flood: FloodKind } | { slow: readonly SlowManner[] }
  /** The second of its kind: a relay that has seen one has grown to its work, so memory must come back to what it was (S-D3). */
  isSecond?: boolean
  /** On a busy machine it lasts longer than it should, until this has happened too. */
  until?: {
    /** The honest device was let in while it lasted. */
    isLetIn: boolean
    /** The flood has heard one of these, if there are any. */
    heard: readonly string[]
  }
}

const longestMs = 20_000

export interface Sizes {
  /** Slow clients may be cut sooner, all of them. */
  seconds: number
  /** Requests, in a flood. */
  perSecond: number
  /** Slow ones. */
  sockets: number
  /** The honest device alone, before and after. */
  quietMs: number
  /** How long the relay may take to be itself again, at most. */
  settleSeconds: number
}

export interface Figures {
  /** Log-ins of the honest device, in milliseconds. */
  quiet: Spread
  attacked: Spread
  later: Spread
  failures: readonly string[]
  beforeMiB: number
  mostMiB: number
  afterMiB: number
  openFilesAfter: number
  /** While it was attacked. */
  logLinesPerSecond: number
  crowd: FloodResult | SlowResult
}

export interface Spread {
  count: number
  medianMs: number
  p99Ms: number
  mostMs: number
}

/** @param tell hears what is being done, for a person who waits */
export async function playRound(
  victim: Victim,
  { attack, place, until }: Round,
  sizes: Sizes,
  tell: (words: string) => void = () => {},
): Promise<Figures> {
  tell('quiet')
  const honest = await victim.letIn()
  await pause(sizes.quietMs)
  const beforeMiB = victim.residentMiB()
  const linesBefore = victim.logLines()

  const attackers = await victim.attack<FloodResult | SlowResult>(planOf(victim, attack, place, sizes))
  const attackedAtMs = Date.now()
  let mostMiB = beforeMiB
  const isLetIn = () => honest.told('crowd.let-in').some(({ atMs }) => Number(atMs) >= attackedAtMs)
  function isEnough(passedMs: number): boolean {
    if (passedMs < sizes.seconds * 1000) return false
    if (!until || passedMs > longestMs) return true
    const words = attackers.told('crowd.heard').map(({ word }) => String(word))
    return (
      (isLetIn() || !until.isLetIn) && (until.heard.length === 0 || until.heard.some((word) => words.includes(word)))
    )
  }
  for (let passedMs = 0; !isEnough(passedMs) && !attackers.isOver; passedMs = Date.now() - attackedAtMs) {
    await pause(250)
    mostMiB = Math.max(mostMiB, victim.residentMiB())
    tell(`attacked for ${Math.round(passedMs / 1000)} of ${sizes.seconds} s, ${Math.round(mostMiB)} MiB`)
  }
  const logLinesPerSecond = (victim.logLines() - linesBefore) / ((Date.now() - attackedAtMs) / 1000)
  const crowd = await attackers.end()
  const calmAtMs = Date.now()

  const isItself = () => victim.residentMiB() <= 1.1 * beforeMiB
  while (Date.now() - calmAtMs < sizes.settleSeconds * 1000 && !isItself()) {
    await pause(500)
    tell(`settling, ${Math.round(victim.residentMiB())} MiB`)
  }
  await pause(sizes.quietMs)
  // On a busy machine it may not have had its turn yet.
  while (until && !isLetIn() && Date.now() - calmAtMs < longestMs) await pause(50)
  // One that has begun is waited for.
  const { logIns } = await honest.end()
  return {
    quiet: spreadOf(logIns.filter(({ atMs }) => atMs < attackedAtMs)),
    attacked: spreadOf(logIns.filter(({ atMs }) => atMs >= attackedAtMs && atMs < calmAtMs)),
    later: spreadOf(logIns.filter(({ atMs }) => atMs >= calmAtMs)),
    failures: logIns.flatMap(({ failure, tookMs }) => (failure ? `${failure} (after ${Math.round(tookMs)} ms)` : [])),
    beforeMiB,
    mostMiB,
    afterMiB: victim.residentMiB(),
    openFilesAfter: victim.openFiles(),
    logLinesPerSecond,
    crowd,
  }
}

export function planOf(victim: Victim, attack: Round['attack'], place: Place, sizes: Sizes): CrowdPlan {
  const { url, id, hostile, street } = victim
  // It is told when to end; this is for when nobody is left to tell it.
  const seconds = sizes.seconds + 60
  if ('slow' in attack)
    return { role: 'slow', manners: attack.slow, url, sockets: sizes.sockets, everyMs: 3000, seconds }
  const kind = attack.flood
  return {
    role: 'flood',
    kind,
    url,
    perSecond: sizes.perSecond,
    seconds,
    spread: place === 'proxied',
    victim: id,
    ...hostile,
    key: street.adminKey,
    ...manners[kind],
  }
}

type Manner = Pick<FloodPlan, 'connections' | 'ahead' | 'patienceMs'>

/** Kinds that look at what they hear ask one thing at a time; those that are answered late need many connections. */
const inTurn: Manner = { connections: 200, ahead: 1, patienceMs: 1000 }
const slowlyAnswered: Manner = { connections: 3000, ahead: 1, patienceMs: 5000 }

const manners: Record<FloodKind, Manner> = {
  creations: { connections: 200, ahead: 8, patienceMs: 1000 },
  'wrong-scram': slowlyAnswered,
  'wrong-basic': slowlyAnswered,
  'wrong-keys': slowlyAnswered,
  'wild-rids': slowlyAnswered,
  repeats: inTurn,
  // One device: it has one session.
  stanzas: { ...inTurn, connections: 1 },
  'event-streams': { connections: 2000, ahead: 1, patienceMs: 60_000 },
  'big-bodies': { ...inTurn, connections: 50 },
  'many-headers': inTurn,
  pipelines: { ...inTurn, connections: 50 },
}

/** Of those that succeeded. */
function spreadOf(logIns: readonly LogIn[]): Spread {
  const sorted = logIns.flatMap(({ failure, tookMs }) => (failure ? [] : tookMs)).toSorted((a, b) => a - b)
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
  return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), mostMs: at(1) }
}
