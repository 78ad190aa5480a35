/** What sessions are to the rooms around them. */
import type { Clock } from '@fairlead/base'
import type { DeviceState } from '@fairlead/protocol/contract'
import type { Xml } from '@fairlead/protocol/xmpp'
import type { Claim, Lines } from '../xmpp/carrier.ts'
import type { Replacement } from './flap-guard.ts'
import type { OfflineReason } from './presence-machine.ts'

/** Who uses the lines: told in the order things happen, always in the same turn. */
export interface LineListener {
  /** The line ended or gives way; `withdraw` still reaches it during this call. */
  lineEnded(device: string): void
  /** It has a session here, whose connection is still to come; where it was before it is no more. */
  bound(device: string): void
  /** A line's connection has arrived: the device is here, or back. */
  connected(device: string): void
  /** @param reason undefined: it sleeps */
  offline(device: string, reason: OfflineReason | undefined): void
  /** It is about to go to another node: nothing more leaves here. */
  held(device: string): void
  /** Its session is at another node now. */
  moved(device: string): void
  written(device: string, token: number): void
  acknowledged(device: string, token: number): void
  answered(device: string, stanza: Xml): void
}

/** What people and services are told of a device's presence. */
export interface PresenceView {
  state: DeviceState
  stateSinceAt: number
  reason: OfflineReason | undefined
  suspect: boolean
  lastSeenAt: number | undefined
  address: string | undefined
  transport: 'bosh' | 'websocket' | undefined
}

/** What is remembered of a change; the record writes it behind, in order. */
export interface PresenceChange extends PresenceView {
  device: string
  epoch: number
}

export interface Sessions extends Lines, Disposable {
  listen(listener: LineListener): void
  /** Pushes rendered XML on the device's line; without one, nothing happens and `lineEnded` has told so. */
  send(device: string, xml: string, token: number): void
  /** Takes a push back that has not left; one that has left is not affected. */
  withdraw(device: string, token: number): void
  /** A push left; nothing ends the session before `untilMs` of the clock unless the device shows life (A10). */
  pushed(device: string, untilMs: number): void
  /** An authenticated HTTP call of the device, outside its session (A6). */
  signOfLife(device: string): void
  /** Claims the device for a session from before a crash. @returns undefined when the device has had a newer one since */
  reclaim(device: string, epoch: number): number | undefined
  isOnline(device: string): boolean
  /** It is ONLINE, and here to stay: what may wait for it on disk need not. */
  isSettled(device: string): boolean
  /** The connection of its line stands; a device that opens a new session is ONLINE a moment longer than this is true. */
  isConnected(device: string): boolean
  /** Undefined: never heard of. */
  presenceOf(device: string): PresenceView | undefined
  /** How it stands by what was seen here, which may not be on disk yet. Undefined: it was never here, or has gone to another node. */
  witnessed(device: string): PresenceChange | undefined
  /** The BOSH sid or stream id that stands now (A5). */
  lineIdOf(device: string): string | undefined
  /** Its line is here, bound but perhaps not yet connected: this node has the word about it. */
  isHere(device: string): boolean
  /** The session that is claimed with this epoch goes on being ONLINE: the device comes from another node. */
  arrives(device: string, epoch: number): void
  /** The device has a session with this epoch at another node. */
  superseded(device: string, epoch: number): void
  /** Whether a session at another node may take the place of the one here, and what was seen of that lately. */
  giveWay(device: string): { mayReplace: boolean; seen: readonly Replacement[] }
  /** A newcomer here takes the place of a session at another node. */
  replacing(device: string, address: string, seen: readonly Replacement[]): void
  /** The device is about to go to another node: nothing more is pushed to it here. */
  hold(device: string): void
  /** Its device goes on with its session at another node: forgotten here, and told to nobody. */
  leave(device: string): void
  /** What is here is other nodes' now (`safety.md` 6.7): forgotten, and neither devices nor the record are told. */
  abandon(): void
  /** Of the newest session that this node had of the device; 0: none. */
  epochOf(device: string): number
  /** Where a push goes: the resource of the line that stands now. */
  resourceOf(device: string): string | undefined
  /** Devices that were heard of since they were last remembered: each is told once. */
  takeUnsaved(): PresenceChange[]
  /** The relay stops: whoever leaves from now on leaves because of that. */
  drain(): void
  /**
   * The device has said that it goes to sleep: its session here ends, and it is asleep until its next connection.
   *
   * @param epoch of its newest session, as the record knows it
   * @returns what is to be remembered, and told, by whoever calls
   */
  sleep(device: string, epoch: number): PresenceChange
  /** It sleeps by a word that another node has taken: how it stands is known from there. */
  sleptElsewhere(device: string): void
  /** Removed or rotated: its sessions end now. */
  endOf(device: string, reason: 'removed' | 'rotated'): void
  counts(): { online: number; sessions: Record<'bosh' | 'websocket', number> }
}

export interface Remembered {
  epoch: number
  /** Only that it is asleep outlasts a restart. */
  state?: DeviceState
  reason: OfflineReason | undefined
  stateSinceAt: number
  lastSeenAt: number | undefined
  /** At another node. */
  elsewhere?: Pick<PresenceView, 'state' | 'address' | 'transport'> & { node: number }
}

export interface SessionsNeeds {
  clock: Clock
  managementMs: number
  /** The last known epoch and presence from the record; undefined: never seen. */
  remembered(device: string): Remembered | undefined
  /** Remembered and told as an event, in this order; never awaited. */
  changed(change: PresenceChange): void
  /** Two holders of one credential (flap guard). */
  alarm(device: string, address: string): void
  /** Where other nodes have a say: the number of the new session comes from the record. */
  claim?(device: string, address: string): Promise<Claim>
  /** Whether others find the device here: its line stands, or has ended. */
  held?(device: string, isHeld: boolean): void
}
