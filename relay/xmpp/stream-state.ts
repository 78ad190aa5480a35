/** What the stream machine knows, hears and does. */
import type { Xml } from '@fairlead/protocol/xmpp'
import type { Credentials, StreamCondition } from './carrier.ts'
import type { Speaker } from './iq.ts'
import type { SaslExchange } from './sasl.ts'
import type { Account, StreamSettings } from './stream-settings.ts'

export interface Header {
  to: string | undefined
  from?: string | undefined
  version?: string | undefined
}

export type StreamEvent =
  | { kind: 'open'; header: Header }
  | { kind: 'receive'; element: Xml }
  /** The answer to `find-credentials`; undefined: they could not be read. */
  | { kind: 'credentials'; credentials: readonly Credentials[] | undefined }
  /** The answer to `check-secret`; undefined: it could not be checked. */
  | { kind: 'secret'; good: boolean | undefined }
  /** The answer to `wrong-secret`: the failure may be told. */
  | { kind: 'tell-failure' }
  /** The answer to `may-bind`. */
  | { kind: 'bind'; refusal: BindRefusal | undefined }
  | { kind: 'ended' }

export type StreamEffect =
  | { kind: 'opened'; id: string }
  | { kind: 'send'; element: Xml }
  | { kind: 'find-credentials'; device: string }
  | { kind: 'check-secret'; device: string; secret: string }
  /** Somebody guessed, or mistyped; how soon he learns of it is decided outside (S-D7). */
  | { kind: 'wrong-secret' }
  /** By a secret, which is in use from now on. */
  | { kind: 'secret-used'; device: string }
  | { kind: 'may-bind'; device: string }
  | { kind: 'bound'; account: Account; resource: string }
  /** Unavailable presence, with the status it gives, '' for none (A1). */
  | { kind: 'leaving'; status: string }
  /** An IQ result or error for the relay. */
  | { kind: 'answered'; stanza: Xml }
  | { kind: 'end'; condition: StreamCondition; text: string }

/** `internal-server-error`: nobody can bind right now. */
export type BindRefusal = 'conflict' | 'not-authorized' | 'internal-server-error'

export interface StreamState {
  readonly settings: StreamSettings
  phase: 'new' | 'open' | 'authenticated' | 'ready' | 'bound' | 'ended'
  account: Account | undefined
  speaker: Speaker | undefined
  exchange: SaslExchange | undefined
  failedLogIns: number
  /** Waits to be told: the answer to a wrong secret. */
  isFailureHeld: boolean
  /** The bind request that `may-bind` was asked for. */
  binding: { iq: Xml; resource: string } | undefined
  /** Came while an answer from outside is awaited. */
  waiting: FromDevice[]
}

export type FromDevice = Extract<StreamEvent, { kind: 'open' | 'receive' }>

export function createStreamState(settings: StreamSettings): StreamState {
  return {
    settings,
    phase: 'new',
    account: undefined,
    speaker: undefined,
    exchange: undefined,
    failedLogIns: 0,
    isFailureHeld: false,
    binding: undefined,
    waiting: [],
  }
}
