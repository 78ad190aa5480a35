/** What the way does to an answer that takes its time: is it kept back, is it cut, and after how many seconds? */
import { type Answered, ask, type Failed, type Outcome, type Way } from './ask.ts'
import { type Finding, ok, trouble, unknown } from './finding.ts'

const streamSeconds = 1
/** A cut within so much of the answer's own time is no cut by age. */
const nearlyMs = 250

/** The relay takes `--wait` from 5 to 55; leave some room below the cut. */
const shortestWait = 5
const longestWait = 55
const room = 0.8

/** The first event must come while the second has yet to be said. */
export async function checkBuffering(way: Way): Promise<Finding> {
  const outcome = await ask(way, `v1/doctor/stream?seconds=${streamSeconds}`, streamSeconds * 1000 + way.graceMs)
  if (outcome.kind === 'failed' || outcome.status !== 200 || !outcome.text.includes('event: last'))
    return unknown('buffering', `The stream did not come to its end (${shortly(outcome)}).`)
  const { firstByteMs, lastByteMs } = outcome
  const facts = { firstSeconds: toSeconds(firstByteMs), lastSeconds: toSeconds(lastByteMs) }
  if (lastByteMs - firstByteMs > (streamSeconds * 1000) / 2)
    return ok('buffering', 'Answers arrive as they are written.', facts)
  const culprit = culpritOf(way, outcome)
  return trouble(
    'buffering',
    `${culprit} keeps answers back until they are complete: events and long answers come late.`,
    'Switch buffering off there (nginx: proxy_buffering off; see deploy/nginx.conf).',
    facts,
  )
}

/** @param seconds how long to hold; nothing longer than that is found */
export async function checkHold(way: Way, seconds: number): Promise<Finding> {
  if (seconds === 0) return unknown('hold', 'Not measured: --hold 0.')
  const outcome = await hold(way, seconds)
  if (isWhole(outcome))
    return ok('hold', `A request was held for ${seconds} s and nothing cut it.`, { heldSeconds: seconds })
  if (outcome.kind === 'failed' && outcome.code === 'TIMEOUT') return narrowDown(way, seconds)
  if (outcome.kind === 'answered' && outcome.status === 429)
    return unknown('hold', 'The relay holds too many probes for this address already: try again later.')
  const cutAfterMs = outcome.kind === 'failed' ? outcome.afterMs : outcome.firstByteMs
  if (cutAfterMs > seconds * 1000 - nearlyMs)
    return unknown('hold', `The answer came in time, but not whole (${shortly(outcome)}).`)
  const cutAfterSeconds = toSeconds(cutAfterMs)
  return trouble(
    'hold',
    `${culpritOf(way, outcome)} cuts a held request after ${cutAfterSeconds} s (${shortly(outcome)}).`,
    adviceFor(cutAfterSeconds),
    {
      cutAfterSeconds,
      cause: shortly(outcome),
    },
  )
}

/** Swallowed without a word, so that no moment of a cut can be seen: shorter ones, side by side, show where it lies. */
async function narrowDown(way: Way, seconds: number): Promise<Finding> {
  const shorter = [0.25, 0.5, 0.75].map((part) => Math.floor(seconds * part))
  const outcomes = await Promise.all(shorter.map((each) => hold(way, each)))
  const lived = Math.max(0, ...shorter.filter((_, at) => isWhole(outcomes[at])))
  const died = Math.min(seconds, ...shorter.filter((each) => each > lived))
  return trouble(
    'hold',
    `${culpritOf(way, undefined)} forgets a held request silently after more than ${lived} s and at most ${died} s.`,
    adviceFor(Math.max(lived, 1)),
    { livedSeconds: lived, diedSeconds: died },
  )
}

function hold(way: Way, seconds: number): Promise<Outcome> {
  return ask(way, `v1/doctor/hold?seconds=${seconds}`, seconds * 1000 + way.graceMs)
}

function isWhole(outcome: Outcome | undefined): boolean {
  return outcome?.kind === 'answered' && outcome.status === 200 && outcome.text.includes('heldSeconds')
}

function adviceFor(cutAfterSeconds: number): string {
  const wait = Math.min(longestWait, Math.floor(cutAfterSeconds * room))
  const raise = 'Raise the idle time-out there (nginx: proxy_read_timeout)'
  return wait < shortestWait
    ? `${raise}: it is too short for a relay.`
    : `${raise}, or start the relay with --wait ${wait}.`
}

/** Who says 504 often says its name as well; else the proxy is the one that we know of. */
function culpritOf(way: Way, outcome: Outcome | undefined): string {
  const named = outcome?.kind === 'answered' ? (outcome.headers['server'] ?? outcome.headers['via']) : undefined
  if (way.proxy) return `The proxy ${way.proxy.shown}, or something behind it,`
  return named ? `${named} in front of the relay` : 'Something between here and the relay'
}

function shortly(outcome: Answered | Failed): string {
  return outcome.kind === 'answered' ? `HTTP ${outcome.status}` : outcome.code
}

function toSeconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
