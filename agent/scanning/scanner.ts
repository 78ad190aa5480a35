/** What the agent asks of a scanner, whatever drives it: one page, into a file. */
import { z } from 'zod'

const scanFormats = ['application/pdf', 'image/png', 'image/jpeg'] as const

/** How a page is to be scanned; what is not said is as most people want it. */
export const ScanSettings = z.strictObject({
  /** Dots per inch. */
  resolution: z.int().min(50).max(1200).default(300),
  color: z.enum(['color', 'gray']).default('color'),
  format: z.enum(scanFormats).default('application/pdf'),
})
export type ScanSettings = z.infer<typeof ScanSettings>

export interface Scanner {
  /**
   * Scans what lies on the glass, or the next page of the feeder. Never throws for what a scanner can do; one scan at a time.
   *
   * @param file is made, whole and on disk when this says `done`; of anything else nothing is left there
   * @param signal gives it up: `cancelled`
   */
  scan(settings: ScanSettings, file: string, signal: AbortSignal): Promise<Scanned>
}

export type Scanned =
  | { readonly state: 'done'; readonly bytes: number }
  | { readonly state: 'failed'; readonly problem: ScanProblem; readonly detail?: string | undefined }

/** What somebody at the device can do something about. `other`: `detail` has the words of whatever drives it. */
export type ScanProblem =
  | 'no-program'
  | 'no-scanner'
  | 'busy'
  | 'jammed'
  | 'no-paper'
  | 'cover-open'
  | 'denied'
  | 'broken'
  | 'too-large'
  | 'too-long'
  | 'no-room'
  | 'unsupported'
  | 'cancelled'
  | 'interrupted'
  | 'too-late'
  | 'other'

/** Of a file's name. */
export const endingOf: Readonly<Record<ScanSettings['format'], string>> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
}
