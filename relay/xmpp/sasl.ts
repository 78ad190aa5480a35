/** One log-in after another on one stream: what the device says, what is asked of the outside, what it is told. */
import {
  type ClientFirst,
  challengeClient,
  fakeCredentials,
  isDeviceId,
  readClientFirst,
  readExternal,
  readPlain,
  readSaslRequest,
  type SaslCondition,
  SaslError,
  type ScramExchange,
  type ScramHash,
  scramMechanisms,
  verifyClient,
  type Xml,
} from '@fairlead/protocol/xmpp'
import type { Credentials } from './carrier.ts'
import { offeredMechanisms } from './stream-features.ts'
import type { Account, StreamSettings } from './stream-settings.ts'

/** Where a log-in stands; a stage that `awaits` is waiting for an answer from outside, not for the device. */
export type SaslExchange =
  | { stage: 'idle'; awaits?: undefined }
  /** `<auth/>` came without its initial response. */
  | { stage: 'named'; mechanism: string; awaits?: undefined }
  | { stage: 'looking-up'; hash: ScramHash; first: ClientFirst; device: string; awaits: 'credentials' }
  | { stage: 'challenged'; hash: ScramHash; scram: ScramExchange; device: string; awaits?: undefined }
  | { stage: 'checking'; device: string; awaits: 'secret' }
  /** A certificate says who it is; whether that device is enrolled is asked. */
  | { stage: 'certified'; device: string; awaits: 'credentials' }

export type SaslStep =
  /** `data` is not base64 yet. */
  | { kind: 'challenge'; data: string }
  | { kind: 'find-credentials'; device: string }
  | { kind: 'check-secret'; device: string; secret: string }
  | { kind: 'success'; account: Account; bySecret: boolean; data?: string }
  | { kind: 'failure'; condition: SaslCondition }
  /** Not one of SASL's elements. */
  | { kind: 'nonsense' }

/** A step, and where the log-in stands after it. */
export interface SaslTurn {
  exchange: SaslExchange
  step: SaslStep
}

const idle: SaslExchange = { stage: 'idle' }

/** Takes `<auth/>`, `<response/>` or `<abort/>`. */
export function receiveSasl(exchange: SaslExchange, element: Xml, settings: StreamSettings): SaslTurn {
  return orFailure(() => {
    const request = readSaslRequest(element)
    if (!request) return { exchange: idle, step: { kind: 'nonsense' } }
    if (request.kind === 'abort') return failure('aborted')
    if (request.kind === 'response') return takeResponse(exchange, request.data, settings)
    const offered: readonly string[] = offeredMechanisms(settings)
    if (!offered.includes(request.mechanism)) return failure('invalid-mechanism')
    if (request.data === undefined && request.mechanism !== 'ANONYMOUS')
      return { exchange: { stage: 'named', mechanism: request.mechanism }, step: { kind: 'challenge', data: '' } }
    return takeInitial(request.mechanism, request.data ?? new Uint8Array(0), settings)
  })
}

/** @param credentials undefined: they could not be read */
export function saslFound(
  exchange: SaslExchange,
  credentials: readonly Credentials[] | undefined,
  settings: StreamSettings,
): SaslTurn {
  if (exchange.stage !== 'looking-up' && exchange.stage !== 'certified') return failure('malformed-request')
  if (!credentials) return failure('temporary-auth-failure')
  // Who has no secret is not enrolled, or no longer: removed and released devices keep their certificates.
  if (exchange.stage === 'certified')
    return credentials.length > 0 ? success(exchange.device, false) : failure('not-authorized')
  const { hash, first, device } = exchange
  // An account that does not exist is challenged like one that does, always with the same salt.
  const known = credentials.length > 0 ? credentials : [fakeCredentials(settings.fakeKey, device, settings.iterations)]
  const scram = challengeClient(first, settings.random.token(18), known)
  return { exchange: { stage: 'challenged', hash, scram, device }, step: { kind: 'challenge', data: scram.challenge } }
}

/** @param good undefined: the secret could not be checked */
export function saslChecked(exchange: SaslExchange, good: boolean | undefined): SaslTurn {
  if (exchange.stage !== 'checking') return failure('malformed-request')
  if (good === undefined) return failure('temporary-auth-failure')
  return good ? success(exchange.device, true) : failure('not-authorized')
}

function takeResponse(exchange: SaslExchange, data: Uint8Array, settings: StreamSettings): SaslTurn {
  if (exchange.stage === 'named') return takeInitial(exchange.mechanism, data, settings)
  if (exchange.stage !== 'challenged') return failure('malformed-request')
  return success(exchange.device, true, verifyClient(exchange.scram, exchange.hash, data).message)
}

function takeInitial(mechanism: string, data: Uint8Array, settings: StreamSettings): SaslTurn {
  const hash = scramMechanisms.get(mechanism)
  if (hash) return beginScram(hash, data, settings)
  if (mechanism === 'PLAIN') return beginPlain(data, settings)
  if (mechanism === 'EXTERNAL') return beginExternal(data, settings)
  const account: Account = { kind: 'anonymous', id: `anonymous-${settings.random.token(12).toLowerCase()}` }
  return { exchange: idle, step: { kind: 'success', account, bySecret: false } }
}

function beginScram(hash: ScramHash, data: Uint8Array, settings: StreamSettings): SaslTurn {
  const first = readClientFirst(data)
  const device = deviceOf(first.user)
  if (!actsForItself(first.authzid, device, settings)) return failure('not-authorized')
  return {
    exchange: { stage: 'looking-up', hash, first, device, awaits: 'credentials' },
    step: { kind: 'find-credentials', device },
  }
}

function beginPlain(data: Uint8Array, settings: StreamSettings): SaslTurn {
  const { authzid, user, secret } = readPlain(data)
  const device = deviceOf(user)
  if (!actsForItself(authzid, device, settings)) return failure('not-authorized')
  return {
    exchange: { stage: 'checking', device, awaits: 'secret' },
    step: { kind: 'check-secret', device, secret },
  }
}

/** The message is whom to act as, or nothing. Source: XEP-0178 §2. */
function beginExternal(data: Uint8Array, settings: StreamSettings): SaslTurn {
  const device = settings.certifiedDevice
  if (device === undefined) return failure('invalid-mechanism')
  if (!actsForItself(readExternal(data), device, settings)) return failure('invalid-authzid')
  return { exchange: { stage: 'certified', device, awaits: 'credentials' }, step: { kind: 'find-credentials', device } }
}

/** IDs are lower case (A2). Only ASCII is folded: U+212A must not become a "k". */
function deviceOf(user: string): string {
  const folded = user.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  return isDeviceId(folded) ? folded : user
}

/** RFC 6120 §6.3.8: nobody acts for somebody else here. */
function actsForItself(authzid: string, device: string, settings: StreamSettings): boolean {
  return authzid === '' || authzid.toLowerCase() === `${device}@${settings.domain}`
}

function success(device: string, bySecret: boolean, data?: string): SaslTurn {
  const account: Account = { kind: 'device', id: device }
  return { exchange: idle, step: { kind: 'success', account, bySecret, ...(data === undefined ? {} : { data }) } }
}

function failure(condition: SaslCondition): SaslTurn {
  return { exchange: idle, step: { kind: 'failure', condition } }
}

function orFailure(take: () => SaslTurn): SaslTurn {
  try {
    return take()
  } catch (error) {
    if (error instanceof SaslError) return failure(error.condition)
    throw error
  }
}
