/** The tables of walk-ups (`tables.ts` has the rules): by what people are known at devices, and who is at one. */
import type { Selectable } from 'kysely'

export interface WalkUpTables {
  release_code: ReleaseCodeTable
  walk_up: WalkUpTable
}

/** What somebody shows at the devices of their account. */
interface ReleaseCodeTable {
  release_code_id: string
  user_id: string
  /** The user's: a code is one person's in it. */
  account: string
  /** `pin` or `badge`. */
  kind: string
  name: string
  /** Scrypt with a key of this relay, hexadecimal; the code itself is nowhere. */
  hash: string
  created_at: number
  last_used_at: number | null
}

/** Somebody is at a device, or a telephone is to say who it is. */
interface WalkUpTable {
  walk_up_id: string
  device: string
  /** The device's, when it began. */
  account: string
  /** SHA-256 of what the QR code leads to, hexadecimal; null: nobody waits for a telephone (any more). */
  token: string | null
  /** Who it is; null: nobody has said so yet. */
  user_id: string | null
  created_at: number
  expires_at: number
}

export type ReleaseCodeRow = Selectable<ReleaseCodeTable>
export type WalkUpRow = Selectable<WalkUpTable>
