/** Is it a relay that answers, and does it have the same time? */
import type { Answered, Failed, Outcome, Way } from './ask.ts'
import { type Finding, ok, trouble, unknown } from './finding.ts'

/** A relay's own words about itself. */
interface Introduction {
  name: string
  version: string
  at: string
  address: string
}

/** More would make a person wonder about times in lists; TLS bears far more. */
const bearableSkewMs = 60_000

export function readIntroduction(outcome: Outcome): Introduction | undefined {
  if (outcome.kind === 'failed' || outcome.status !== 200) return undefined
  try {
    const said = JSON.parse(outcome.text)
    return said.name === 'fairlead' ? said : undefined
  } catch {
    // HTML of some other server: no relay.
    return undefined
  }
}

export function checkRelay(way: Way, outcome: Outcome): Finding {
  if (outcome.kind === 'failed') return describeFailure(way, outcome)
  const said = readIntroduction(outcome)
  if (said === undefined) return describeStranger(way, outcome)
  return ok('relay', `Fairlead ${said.version} answers, and sees you at ${said.address}.`, {
    version: said.version,
    address: said.address,
  })
}

function describeFailure(way: Way, { code, proxyStatus, afterMs }: Failed): Finding {
  const facts = { code, ...(proxyStatus !== undefined && { status: proxyStatus }) }
  const proxy = way.proxy?.shown
  if (proxyStatus === 407)
    return trouble(
      'relay',
      `The proxy ${proxy} wants to know who you are (407).`,
      `Put user and password into ${way.proxy?.variable}: http://USER:PASSWORD@HOST:PORT.`,
      facts,
    )
  if (proxyStatus !== undefined)
    return trouble(
      'relay',
      `The proxy ${proxy} refuses to connect to ${way.relay.host} (${proxyStatus}).`,
      'Ask those who run it to allow CONNECT to that host and port.',
      facts,
    )
  if (code === 'TIMEOUT')
    return trouble(
      'relay',
      `No answer within ${Math.round(afterMs / 1000)} s, though the connection stands.`,
      'Something there takes connections and says nothing: check what is in front of the relay.',
      facts,
    )
  return trouble(
    'relay',
    `The connection ends without an answer (${code}).`,
    'Check the port, and whether it wants https://.',
    facts,
  )
}

function describeStranger(way: Way, { status, headers, text }: Answered): Finding {
  const server = headers['server'] ?? headers['via']
  const facts = { status, ...(server && { server }) }
  const who = server ? `${server} answers` : 'Something answers'
  if (status === 407)
    return trouble(
      'relay',
      `The proxy ${way.proxy?.shown} wants to know who you are (407).`,
      `Put user and password into ${way.proxy?.variable}: http://USER:PASSWORD@HOST:PORT.`,
      facts,
    )
  if (/"urn:fairlead:problem:/.test(text))
    return trouble(
      'relay',
      `A Fairlead relay answers that does not know the doctor's questions (${status}): it is older than this command.`,
      'Upgrade the relay first, then what speaks to it.',
      facts,
    )
  if (status >= 301 && status <= 308 && headers.location)
    return trouble('relay', `${who}: this address has moved to ${headers.location}.`, 'Use that address.', facts)
  if (status === 502 || status === 503 || status === 504)
    return trouble(
      'relay',
      `${who} in place of the relay: ${status}.`,
      'The relay behind it does not run, or the server in front looks for it in the wrong place.',
      facts,
    )
  if (/<html/i.test(text))
    return trouble(
      'relay',
      `${who} with a web page (${status}), not a Fairlead relay.`,
      'Check the address. In a hotel or guest network, sign in first.',
      facts,
    )
  return trouble(
    'relay',
    `${who} (${status}), but it is not a Fairlead relay.`,
    'Check the address and the port.',
    facts,
  )
}

/** The relay's time lies between question and answer; the middle is as near as one comes. */
export function checkClock(outcome: Outcome, answeredAtMs: number): Finding {
  const said = readIntroduction(outcome)
  if (said === undefined || outcome.kind === 'failed') return unknown('clock', 'No relay told its time.')
  const skewMs = answeredAtMs - outcome.lastByteMs / 2 - Date.parse(said.at)
  const skewSeconds = Math.round(skewMs / 100) / 10
  const facts = { skewSeconds }
  if (!Number.isFinite(skewMs)) return unknown('clock', 'The relay told no time that can be read.')
  if (Math.abs(skewMs) <= bearableSkewMs) return ok('clock', `The clocks agree to ${Math.abs(skewSeconds)} s.`, facts)
  return trouble(
    'clock',
    `This machine's clock is ${Math.abs(skewSeconds)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the relay's.`,
    'Set both by NTP: certificates and one-time codes depend on the time.',
    facts,
  )
}
