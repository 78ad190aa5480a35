/** Why a pull did not come to a good end, or does not go on right now: told apart, so that the panel can say it in any language. */
import type { ScanProblem } from '../scanning/scanner.ts'
import type { Trouble } from '../uplink/trouble.ts'

export type Why =
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** The service's HTTP answer; `said`: its own words. */
  | { readonly kind: 'status'; readonly status: number; readonly said?: string | undefined }
  /** It sent us elsewhere too often, to what is no address, or from https to http. */
  | { readonly kind: 'astray' }
  | { readonly kind: 'too-large'; readonly mostBytes: number }
  | { readonly kind: 'too-long' }
  /** What came is nothing that the device prints. */
  | { readonly kind: 'wrong-type'; readonly type: string }
  /** The disk of this machine is full, or broken. */
  | { readonly kind: 'no-room'; readonly detail: string }
  /** So much is kept here already. */
  | { readonly kind: 'shelf-full' }
  | { readonly kind: 'scan'; readonly problem: ScanProblem; readonly detail?: string | undefined }

/** A thing cannot be kept on the disk of this machine. */
export function noRoom(error: unknown): Why {
  return { kind: 'no-room', detail: error instanceof Error ? error.message : String(error) }
}
