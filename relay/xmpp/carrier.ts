/** The seam between what carries a stream (BOSH, WebSocket), the stream itself, and the rooms that use a bound one. */
import type { Xml } from '@fairlead/protocol/xmpp'

/** Why a stream ends, in RFC 6120's words (§4.9.3); `undefined-condition` is never used. */
export type StreamCondition =
  | 'bad-format'
  | 'conflict'
  | 'connection-timeout'
  | 'host-unknown'
  | 'improper-addressing'
  | 'internal-server-error'
  | 'invalid-from'
  | 'invalid-namespace'
  | 'invalid-xml'
  | 'not-authorized'
  | 'not-well-formed'
  | 'policy-violation'
  | 'reset'
  | 'system-shutdown'
  | 'unsupported-stanza-type'
  | 'unsupported-version'

/** How a line came to its end; the words of the contract's `reason`. `ended-by-us`: the relay called `Line.end`. */
export type LineEnd = 'terminated' | 'connection-closed' | 'inactivity' | 'ended-by-us'

/**
 * What the stream may ask of its carrier. Implemented by BOSH and by WebSocket.
 * XML handed over is rendered and self-contained: every namespace it uses is declared in it.
 */
export interface Carrier {
  readonly transport: 'bosh' | 'websocket'
  /** The BOSH sid, or the WebSocket stream's id: what a survival notification names (A5). */
  readonly id: string
  /** The device's address as seen through trusted proxies. */
  readonly address: string
  /** TLS, here or at a trusted proxy, or loopback: PLAIN may be offered. */
  readonly secure: boolean
  /** The device that this connection's verified client certificate names: EXTERNAL is offered to it. */
  readonly certifiedDevice?: string | undefined
  /** WebSocket: the stream header must be answered with one; BOSH has none. */
  opened(header: { from: string; id: string; lang: string }): void
  /** @param token not 0: the carrier reports it as written, then acknowledged, or in `unsent` / `unknown` at the end */
  send(xml: string, token: number): void
  /** Takes a stanza back that has not left yet; one that has left, or is unknown, is not affected. */
  withdraw(token: number): void
  /** The stream is over for a reason of ours: say so to the device and close. `ended` follows, in the same turn or later. */
  end(condition: StreamCondition, text?: string): void
  /** Inactivity and missing pongs do not end the session before this moment of `clock.now()` (A10). */
  keepUntil(atMs: number): void
}

/** What a carrier tells its stream. `relay/xmpp/stream.ts` implements it. */
export interface Stream {
  /** A stream header: BOSH creation and restart, WebSocket `<open/>`. */
  open(header: {
    to: string | undefined
    from?: string | undefined
    lang?: string | undefined
    version?: string | undefined
  }): void
  /** One top-level element, whatever it is: SASL, IQ, message, presence. */
  receive(element: Xml): void
  /** An authenticated sign of life arrived (A6): request, frame, pong. Before log-in it means nothing. */
  alive(): void
  /** A held request (BOSH), or the bound, open stream (WebSocket) stands: the device's connection (A4). Repeats do no harm. */
  waiting(): void
  written(token: number): void
  acknowledged(token: number): void
  /** Exactly once, last. Tokens of pushes that never left, and of those that left and were not acknowledged. */
  ended(end: LineEnd, unsent: readonly number[], unknown: readonly number[]): void
}

/** One authenticated, bound stream of a device: what the rooms above hold. */
export interface Line {
  readonly id: string
  readonly transport: 'bosh' | 'websocket'
  readonly device: string
  readonly resource: string
  readonly address: string
  /** Pushes an IQ or another stanza; see `Carrier.send`. */
  send(xml: string, token: number): void
  withdraw(token: number): void
  end(condition: StreamCondition, text?: string): void
  keepUntil(atMs: number): void
}

/** Whose stream it is, once it is bound: with this it can go on after a crash. */
export interface Bound {
  device: string
  resource: string
  /** As `Lines.claim` said. */
  epoch: number
  /** `LogIn.versionOf` at log-in. */
  basis: number
}

/** The epoch of a line: grows with every line of its device. `conflict`: the newcomer goes (flap guard, `safety.md` 6.6). */
export type Claim = { epoch: number } | 'conflict'

/**
 * The record counts the lines of a device in such steps. What lies between is for nodes that let a device in while the
 * record is away: each adds its own number (16 bits), so that two of them never give one epoch, and neither does the
 * record when it is back, to which all of them are older.
 */
export const epochStep = 2 ** 20

/** What the rooms above learn of lines. `relay/sessions/` implements it. */
export interface Lines {
  /** Asked at bind. What it promises takes a moment where other nodes have a say; rejected: nobody can bind right now. */
  claim(device: string, address: string): Claim | Promise<Claim>
  /** The line stands, by its claim. One that comes after a newer line of its device ends at once. */
  bound(line: Line, epoch: number): void
  /** A4: only now is the device ONLINE. */
  connected(line: Line): void
  alive(line: Line): void
  /** The device sends unavailable presence, with this status text: what it says of why it is about to leave (A1). */
  leaving(line: Line, status: string): void
  written(line: Line, token: number): void
  acknowledged(line: Line, token: number): void
  /** An IQ result or error of the device: an answer (A10), or none of ours. */
  answered(line: Line, stanza: Xml): void
  ended(line: Line, end: LineEnd, unsent: readonly number[], unknown: readonly number[]): void
}

/** Keys of a device's secret, as SCRAM stores them (RFC 5802 §3); the secret itself is nowhere. */
export interface Credentials {
  salt: Uint8Array
  iterations: number
  sha1: { storedKey: Uint8Array; serverKey: Uint8Array }
  sha256: { storedKey: Uint8Array; serverKey: Uint8Array }
}

/** Who may log in. `relay/devices/` implements it. */
export interface LogIn {
  /**
   * All keys that are good right now: one, or two while a rotation overlaps; none: no such device.
   * SCRAM offers the salt of the first; an account that does not exist gets made-up keys from the stream.
   */
  findCredentials(device: string): Promise<readonly Credentials[]>
  /** PLAIN and Basic; costs a PBKDF2 the first time, a hash afterwards. */
  checkSecret(device: string, secret: string): Promise<boolean>
  /**
   * What a log-in of this device rests on, to be compared only: another one, or none, once the device's keys have
   * changed or it was removed. Then who logged in before may not bind any more.
   */
  basisOf(device: string): object | undefined
  /** The oldest of the device's secrets that are good now: what a log-in is worth no longer than. */
  versionOf(device: string): number | undefined
  /** SASL with a secret ended well: the secret is in use (first use of an enrolled secret, end of an overlap). */
  loggedIn(device: string): void
}
