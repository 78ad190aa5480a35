/** A job as services see it. */
import type { Job, JobState } from '@fairlead/protocol/contract'
import type { JobRow } from '../database/job-tables.ts'
import { hasEnded } from './job-machine.ts'
import { lifeOf } from './store.ts'

export function jobOf(row: JobRow): Job {
  const { state, states, pagesDone, reason, heldFor, cancelAsked } = lifeOf(row)
  return {
    jobId: row.job_id,
    device: row.device,
    account: row.account,
    number: row.number,
    name: row.name,
    ...(row.user_name !== null && { user: row.user_name }),
    ...(row.for_name !== null && { for: row.for_name }),
    state,
    states: states.map((each: { state: JobState; at: number }) => ({ state: each.state, at: timeOf(each.at) })),
    ...(pagesDone !== undefined && { pagesDone }),
    ...(reason !== undefined && { reason }),
    ...(heldFor !== undefined && { heldFor }),
    cancelAsked,
    priority: row.priority,
    format: row.format,
    bytes: row.bytes,
    ticket: JSON.parse(row.ticket),
    ...(row.digest !== null && isKept(row) && { documentUntil: timeOf(row.digest_until) }),
    ...(row.again_of !== null && { againOf: row.again_of }),
    ...(row.again_as !== null && { againAs: row.again_as }),
    createdAt: timeOf(row.created_at),
    expiresAt: timeOf(row.expires_at),
  }
}

/** Longer than until the next sweep takes it: of what is about to go nobody is told that it is there. */
function isKept(row: JobRow): row is JobRow & { digest_until: number } {
  return hasEnded(lifeOf(row).state) && row.digest_until !== null && row.digest_until > row.changed_at
}

const timeOf = (ms: number) => new Date(ms).toISOString()
