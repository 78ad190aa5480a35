/** What an IPP proxy is told (RFC 3995, PWG 5100.18): the difference between how things stood when it was told last and how they stand. */
import type { Job } from '@fairlead/protocol/contract'
import type { HeldJob } from '../jobs/holding.ts'
import { type SeenState, stateOf } from './job-attributes.ts'

export const proxyEvents = [
  'document-fetchable',
  'job-completed',
  'job-fetchable',
  'job-state-changed',
  'printer-config-changed',
  'printer-state-changed',
] as const

export type ProxyEvent = (typeof proxyEvents)[number]

/** How things stood. */
export interface Told {
  /** By the number of the job. */
  readonly jobs: Readonly<Record<string, { state: string; isFetchable: boolean }>>
  /** Which abilities the device had. */
  readonly version: string
  /** Somebody wants the device to show itself. */
  readonly identify: boolean
}

export interface Standing extends Omit<Told, 'jobs'> {
  /** Those that have not ended, and those that were told of and have. */
  readonly jobs: readonly HeldJob[]
}

export interface News {
  event: ProxyEvent
  job?: { number: number; state: SeenState['state']; reasons: readonly string[] }
}

/** @returns what is new, as it is to be told, and how things stand from now on */
export function newsBetween(before: Told, { jobs, version, identify }: Standing): { news: News[]; told: Told } {
  const news: News[] = []
  const told: Record<string, Told['jobs'][string]> = {}
  for (const held of jobs) {
    const { job, isFetchable } = held
    const known = before.jobs[job.number]
    const { state, reasons } = stateForProxy(held)
    const about = { number: job.number, state, reasons }
    const word = [state, ...reasons].join()
    if (isFetchable && !known?.isFetchable)
      news.push({ event: 'job-fetchable', job: about }, { event: 'document-fetchable', job: about })
    if (known && known.state !== word) news.push({ event: 'job-state-changed', job: about })
    if (!hasEnded(job)) told[job.number] = { state: word, isFetchable }
    else if (known) news.push({ event: 'job-completed', job: about })
  }
  if (version !== before.version) news.push({ event: 'printer-config-changed' })
  if (identify !== before.identify) news.push({ event: 'printer-state-changed' })
  return { news, told: { jobs: told, version, identify } }
}

/**
 * As whoever prints is told, but for two things: that a job can be fetched, and that it is to be cancelled, which for who
 * has it is done when the relay has said so (a proxy stops on `canceled` and on nothing else).
 */
export function stateForProxy({ job, isFetchable }: HeldJob): Pick<SeenState, 'state' | 'reasons'> {
  const { state, reasons } = stateOf(job)
  if (isFetchable) return { state, reasons: ['job-fetchable'] }
  if (job.cancelAsked && !hasEnded(job)) return { state: 'canceled', reasons: ['job-canceled-by-user', ...stopping] }
  return { state, reasons }
}

const stopping = ['processing-to-stop-point']

export function hasEnded(job: Job): boolean {
  return ['completed', 'canceled', 'aborted'].includes(stateOf(job).state)
}
