/** What somebody who stands at a device may do with their own jobs there (H1): see, release, cancel. */
import type { AuditAction, CancelledJobs, ReleasedJobs, WalkUpJobs } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import type { Database } from '../database/database.ts'
import type { JobRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { HappenIn } from './happening.ts'
import { hasEnded, type JobLife } from './job-machine.ts'
import type { JobStore } from './store.ts'
import { lifeOf } from './store.ts'

/** Who is at which device. */
export interface AtDevice {
  device: string
  userId: string
}

export interface JobsAtDevice {
  /** What waits for them there, the oldest first. */
  waitingFor(who: AtDevice): Promise<WalkUpJobs>
  /** They become due. What has been released before is released. */
  releaseFor(who: AtDevice, jobIds: readonly string[], address: string): Promise<ReleasedJobs>
  /** As `cancel`: at once where nothing of it is at the device. */
  cancelFor(who: AtDevice, jobIds: readonly string[], address: string): Promise<CancelledJobs>
}

export interface AtDeviceNeeds {
  database: Pick<Database, 'write'>
  store: Pick<JobStore, 'waitingFor'>
  audit: TellAudit
  happenIn: HappenIn
  /** It belongs to the account that has the device now. */
  isOf(row: JobRow, device: string): boolean
}

type Not = ReleasedJobs['not'][number]

const none = 'There is no such job of yours at this device.'

export function createJobsAtDevice({ database, store, audit, happenIn, isOf }: AtDeviceNeeds): JobsAtDevice {
  const isTheirs =
    ({ device, userId }: AtDevice) =>
    (row: JobRow) =>
      isOf(row, device) && row.for_user === userId

  function auditOf(tx: Transaction, { userId }: AtDevice, action: AuditAction, row: JobRow, address: string): void {
    const { account, device, job_id: subject } = row
    audit(tx, { action, account, actor: { kind: 'user', id: userId }, device, subject, address })
  }

  /** @param whyNot undefined: it is as they want it */
  async function each(
    jobIds: readonly string[],
    one: (tx: Transaction, jobId: string) => Promise<string | undefined>,
  ): Promise<{ done: string[]; not: Not[] }> {
    const [done, not]: [string[], Not[]] = [[], []]
    // In one order: two who choose the same ones never wait for each other in a circle.
    const inOrder = [...new Set(jobIds)].sort()
    await database.write(async (tx) => {
      done.length = 0
      not.length = 0
      for (const jobId of inOrder) {
        const reason = await one(tx, jobId)
        if (reason === undefined) done.push(jobId)
        else not.push({ jobId, reason })
      }
    })
    return { done, not }
  }

  return {
    async waitingFor(who) {
      const rows = await store.waitingFor(who.device, who.userId)
      return { jobs: rows.filter(isTheirs(who)).map(viewOf) }
    },

    async releaseFor(who, jobIds, address) {
      const { done, not } = await each(jobIds, async (tx, jobId) => {
        const happened = await happenIn(
          tx,
          jobId,
          (row) => (lifeOf(row).heldFor === 'person' ? { kind: 'release' } : undefined),
          isTheirs(who),
        )
        if (happened?.changed) auditOf(tx, who, 'job.changed', happened.row, address)
        return happened ? whyNotReleased(happened.life) : none
      })
      return { released: done, not }
    },

    async cancelFor(who, jobIds, address) {
      const { done, not } = await each(jobIds, async (tx, jobId) => {
        const happened = await happenIn(tx, jobId, { kind: 'cancel' }, isTheirs(who))
        if (happened?.changed) auditOf(tx, who, 'job.cancelled', happened.row, address)
        return happened ? whyNotCancelled(happened.life) : none
      })
      return { cancelled: done, not }
    },
  }
}

function whyNotReleased({ state, heldFor, reason }: JobLife): string | undefined {
  if (state === 'done' || (!hasEnded(state) && heldFor === undefined)) return undefined
  if (heldFor === 'document') return 'Its document has not come yet.'
  if (heldFor !== undefined) return reason ?? 'Somebody holds it: they can release it in the console.'
  return `The job is ${state}.${reason === undefined ? '' : ` ${reason}`}`
}

function whyNotCancelled({ state, cancelAsked }: JobLife): string | undefined {
  return state === 'cancelled' || (cancelAsked && !hasEnded(state)) ? undefined : `The job is ${state}.`
}

function viewOf(row: JobRow): WalkUpJobs['jobs'][number] {
  return {
    jobId: row.job_id,
    name: row.name,
    copies: JSON.parse(row.ticket).copies ?? 1,
    bytes: row.bytes,
    format: row.format,
    createdAt: new Date(row.created_at).toISOString(),
  }
}
