/** What a creation request asks for, and what it gets. Source: XEP-0124 §7.1, §7.2; rows B-050 to B-063. */
import type { BoshBody, BoshCondition } from '@fairlead/protocol/xmpp'
import type { Terms } from './bosh-state.ts'

export interface BoshOptions {
  /** The longest hold, and the hold of a client that names none. */
  waitSeconds: number
  inactivitySeconds: number
}

/** Devices of one kind agree on the same: their terms are one in memory. */
export function createTermsPool(): (terms: Terms) => Terms {
  const pool = new Map<string, Terms>()
  return (terms) => {
    const text = JSON.stringify(terms)
    const known = pool.get(text)
    if (known) return known
    if (pool.size >= 1000) pool.clear()
    pool.set(text, terms)
    return terms
  }
}

const ours = { major: 1, minor: 11 }
const pollingSeconds = 2
const maxPauseSeconds = 120

/** B-010: nothing that a browser would run, nothing in another character set than what we write. */
const contentTypes = /^(?:text\/xml|application\/xml|text\/html|text\/plain)(?:; ?charset=utf-8)?$/i

/** The terms of a new session, or why there is none. */
export function agreeOn(body: BoshBody, domain: string, options: BoshOptions): Terms | BoshCondition {
  if (body.to === undefined || body.to === '') return 'improper-addressing'
  if (normalDomain(body.to) !== normalDomain(domain)) return 'host-unknown'
  if (body.content !== undefined && !contentTypes.test(body.content)) return 'bad-request'

  const waitSeconds = Math.min(body.wait ?? options.waitSeconds, options.waitSeconds)
  // B-058: who will not wait, or will not be held, polls.
  const hold = waitSeconds === 0 || body.hold === 0 ? 0 : 1
  return {
    waitMs: waitSeconds * 1000,
    hold,
    // One more than the hold (B-071); two for a polling session as well, since some clients have 2 built in.
    requests: 2,
    inactivityMs: 1000 * (hold === 0 ? pollingInactivity(options) : options.inactivitySeconds),
    pollingMs: pollingSeconds * 1000,
    maxPauseMs: maxPauseSeconds * 1000,
    version: body.ver && lower(body.ver),
    legacy: body.ver === undefined,
    acks: body.ack === 1,
    contentType: body.content ?? 'text/xml; charset=utf-8',
    from: domain,
  }
}

/** B-132: a client that polls is away for most of the time. */
function pollingInactivity({ inactivitySeconds }: BoshOptions): number {
  return Math.max(2 * inactivitySeconds, 15)
}

/** B-054: parts are numbers, so 1.10 is above 1.6. */
function lower(theirs: { major: number; minor: number }): string {
  const isLower = theirs.major < ours.major || (theirs.major === ours.major && theirs.minor < ours.minor)
  const { major, minor } = isLower ? theirs : ours
  return `${major}.${minor}`
}

/** B-052. */
function normalDomain(domain: string): string {
  return domain.normalize('NFKC').toLowerCase().replace(/\.$/, '')
}
