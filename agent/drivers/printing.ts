/** How documents come out of a device: what its driver does for jobs (M1), and what it must be able to tell after a crash. */
import type { Json, PrintAbilities, PrintTicket } from '@fairlead/protocol/contract'

export interface Printing {
  /** What it takes, with what the driver converts for it; undefined: it does not answer. */
  abilities(): Promise<PrintAbilities | undefined>
  /**
   * Prints a document and follows it until it has come out, or surely will not. One job at a time.
   *
   * It may be called again for the same job, in a later life of the agent: then with the last `mark` that was kept, and the
   * printer is asked what has become of it before anything is handed to it a second time. Without a mark nothing was handed over.
   *
   * @throws {Failure} `device-offline`: the printer does not answer, or is busy, and has taken nothing; it may be tried again
   */
  print(job: PrintJob, mark: Json | undefined, follow: Follow): Promise<PrintEnd>
}

export interface PrintJob {
  /** The relay's, unique for ever: 1 to 64 of A-Z a-z 0-9 . _ - */
  readonly id: string
  /** For people: what the printer's own display may show. */
  readonly name: string
  readonly user: string | undefined
  /** Its media type. */
  readonly format: string
  /** Where the document is, whole and checked; it stays until the job has ended. */
  readonly file: string
  readonly bytes: number
  readonly ticket: PrintTicket
}

export interface Follow {
  /**
   * What the driver has to know to ask the printer about this job again; on disk when it returns. The first is kept before the
   * printer is handed anything that it could print.
   */
  mark(mark: Json): void
  /** Sheets' sides that have come out for sure, all copies together; never falls. */
  pages(done: number): void
  /** A person may have to do something: in the printer's words (`media-empty`, `media-jam`); undefined: no more. */
  waits(reason: string | undefined): void
  /** Somebody wants it cancelled: the printer is asked to, and what it says counts. */
  readonly cancelled: AbortSignal
  /** The agent stops: `print` ends soon, with `suspended`, and is called again at the next start. */
  readonly stopping: AbortSignal
}

export type PrintEnd =
  | { readonly state: 'done'; readonly pages: number | undefined }
  /** `reason` in one sentence; `pages`: what came out before. */
  | { readonly state: 'failed'; readonly reason: string; readonly pages: number | undefined }
  | { readonly state: 'cancelled'; readonly pages: number | undefined }
  /** The printer cannot tell: `reason` says what is known. Never printed again by itself. */
  | { readonly state: 'unknown'; readonly reason: string; readonly pages: number | undefined }
  | { readonly state: 'suspended' }
