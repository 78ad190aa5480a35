/** What the paper printer is to be like: honest and quick, if nothing is said. */
import { z } from 'zod'

const PaperOptions = z.strictObject({
  /** Its tray and its memory; another life begins where the last one ended. */
  folder: z.string(),
  port: z.int().default(0),
  pageMs: z.int().default(20),
  /** What its own clock (printer-up-time) starts from. */
  upSeconds: z.int().default(100_000),
  /** Whether it knows its jobs after a restart; documents are gone in any case. */
  keepsJobs: z.boolean().default(false),
  /** Whether it knows jobs without a document (Create-Job). */
  createsJobs: z.boolean().default(true),
  /** Prints each page as it comes, and does not wait for the whole document. */
  streams: z.boolean().default(false),
  /** Whether it tells how many pages have come out. */
  counts: z.boolean().default(true),
  /** So many pages of each document never come out, and it says that it is done. */
  loses: z.int().default(0),
  /** After so many bytes of a document the connection ends, so many times. */
  drops: z.strictObject({ afterBytes: z.int(), times: z.int() }).optional(),
  /** So many times it is too busy for a job. */
  busy: z.int().default(0),
  /** Sheets in its tray; it waits for more until it is told `/tell/paper`. */
  sheets: z.int().optional(),
  /** It ends there as by a power cut. */
  diesAt: z.string().optional(),
  /** It stops there until it is told `/tell/go`, once. */
  holdsAt: z.string().optional(),
})
export type PaperOptions = z.infer<typeof PaperOptions>
export type GivenPaperOptions = z.input<typeof PaperOptions>

export function readPaperOptions(text: string | undefined): PaperOptions {
  return PaperOptions.parse(JSON.parse(text ?? '{}'))
}
