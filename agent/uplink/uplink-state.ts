/** What one device's uplink is: its settings, where it stands, what comes in and what goes out of its machine. */
import type { SurvivalMode } from '../memory/device-record.ts'
import type { BoshSession, ExchangeId, SessionEffect, SessionEvent } from './bosh-session.ts'
import type { Trouble } from './trouble.ts'

/** Why a device is not online; a stable word for programs (event line `device.offline`). */
export type OfflineReason =
  | 'starting'
  /** Nobody has typed its code yet. */
  | 'unclaimed'
  /** Its code has been used before. */
  | 'code-used'
  /** It has no code, and shows a PIN. */
  | 'unpaired'
  /** The same, and the link that somebody followed was no good. */
  | 'link-refused'
  | 'mode-off'
  | 'stopped'
  | 'unreachable'
  | 'unauthorized'
  | 'insecure-transport'
  | 'replaced'
  | 'session-lost'
  | 'relay-shutdown'
  | 'refused'

/** `off`: by the session maintenance mode. `connecting`: not yet, or again. `offline`: waiting before the next try. */
export type Standing =
  | { state: 'online' }
  | { state: 'connecting'; reason: OfflineReason; trouble?: Trouble }
  | { state: 'offline'; reason: OfflineReason; trouble?: Trouble; condition?: string; retryInMs: number }
  | { state: 'off' }
  | { state: 'stopped' }

export interface UplinkSettings {
  survivalMode: SurvivalMode
  /** The device's own timer; null: as the relay tells. 0 is off. */
  survivalTimeoutSeconds: number | null
  survivalAnswerTimeoutSeconds: number
  /** What the way was seen to bear; null: no limit met. */
  learnedWaitSeconds: number | null
}

export type CallId = number

/** What a device may come in with: its own secret; without it its factory code, for which it is told one when it is claimed (B1). */
export interface Means {
  hasSecret: boolean
  hasCode: boolean
}

export type UplinkEvent =
  /** Power on: goes on in the mode that was kept (S211). */
  | { kind: 'start' }
  | { kind: 'switch'; on: boolean }
  /** The agent is told to end. */
  | { kind: 'stop' }
  /** How many requests are being executed or wait to be answered. */
  | { kind: 'work'; running: number }
  /** A terminal has brought the one-time code of a pairing (C5). */
  | { kind: 'handed'; code: string }
  /** Somebody at the device wants it to be paired anew: its secret is good for nothing. */
  | { kind: 'forget' }
  /** Its secret is kept. */
  | { kind: 'enrolled'; call: CallId }
  | { kind: 'unclaimed'; call: CallId }
  | { kind: 'registered'; call: CallId; jid: string; survivalTimeoutSeconds: number }
  | { kind: 'survived'; call: CallId; recognized: boolean }
  | { kind: 'call-failed'; call: CallId; trouble: Trouble }
  /** The relay sends us to another address of itself. */
  | { kind: 'call-moved'; call: CallId; uri: string }
  | { kind: 'session'; session: number; event: SessionEvent }
  | { kind: 'time' }

/** What of a session is carried out by the transport. */
export type SessionIo = Extract<SessionEffect, { kind: 'post' | 'abort' | 'sasl-start' | 'sasl-hear' }>

export type UplinkEffect =
  /** @param code of a pairing; undefined: its own */
  | { kind: 'enrol'; call: CallId; waitSeconds: number; code: string | undefined }
  /** Its owner has given it away: the secret is good for nothing. */
  | { kind: 'forget-secret' }
  | { kind: 'register'; call: CallId }
  | { kind: 'survive'; call: CallId; sid: string; timeoutMs: number }
  | { kind: 'session'; session: number; effect: SessionIo }
  | { kind: 'push'; requestId: string; text: string }
  | { kind: 'standing'; standing: Standing }
  /** The way cuts holds: from now on shorter ones. */
  | { kind: 'learned'; waitSeconds: number; cutAfterSeconds: number; silent: boolean }
  | { kind: 'relay-moved'; uri: string }
  | { kind: 'wake'; atMs: number }
  | { kind: 'stopped' }

export interface Uplink {
  readonly relayHost: string
  readonly settings: UplinkSettings
  readonly means: Means
  readonly fraction: () => number
  on: boolean
  phase:
    | 'idle'
    | 'unpaired'
    | 'enrolling'
    | 'registering'
    | 'opening'
    | 'up'
    | 'draining'
    | 'closing'
    | 'waiting'
    | 'stopped'
  stopping: boolean
  stopByMs: number | undefined
  running: number
  domain: string | undefined
  toldSurvivalSeconds: number

  session: BoshSession | undefined
  /** The session before, left for one that is not bound yet: until then it may stand at the relay. */
  former: BoshSession | undefined
  sessionNumber: number
  lastExchange: ExchangeId
  lastCall: CallId
  enrolling: { call: CallId; sinceMs: number; isHeld: boolean } | undefined
  /** What a terminal brought, until the relay has answered to it. */
  handed: string | undefined
  /** Nobody has claimed it, as the relay said last. */
  isUnclaimed: boolean
  /** The relay did not take the secret: its owner may have given the device away. */
  isDoubtful: boolean
  registering: CallId | undefined
  surviving: CallId | undefined

  /** Tries since the last session that lasted. */
  attempt: number
  /** How often another holder took over, since a session that lasted for longer than any pause of the other. */
  replacements: number
  upSinceMs: number | undefined
  retryAtMs: number | undefined
  survivalAtMs: number | undefined
  /** The last hold that died early; a second one like it is a rule of the way. */
  lastCut: { ageMs: number; silent: boolean } | undefined
  wakeAtMs: number | undefined
}

export function createUplinkState(given: {
  relayHost: string
  on: boolean
  settings: UplinkSettings
  means?: Means
  fraction: () => number
}): Uplink {
  return {
    ...given,
    means: given.means ?? { hasSecret: true, hasCode: false },
    phase: 'idle',
    stopping: false,
    stopByMs: undefined,
    running: 0,
    domain: undefined,
    toldSurvivalSeconds: 60,
    session: undefined,
    former: undefined,
    sessionNumber: 0,
    lastExchange: 0,
    lastCall: 0,
    enrolling: undefined,
    handed: undefined,
    isDoubtful: false,
    isUnclaimed: false,
    registering: undefined,
    surviving: undefined,
    attempt: 0,
    replacements: 0,
    upSinceMs: undefined,
    retryAtMs: undefined,
    survivalAtMs: undefined,
    lastCut: undefined,
    wakeAtMs: undefined,
  }
}
