/** Presence as the sessions tell it, and as it is written down. */
import type { DeviceState, OfflineReason, Transport } from '@fairlead/protocol/contract'

/** How a device stands right now; times in milliseconds since 1970. */
export interface PresenceView {
  state: DeviceState
  stateSinceAt: number
  /** Of being offline. */
  reason: OfflineReason | undefined
  /** A push waits for a sign of life. */
  suspect: boolean
  lastSeenAt: number | undefined
  address: string | undefined
  transport: Transport | undefined
}

/** What is kept of it over a restart. */
export interface StoredPresence extends Omit<PresenceView, 'suspect'> {
  device: string
  account: string
  /** Grows with every session; a smaller one never overwrites a larger. */
  epoch: number
  /** Number of the node where its session is; 0: none, or there are no others. */
  node?: number
}
