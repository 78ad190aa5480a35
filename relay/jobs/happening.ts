/** What happens to a job, in the transaction that decides it. */
import type { JobRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { JobEvent, JobLife } from './job-machine.ts'

export type Happening = JobEvent | ((row: JobRow) => JobEvent | undefined)
export type Happened = { row: JobRow; life: JobLife; changed: boolean } | undefined

/** @returns undefined: there is none, or `mayChange` says no */
export type HappenIn = (
  tx: Transaction,
  jobId: string,
  event: Happening,
  mayChange?: (row: JobRow) => boolean,
) => Promise<Happened>
