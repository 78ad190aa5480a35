/** What the agent asks of a scanner, whatever drives it: pages from where they lie, each into a file. */
import { z } from 'zod'

const scanFormats = ['application/pdf', 'image/png', 'image/jpeg'] as const

/** Where pages lie: on the glass, or in the feeder, which takes one side of each or both. */
export const sources = ['glass', 'feeder', 'feeder-duplex'] as const
export type Source = (typeof sources)[number]

/** How pages are to be scanned; what is not said is as most people want it. */
export const ScanSettings = z.strictObject({
  /** Dots per inch. */
  resolution: z.int().min(50).max(1200).default(300),
  color: z.enum(['color', 'gray']).default('color'),
  /** Only a PDF has more than one page. */
  format: z.enum(scanFormats).default('application/pdf'),
  /** Not said: the person says it, where there is something to choose. */
  source: z.enum(sources).optional(),
})
export type ScanSettings = z.infer<typeof ScanSettings>

export interface ScanOrder {
  readonly settings: Pick<ScanSettings, 'resolution' | 'color' | 'format'>
  readonly source: Source
  /** It is there; each page becomes a file of it, named by `pageFile`. */
  readonly folder: string
  /** What the first page is numbered. */
  readonly first: number
  /** Pages: from the glass one, whatever this says. */
  readonly most: number
  /** Of all of them. */
  readonly mostBytes: number
  /** One more is there, whole and on disk. @throws what ends the scan, and is thrown by it */
  onPage(): void
}

export interface Scanner {
  /** Never throws for what a scanner can do. @returns what there is; none: it does not say, which counts as the glass */
  sources(signal: AbortSignal): Promise<{ readonly sources: readonly Source[] } | ScanFailed>
  /**
   * Scans what lies on the glass, or all that is in the feeder. Never throws for what a scanner can do; one scan at a time.
   *
   * @param signal gives it up: `cancelled`
   * @returns how many pages there are; none: nothing was there to be scanned. Of a failure those that `onPage` told are good
   */
  scan(order: ScanOrder, signal: AbortSignal): Promise<{ readonly pages: number } | ScanFailed>
}

export interface ScanFailed {
  readonly problem: ScanProblem
  readonly detail?: string | undefined
}

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
  | 'too-many'
  | 'too-long'
  | 'no-room'
  | 'unsupported'
  | 'cancelled'
  | 'interrupted'
  | 'too-late'
  | 'nobody'
  | 'other'

/** Of a file's name. */
export const endingOf: Readonly<Record<ScanSettings['format'], string>> = {
  'application/pdf': 'pdf',
  'image/png': 'png',
  'image/jpeg': 'jpg',
}

/** The name of a page's file. */
export function pageFile(page: number): string {
  return String(page).padStart(4, '0')
}
