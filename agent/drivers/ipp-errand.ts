/** One job on its way to a printer over IPP: what all who have to do with it are handed. */
import type { Clock, Log } from '@fairlead/base'
import type { IppAttributes, IppValue } from '@fairlead/protocol/ipp'
import { ipp } from '@fairlead/protocol/ipp'
import type { IppClient } from './ipp-client.ts'
import type { Mark } from './ipp-mark.ts'
import { number } from './ipp-told.ts'
import type { Follow, PrintJob } from './printing.ts'

export interface IppPrintingNeeds {
  client: IppClient
  clock: Clock
  log: Log
  /** What the printer says of itself. @throws {Failure} @throws the reason of `stop` */
  read(names: readonly string[], stop?: AbortSignal): Promise<IppAttributes>
  prepare: Prepare
}

/** Makes of a document what the printer takes, or says why not. */
export interface Prepare {
  /** What it wants to know of the printer. */
  readonly attributes: readonly string[]
  /** Formats that it converts into one of the printer's. */
  formats(told: IppAttributes): Promise<readonly string[]>
  /** @throws the reason of `stop` */
  document(job: PrintJob, told: IppAttributes, stop: AbortSignal): Promise<Prepared | { readonly refusal: string }>
}

/** A document in a format that the printer takes; if it was made for that, it is gone when it is disposed of. */
export interface Prepared extends AsyncDisposable {
  readonly file: string
  readonly bytes: number
  readonly format: string
  /** It has no more than the pages that were asked for. */
  readonly hasPagesSelected: boolean
}

/** As it leaves. */
export interface Outgoing extends Prepared {
  readonly isPacked: boolean
}

export interface Errand extends IppPrintingNeeds {
  readonly job: PrintJob
  readonly follow: Follow
  /** By this name and this user the printer knows it: it may tell of a job only to whom it belongs. */
  readonly name: string
  readonly user: string
  /** On disk when it returns. */
  keep<Kept extends Mark>(mark: Kept): Kept
}

export const jobIs = ({ user }: Errand, jobId: number): Record<string, readonly IppValue[]> => ({
  'job-id': ipp.integer(jobId),
  'requesting-user-name': ipp.name(user),
})

/** Now, by both clocks. */
export const momentOf = (clock: Clock, told: IppAttributes) => ({
  atMs: clock.wallNow(),
  upSeconds: number(told, 'printer-up-time'),
})
