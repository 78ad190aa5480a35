/** Tells the relay what has become of jobs until it has taken that; of pages together what comes within a second. */
import type { JobReport } from '@fairlead/protocol/contract'
import { type RelayDoor, readAnswer } from '../uplink/relay-door.ts'
import { type Again, type AgainNeeds, createAgain } from './again.ts'
import { isTold, type JobStore, moreOf } from './job-store.ts'

export interface ReportingNeeds extends Pick<AgainNeeds, 'clock' | 'random' | 'log'> {
  store: JobStore
  door: Pick<RelayDoor, 'call'>
  mayCall(): boolean
  /** The relay says that somebody wants it cancelled. */
  cancel(id: string): void
}

const tryMs = 15_000
/** Of progress alone. */
export const progressMs = 1_000

export function createReporting({ store, door, mayCall, cancel, ...needs }: ReportingNeeds): Again {
  async function run(): Promise<boolean> {
    if (!mayCall()) return true
    for (const { id } of store.open().filter((job) => !isTold(job))) if (!(await tell(id))) return false
    return true
  }

  /** @returns false: the relay has not taken it */
  async function tell(id: string): Promise<boolean> {
    const job = store.find(id)
    if (!job) return true
    const { happened, pages, reason } = job
    const report: JobReport = {
      states: happened.slice(job.told),
      ...(pages !== undefined && { pagesDone: pages }),
      ...(reason !== undefined && { reason: reason.slice(0, 1024) }),
    }
    // More may happen to it until the relay has answered.
    const told = { told: happened.length, toldMore: moreOf(job) }
    const outcome = await door.call(`/device/v1/jobs/${encodeURIComponent(id)}`, report, tryMs)
    const status = 'status' in outcome ? outcome.status : 0
    // One that the relay does not know (any more), or whose report it cannot read, is told to nobody.
    if (status !== 200 && status !== 404 && status !== 400) return false
    if (status === 400) needs.log.warn('jobs.report-refused', 'The relay did not accept a report.', { jobId: id })
    store.keep(job, told)
    if ('status' in outcome && readAnswer(outcome)?.['cancel'] === true) cancel(id)
    return true
  }

  return createAgain({ ...needs, event: 'jobs.not-told', run })
}
