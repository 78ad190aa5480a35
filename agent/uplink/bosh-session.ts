/**
 * The device's side of one BOSH session, as a pure machine. Source: XEP-0124 v1.11, XEP-0206 v1.4.
 *
 *     create → features → SASL → restart → features → bind → poll, poll, poll … → terminate
 *
 * Each request carries the next `rid`. Answers are taken in the order of their requests; a request whose answer
 * was lost is repeated byte for byte, and the relay repeats its answer: so nothing is lost and nothing comes twice.
 */
import type { Xml } from '@fairlead/protocol/xmpp'
import type { Trouble } from './trouble.ts'

export type ExchangeId = number

/** How a session came to its end. */
export type SessionEnd =
  /** We closed it. */
  | { why: 'closed' }
  /** The relay does not know it (any more). */
  | { why: 'not-found' }
  /** Another session of this device took over. */
  | { why: 'conflict' }
  | { why: 'shutdown' }
  | { why: 'moved'; uri: string }
  | { why: 'unauthorized' }
  /** No answer, for so long that the relay has dropped it as well. */
  | { why: 'unreachable'; trouble: Trouble }
  /** Any other condition: ours or theirs is a bug or a policy. */
  | { why: 'refused'; condition: string }

export type SessionEvent =
  | { kind: 'open' }
  /** The last byte of the request has left this machine. */
  | { kind: 'sent'; exchange: ExchangeId }
  | { kind: 'answer'; exchange: ExchangeId; body: Xml }
  | { kind: 'failed'; exchange: ExchangeId; trouble: Trouble }
  /** What SCRAM has to say next; undefined: the relay has proved itself, or SCRAM gave up. */
  | { kind: 'sasl'; says: { text: string; mechanism?: string } | 'verified' | 'refused' }
  | { kind: 'say'; stanza: Xml }
  /** Hold a new connection in place of the present one, which may have died unseen (S236 of the survival process). */
  | { kind: 'renew' }
  /** Its requests were given up in between: repeat what got no answer, the relay may have missed it. */
  | { kind: 'resume' }
  /** `farewell` goes with the end: why we leave. */
  | { kind: 'close'; farewell: Xml }
  | { kind: 'time' }

export type SessionEffect =
  | { kind: 'post'; exchange: ExchangeId; body: Xml; timeoutMs: number }
  | { kind: 'abort'; exchange: ExchangeId }
  | { kind: 'sasl-start'; mechanism: string }
  | { kind: 'sasl-hear'; what: 'challenge' | 'success'; text: string }
  /** The relay wants something of the device (A9). */
  | { kind: 'push'; requestId: string; text: string }
  /** The connection stands: the relay has shown that it holds a request. */
  | { kind: 'connected' }
  /** It broke, and repeating has not mended it for a second. */
  | { kind: 'disconnected'; trouble: Trouble }
  /** A held request died before its time. `silent`: nobody closed it, the answer just never came. */
  | { kind: 'hold-cut'; ageMs: number; silent: boolean }
  | { kind: 'hold-lived'; ageMs: number }
  | { kind: 'ended'; end: SessionEnd }

/** One request, kept until its answer has been taken. */
export interface Outstanding {
  rid: number
  body: Xml
  /** undefined: waiting to be repeated. */
  exchange: ExchangeId | undefined
  /** Since its last copy left; undefined: not yet. */
  sentAtMs: number | undefined
  copies: number
  /** Came before that of an earlier request: not taken yet. */
  answer: Xml | undefined
}

export interface BoshSession {
  phase: 'new' | 'creating' | 'features' | 'sasl' | 'restarting' | 'binding' | 'bound' | 'closing' | 'ended'
  readonly domain: string
  /** Asked for. */
  readonly waitSeconds: number
  /** Hold no request longer than this, by polling anew (the way cuts longer ones); undefined: no limit. */
  renewAfterMs: number | undefined
  readonly fraction: () => number
  readonly nextExchange: () => ExchangeId

  sid: string | undefined
  /** Told by the relay at creation. */
  granted: { waitMs: number; requests: number; inactivityMs: number; pollingMs: number }
  rid: number
  outstanding: Outstanding[]
  /** Elements that wait for a request to carry them. */
  outbox: Xml[]
  /** SCRAM is working something out: nothing to poll for. */
  thinking: boolean
  saslBegun: boolean
  connected: boolean
  /** Asks for nothing more: what is there is finished, then the session is closed. */
  resting: boolean

  failures: number
  failingSinceMs: number | undefined
  lastTrouble: Trouble
  /** Requests that failed are repeated then. */
  repeatAtMs: number | undefined
  /** Not earlier: an answer that comes back empty at once must not make us knock at the relay without end (§11). */
  pollAtMs: number | undefined
  /** A later request is answered, the first one not: its answer is lost if it has not come by then. */
  lateAtMs: number | undefined
  closeByMs: number | undefined
}

export function createBoshSession(given: {
  domain: string
  waitSeconds: number
  renewAfterMs?: number | undefined
  fraction: () => number
  nextExchange: () => ExchangeId
}): BoshSession {
  return {
    phase: 'new',
    domain: given.domain,
    waitSeconds: given.waitSeconds,
    renewAfterMs: given.renewAfterMs,
    fraction: given.fraction,
    nextExchange: given.nextExchange,
    sid: undefined,
    granted: { waitMs: given.waitSeconds * 1000, requests: 2, inactivityMs: 60_000, pollingMs: 2000 },
    // §14.1: large and not guessable, yet far below 2^53 even after years of polling.
    rid: 1 + Math.floor(given.fraction() * 2 ** 48),
    outstanding: [],
    outbox: [],
    thinking: false,
    saslBegun: false,
    connected: false,
    resting: false,
    failures: 0,
    failingSinceMs: undefined,
    lastTrouble: { kind: 'cut' },
    repeatAtMs: undefined,
    pollAtMs: undefined,
    lateAtMs: undefined,
    closeByMs: undefined,
  }
}
