/** What the BOSH sessions of a relay need around them, and what they are to it. */
import type { Clock, Log, Random } from '@fairlead/base'
import type { BoshCondition } from '@fairlead/protocol/xmpp'
import type { OpenStream } from './bosh-carrier.ts'
import type { Elsewhere, ElsewhereNeeds } from './bosh-elsewhere.ts'
import type { Exchange } from './bosh-exchange.ts'
import type { StrangerLimits } from './bosh-strangers.ts'
import type { Departing } from './hand-over.ts'
import type { KeptBosh } from './kept-session.ts'
import type { SessionKeeper } from './session-keeper.ts'

export interface BoshSessionsNeeds {
  /** The XMPP domain. */
  domain: string
  clock: Clock
  random: Random
  log: Log
  options: {
    waitSeconds: number
    inactivitySeconds: number
    maxBodyBytes: number
    strangers?: StrangerLimits
  }
  /** An address, or the network that counts as one (S-D7). */
  networkOf(address: string): string
  /** Where plain HTTP is sent instead (B-019), e.g. `https://relay.example`; undefined: plain HTTP is served. */
  publicHttpsUrl?: string | undefined
  openStream: OpenStream
  /** Writes down how sessions stand, so that they go on after a crash; without it they do not. */
  keeper?: SessionKeeper | undefined
  /** From before a crash, and how long ago that was, in milliseconds. */
  kept?: { sessions: readonly KeptBosh[]; downMs: number }
  /** The log-in of a kept session is still good. */
  isGood?(session: KeptBosh): boolean
  /** Claims its device for a kept session. @returns the epoch; undefined: its log-in is not good any more, or it is not the newest */
  reclaim?(session: KeptBosh): number | undefined
  /** Makes a sid; 192 random bits by default (B-070). */
  newSid?(): string
  /** False: this node may not act for what it holds. */
  mayAct?(): boolean
  /** When one who wants a new session should try again, in seconds; undefined: it may have one. */
  turnAway?(): number | undefined
  /** Where sessions are that are not here. */
  elsewhere?(here: HereForOthers): Elsewhere
  /** For the metric of that name: a request or session refused, and why. */
  rejected?(reason: BoshCondition): void
}

/** What other nodes, and the rest of this one, may ask of the sessions here. */
export type HereForOthers = Pick<ElsewhereNeeds, 'resume' | 'unknown' | 'takeHere' | 'lostHere'>

export interface BoshSessions {
  /** A session of this device from before a crash, with this sid, has not been come for yet. */
  isHibernating(device: string, sid: string): boolean
  /** @param bytes a body, or undefined for one that is not to be read: too long, or encoded */
  take(exchange: Exchange, bytes: Uint8Array | undefined): void
  /** Nobody waits for the answer any more. Also of one that was answered: it does no harm. */
  lost(exchange: Exchange): void
  readonly sessions: number
  /** Requests that wait for their answer. */
  readonly open: number
  /** Creation requests that wait for room (B-065). */
  readonly waiting: number
  /** Answers that are held back from who guesses (S-A2). */
  readonly slowed: number
  /** Ends all sessions with `system-shutdown`, and refuses new ones with it (B-163). */
  drain(): void
  /** Nobody new is let in. @returns all sessions that are logged in, to be given to other nodes */
  depart(): readonly Departing[]
  /** Forgets all sessions: they are other nodes' now, and their clients find them there. */
  abandon(): void
  /** Drains, and leaves no timer behind. */
  close(): void
}
