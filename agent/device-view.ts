/** What may be seen of a device from outside, as its panel shows it. */
import type { RefusedKey } from './drivers/printer-key.ts'
import type { JobView } from './jobs/jobs.ts'
import type { PairingView } from './pairing/pairing.ts'
import type { Standing } from './uplink/uplink-state.ts'

export interface DeviceView {
  id: string
  relay: string
  sessionMaintenance: boolean
  standing: Standing
  /** Somebody has claimed it, and it waits for a press here (B5). */
  waitsForConfirmation: boolean
  /** For that it can print a page, too. */
  mayPrintPage: boolean
  /** It shows a PIN that it can print, and has not printed. */
  mayPrintPin: boolean
  /** It shows a PIN; undefined: it need not. */
  pairing: PairingView | undefined
  /** Its secret is refused, and it may be paired anew. */
  mayPairAgain: boolean
  /** People come to it for their documents. */
  hasWalkUps: boolean
  /** Its printer shows a key that it should not: nothing is sent to it. */
  refusedKey: RefusedKey | undefined
  /** Documents in hand, the one that is printed first. */
  jobs: readonly JobView[]
  /** It belongs to somebody, and may be reset. */
  mayReset: boolean
  /** It has been reset here, and is free then; undefined: it has not. */
  resetDueAt: string | undefined
  /** Wall time in milliseconds. */
  standingSinceMs: number
}
