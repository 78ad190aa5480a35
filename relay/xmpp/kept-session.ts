/** What of a device's session outlives its relay (`safety.md` 6.7), whatever carries it: enough to go on, and nothing to log in with. */
import { hash } from 'node:crypto'
import type { Origin } from './bosh-exchange.ts'
import type { KeptState } from './bosh-restored.ts'
import type { Bound } from './carrier.ts'
import type { KeptCounts } from './websocket-kept.ts'

interface Kept extends Bound {
  /** Hash of the sid or SM-ID: who reads the disk cannot go on with the session. */
  key: string
}

export interface KeptBosh extends Kept {
  /** As seen at creation; the restored session keeps to it. */
  origin: Origin
  state: KeptState
}

/** A WebSocket stream that can be resumed. */
export interface KeptStream extends Kept {
  counts: KeptCounts
}

export type KeptSession = KeptBosh | KeptStream

export function isKeptBosh(kept: KeptSession): kept is KeptBosh {
  return 'state' in kept
}

export function isKeptStream(kept: KeptSession): kept is KeptStream {
  return 'counts' in kept
}

export function keyOf(id: string): string {
  return hash('sha256', id, 'base64')
}
