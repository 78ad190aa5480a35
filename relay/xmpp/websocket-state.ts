/** What the WebSocket machine knows, hears and does. */
import type { Random } from '@fairlead/base'
import type { Frame, Xml } from '@fairlead/protocol/xmpp'
import type { LineEnd, StreamCondition } from './carrier.ts'
import type { Management, SmRefusal } from './stream-management.ts'

export interface WebSocketSettings {
  domain: string
  /** A socket that says nothing for so long is pinged (W-006). */
  pingMs: number
  /** A ping that is not answered for so long is silence. */
  pongMs: number
  /** How long a lost stream is kept for its device, at most. */
  resumeMs: number
  /** From the socket to the bound stream (B-065). */
  logInMs: number
  /** How long we wait for the device's `<close/>` after ours. */
  closeMs: number
  random: Random
  /** Makes an SM-ID; 144 random bits by default. */
  newSmId?: (() => string) | undefined
}

/** Why we end a stream; `restricted-xml` is for carriers alone (RFC 6120 §4.9.3.18). */
export type WebSocketCondition = StreamCondition | 'restricted-xml'

export type WebSocketEvent =
  | { kind: 'frame'; frame: Frame }
  /** A text message that could not be read. */
  | { kind: 'unreadable'; condition: WebSocketCondition; text: string }
  | { kind: 'binary' }
  /** A ping or pong of the device. */
  | { kind: 'sign-of-life' }
  /** The socket is gone without `<close/>`. */
  | { kind: 'lost' }
  /** The device broke the WebSocket protocol; the socket is closing by itself. */
  | { kind: 'broken' }
  /** The stream answers the header. */
  | { kind: 'header'; header: { from: string; id: string; lang: string } }
  /** `isGone`: the socket is closing or closed, and we have not heard of it yet. */
  | { kind: 'send'; xml: string; token: number; isGone: boolean }
  /** Takes a push back that has not left. */
  | { kind: 'withdraw'; token: number }
  | { kind: 'end'; condition: StreamCondition; text: string | undefined }
  /** The device shall go elsewhere. */
  | { kind: 'redirect'; uri: string }
  | { kind: 'bound'; resumable: boolean }
  | { kind: 'keep-until'; atMs: number }
  /** The device is back on another socket, which is ours from now on. */
  | { kind: 'resumed'; h: number }
  | { kind: 'resume-refused'; refusal: SmRefusal; handled: number | undefined }
  /** How it stands was written down, so many of the device's stanzas included; undefined: it cannot be, for now. */
  | { kind: 'kept'; handled: number | undefined }
  /** It goes on at another node: here it is over, and nobody is told so. */
  | { kind: 'abandoned' }
  | { kind: 'time' }

export type WebSocketEffect =
  | { kind: 'write'; text: string }
  | { kind: 'ping' }
  /** Begins the closing handshake of WebSocket. */
  | { kind: 'close'; code: number }
  /** Closes the socket with no handshake. */
  | { kind: 'drop' }
  | { kind: 'open'; header: Extract<Frame, { kind: 'open' }> }
  | { kind: 'receive'; element: Xml }
  | { kind: 'alive' }
  | { kind: 'waiting' }
  | { kind: 'written'; token: number }
  | { kind: 'acknowledged'; token: number }
  /** From now on the stream can be resumed by this SM-ID. */
  | { kind: 'resumable'; id: string }
  | { kind: 'resume'; previd: string; h: number }
  /** How it stands is to be written down, soon. */
  | { kind: 'keep' }
  | { kind: 'wake'; atMs: number }
  | { kind: 'ended'; end: LineEnd; unsent: readonly number[]; unknown: readonly number[] }

export interface WebSocketState {
  readonly settings: WebSocketSettings
  /** `closing`: the stream is over, the socket not yet. `lost`: the socket is over, the stream not yet. */
  phase: 'open' | 'closing' | 'lost' | 'over'
  /** Our `<open/>` was sent: anything else may follow. */
  headerSent: boolean
  isBound: boolean
  resumable: boolean
  management: Management | undefined
  /** Tokens that left while nothing was managed: nobody will ever acknowledge them. */
  unmanaged: number[]
  /** Stanzas that did. */
  sentUnmanaged: number
  /** Tokens that found the socket gone where the stream could not be resumed. */
  stranded: number[]
  heardAtMs: number
  pingedAtMs: number | undefined
  keepUntilMs: number
  /** When the phase we are in ends: log-in, closing, lost. */
  deadlineMs: number
  lostBy: 'connection-closed' | 'inactivity'
  /** Frames that may still come before it is too many (S-D4). */
  allowance: number
  allowanceAtMs: number
  /** What was asked for by the last `wake`. */
  wakeAtMs: number
}

export function createWebSocketState(settings: WebSocketSettings, nowMs: number): WebSocketState {
  return {
    settings,
    phase: 'open',
    headerSent: false,
    isBound: false,
    resumable: false,
    management: undefined,
    unmanaged: [],
    sentUnmanaged: 0,
    stranded: [],
    heardAtMs: nowMs,
    pingedAtMs: undefined,
    keepUntilMs: 0,
    deadlineMs: nowMs + settings.logInMs,
    lostBy: 'connection-closed',
    allowance: maxBurst,
    allowanceAtMs: nowMs,
    wakeAtMs: Number.POSITIVE_INFINITY,
  }
}

/** It was bound and managed before, at a relay that is no more; its device is about to be back. */
export function restoreWebSocketState(
  settings: WebSocketSettings,
  management: Management,
  nowMs: number,
): WebSocketState {
  return {
    ...createWebSocketState(settings, nowMs),
    phase: 'lost',
    headerSent: true,
    isBound: true,
    resumable: true,
    management,
    deadlineMs: nowMs + management.resumeMs,
  }
}

/** S-D4: frames a second, and at once. */
const framesPerSecond = 50
const maxBurst = 200

/** @returns false when the device says more than anybody has to say */
export function takeAllowance(state: WebSocketState, nowMs: number): boolean {
  const gained = ((nowMs - state.allowanceAtMs) / 1000) * framesPerSecond
  state.allowance = Math.min(maxBurst, state.allowance + gained) - 1
  state.allowanceAtMs = nowMs
  return state.allowance >= 0
}

/** Of what is pushed to a device: its answer, its `<a/>`, and an `<r/>` that its client sends after each stanza. */
const framesOfAnswer = 3

/** Who says no more than we ask for is not put out for it, however fast we ask. */
export function grantAnswer(state: WebSocketState): void {
  state.allowance += framesOfAnswer
}

/** What is not over within a request's longest time-out has its outcome by now, so older tokens are let go. */
const maxUnmanaged = 1024

export function rememberUnmanaged(state: WebSocketState, token: number): void {
  state.unmanaged.push(token)
  if (state.unmanaged.length > maxUnmanaged) state.unmanaged.shift()
}
