/** `fairlead doctor`: names what stands in the way between this machine and the relay, and what to do about it. */
import { UsageError } from '@fairlead/base'
import { ask, type Way } from './ask.ts'
import { checkCertificate, isTlsTrouble } from './certificate.ts'
import { type Finding, trouble } from './finding.ts'
import { checkBuffering, checkHold } from './hold.ts'
import { listNeeds, type Need, renderNeeds } from './needs.ts'
import { findProxy, type HttpProxy } from './proxy.ts'
import { checkClock, checkRelay, readIntroduction } from './relay.ts'
import { renderFinding, renderSummary } from './report.ts'
import { checkConnection, checkName, checkProxy, firstHopOf, notAsked } from './way.ts'

export interface DoctorOptions {
  relayUrl: string
  /** How long to hold a request, in seconds, 0 to 120: a cut after more than that is not found. 0: not measured. */
  holdSeconds: number
  /** One JSON object at the end instead of a line a finding. */
  json: boolean
  environment: Readonly<Record<string, string | undefined>>
  /** PEM: one more authority to trust, besides Node's own and NODE_EXTRA_CA_CERTS. */
  authority?: string
  /** Told before what takes long; for terminals. */
  progress?: (text: string) => void
}

export const defaultHoldSeconds = 65
const longestHoldSeconds = 120

/**
 * @param write one line, without its end, to standard output
 * @returns the exit status: 0 all is well, 1 something stands in the way
 * @throws {UsageError} when the URL or the seconds make no sense
 */
export async function runDoctor(options: DoctorOptions, write: (line: string) => void): Promise<number> {
  const relay = readRelayUrl(options.relayUrl)
  const { holdSeconds } = options
  if (!Number.isInteger(holdSeconds) || holdSeconds < 0 || holdSeconds > longestHoldSeconds)
    throw new UsageError(`--hold is a whole number of seconds from 0 to ${longestHoldSeconds}.`)

  const needs = needsOf(relay, options.environment)
  if (!options.json && needs.length > 0) write(renderNeeds(needs))
  const findings: Finding[] = []
  for await (const finding of examine(relay, options)) {
    findings.push(finding)
    if (!options.json) write(renderFinding(finding))
  }
  const isWell = findings.every(({ state }) => state !== 'trouble')
  if (options.json) write(JSON.stringify({ relay: relay.href, ok: isWell, needs, findings }))
  else write(renderSummary(relay.href, findings))
  return isWell ? 0 : 1
}

/** Of a proxy that is no URL nobody can say what it needs; the first finding is about that. */
function needsOf(relay: URL, environment: DoctorOptions['environment']): Need[] {
  try {
    return listNeeds(relay, findProxy(relay, environment))
  } catch {
    return []
  }
}

/** From the nearest thing to the farthest; what lies behind an obstacle is not asked. */
async function* examine(relay: URL, options: DoctorOptions): AsyncGenerator<Finding> {
  let proxy: HttpProxy | undefined
  try {
    proxy = findProxy(relay, options.environment)
  } catch (error) {
    yield trouble('proxy', `${(error as Error).message}.`, 'Set it to http://HOST:PORT, or unset it.')
    return yield* notAsked(['name', 'connection', 'certificate', 'relay', 'clock', 'buffering', 'hold'])
  }
  yield checkProxy(proxy)

  const hop = firstHopOf(relay, proxy)
  const name = await checkName(hop)
  yield name
  if (name.state !== 'ok') return yield* notAsked(['connection', 'certificate', 'relay', 'clock', 'buffering', 'hold'])
  const connection = await checkConnection(hop)
  yield connection
  if (connection.state !== 'ok') return yield* notAsked(['certificate', 'relay', 'clock', 'buffering', 'hold'])

  const way: Way = { relay, proxy, authority: options.authority, graceMs: 10_000 }
  yield* examineAnswers(way, options)
}

async function* examineAnswers(way: Way, options: DoctorOptions): AsyncGenerator<Finding> {
  const introduction = await ask(way, 'v1/doctor', way.graceMs)
  const answeredAtMs = Date.now()
  const tlsTrouble = introduction.kind === 'failed' && isTlsTrouble(introduction.code) ? introduction : undefined
  if (introduction.kind === 'answered' || tlsTrouble) yield await checkCertificate(way, tlsTrouble)
  else yield* notAsked(['certificate'])
  if (tlsTrouble) return yield* notAsked(['relay', 'clock', 'buffering', 'hold'])

  yield checkRelay(way, introduction)
  if (readIntroduction(introduction) === undefined) return yield* notAsked(['clock', 'buffering', 'hold'])
  yield checkClock(introduction, answeredAtMs)
  yield await checkBuffering(way)
  if (options.holdSeconds > 0) options.progress?.(`Holding a request for up to ${options.holdSeconds} s …`)
  yield await checkHold(way, options.holdSeconds)
}

function readRelayUrl(text: string): URL {
  const url = URL.parse(text)
  if (!url?.hostname || !/^https?:$/.test(url.protocol))
    throw new UsageError(`"${text}" is not the URL of a relay: it begins with https:// or http://.`)
  // A path is kept, for a relay below one; what is asked for hangs below it.
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return url
}
