/** What is kept of a device's session, and how the device stands by it. */
import type { Timer } from '@fairlead/base'
import type { DeviceState } from '@fairlead/protocol/contract'
import type { Line } from '../xmpp/carrier.ts'
import { isSuspect, newPresence, type OfflineReason, type Presence } from './presence-machine.ts'
import type { PresenceView, Remembered } from './shape.ts'

export interface DeviceSession {
  presence: Presence
  line: Line | undefined
  stateSinceAt: number
  lastSeenAt: number | undefined
  /** As it is on disk, or on its way there. */
  savedSeenAt: number | undefined
  address: string | undefined
  transport: 'bosh' | 'websocket' | undefined
  /** The device said why it leaves, before it left. */
  leaving: OfflineReason | undefined
  /** It went to another node: how the device stands is known from there. */
  isElsewhere: boolean
  /** It is about to go there. */
  isHeld: boolean
  timer: Timer | undefined
}

/** @param now by the clock of the wall */
export function newSession(remembered: Remembered | undefined, now: number): DeviceSession {
  const isAsleep = remembered !== undefined && viewOfRemembered(remembered).state === 'asleep'
  return {
    presence: newPresence(remembered?.epoch ?? 0, remembered?.reason ?? 'never-seen', isAsleep),
    line: undefined,
    stateSinceAt: remembered?.stateSinceAt ?? now,
    lastSeenAt: remembered?.lastSeenAt,
    savedSeenAt: remembered?.lastSeenAt,
    address: undefined,
    transport: undefined,
    leaving: undefined,
    isElsewhere: false,
    isHeld: false,
    timer: undefined,
  }
}

export function viewOf(session: DeviceSession): PresenceView {
  const { presence } = session
  return {
    state: stateOf(presence),
    stateSinceAt: session.stateSinceAt,
    reason: presence.asleep ? undefined : presence.reason,
    suspect: isSuspect(presence),
    lastSeenAt: session.lastSeenAt,
    address: session.address,
    transport: presence.online ? session.transport : undefined,
  }
}

/** Of the run before, only that a device sleeps outlasts it; of other nodes, all that they have told. */
export function viewOfRemembered({
  state,
  reason,
  stateSinceAt,
  lastSeenAt,
  elsewhere = { state: state === 'asleep' ? 'asleep' : 'offline', address: undefined, transport: undefined },
}: Omit<Remembered, 'elsewhere'> & { elsewhere?: Omit<NonNullable<Remembered['elsewhere']>, 'node'> }): PresenceView {
  const { address, transport } = elsewhere
  return { state: elsewhere.state, address, transport, suspect: false, reason, stateSinceAt, lastSeenAt }
}

function stateOf({ online, asleep }: Presence): DeviceState {
  if (online) return 'online'
  return asleep ? 'asleep' : 'offline'
}
