/** What the paper printer is to be like: honest and quick, if nothing is said. */

export interface PaperOptions {
  /** Its tray and its memory; another life begins where the last one ended. */
  folder: string
  port: number
  pageMs: number
  /** What its own clock (printer-up-time) starts from. */
  upSeconds: number
  /** Whether it knows its jobs after a restart; documents are gone in any case. */
  keepsJobs: boolean
  /** Whether it knows jobs without a document (Create-Job). */
  createsJobs: boolean
  /** Prints each page as it comes, and does not wait for the whole document. */
  streams: boolean
  /** Whether it tells how many pages have come out. */
  counts: boolean
  /** So many pages of each document never come out, and it says that it is done. */
  loses: number
  /** After so many bytes of a document the connection ends, so many times. */
  drops?: { afterBytes: number; times: number }
  /** So many times it is too busy for a job. */
  busy: number
  /** Sheets in its tray; it waits for more until it is told `/tell/paper`. */
  sheets?: number
  /** It ends there as by a power cut. */
  diesAt?: string
  /** It stops there until it is told `/tell/go`, once. */
  holdsAt?: string
}

export type GivenPaperOptions = Partial<PaperOptions> & Pick<PaperOptions, 'folder'>

const usual = {
  port: 0,
  pageMs: 20,
  upSeconds: 100_000,
  keepsJobs: false,
  createsJobs: true,
  streams: false,
  counts: true,
  loses: 0,
  busy: 0,
}

/** @throws {Error} without a folder */
export function readPaperOptions(text: string | undefined): PaperOptions {
  const given: GivenPaperOptions = JSON.parse(text ?? '{}')
  if (typeof given.folder !== 'string') throw new Error('A paper printer needs a folder: {"folder": "/tmp/paper"}.')
  return { ...usual, ...given }
}
