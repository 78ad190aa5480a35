/** The jobs of one device, on its own disk: that it has heard of them, how far it is, and what the relay knows of that (M1). */
import type { DatabaseSync } from 'node:sqlite'
import { JobInformation, type JobReport, type Json } from '@fairlead/protocol/contract'

/** Where a job is here. `recorded`: its notification is on disk, and nothing else is known. */
export type KeptState = 'recorded' | 'waiting' | 'fetched' | 'executing' | JobReport['states'][number]['state']

export interface KeptJob {
  readonly id: string
  /** Made here, of what was here already: the relay knows nothing of it (A14). */
  readonly isOwn: boolean
  state: KeptState
  /** Undefined: only its ID is known yet. */
  information: JobInformation | undefined
  /** What the driver needs to ask the printer about it. */
  mark: Json | undefined
  pages: number | undefined
  reason: string | undefined
  /** All that happened here, the oldest first, and how many of these the relay knows. */
  happened: JobReport['states']
  told: number
  /** Pages and reason that the relay knows. */
  toldMore: string | undefined
  /** Wall time. */
  changedAt: number
}

export interface JobStore {
  /** Those that are new are on disk when it returns, all or none. */
  record(ids: readonly string[], nowMs: number): void
  /** A new one of the device's own, whose document is here; on disk when it returns. */
  own(information: JobInformation, nowMs: number): void
  find(id: string): KeptJob | undefined
  /** Those that have not ended, or whose end the relay does not know. */
  open(): KeptJob[]
  /** On disk when it returns, and only then in `job`: where the disk refuses it nothing has happened. */
  keep(job: KeptJob, more: Partial<KeptJob>): void
  remove(id: string): void
  /** Ended ones, told to the relay, that nobody will ask about. */
  forget(beforeMs: number): void
}

export const jobTable =
  'CREATE TABLE IF NOT EXISTS job (device TEXT NOT NULL, id TEXT NOT NULL, is_open INTEGER NOT NULL, changed INTEGER NOT NULL, job TEXT NOT NULL, PRIMARY KEY (device, id)) STRICT;'

const ends: ReadonlySet<KeptState> = new Set(['done', 'failed', 'cancelled', 'unknown'])
export const hasEnded = (state: KeptState) => ends.has(state)
export const isTold = (job: KeptJob) => job.isOwn || (job.told === job.happened.length && job.toldMore === moreOf(job))
const isOpen = (job: KeptJob) => !hasEnded(job.state) || !isTold(job)
/** What the relay is told beside the states. */
export const moreOf = ({ pages, reason }: KeptJob) => JSON.stringify([pages ?? null, reason ?? null])

export function createJobStore(database: DatabaseSync, device: string): JobStore {
  const one = database.prepare('SELECT job FROM job WHERE device = ? AND id = ?')
  const all = database.prepare('SELECT job FROM job WHERE device = ? AND is_open = 1')
  const add = database.prepare('INSERT OR IGNORE INTO job (device, id, is_open, changed, job) VALUES (?, ?, 1, ?, ?)')
  const put = database.prepare('UPDATE job SET is_open = ?, changed = ?, job = ? WHERE device = ? AND id = ?')
  const remove = database.prepare('DELETE FROM job WHERE device = ? AND id = ?')
  const forget = database.prepare('DELETE FROM job WHERE device = ? AND is_open = 0 AND changed < ?')
  /** Of what is open there is one value, whoever has it in hand. */
  const known = new Map<string, KeptJob>()
  for (const row of all.all(device)) remember(row)

  function remember(row: unknown): KeptJob {
    const job = jobOf(JSON.parse((row as { job: string }).job))
    known.set(job.id, job)
    return job
  }

  return {
    record(ids, nowMs) {
      database.exec('BEGIN')
      try {
        for (const id of ids) add.run(device, id, nowMs, JSON.stringify(newJob(id, nowMs)))
        database.exec('COMMIT')
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
      for (const id of ids) if (!known.has(id)) remember(one.get(device, id))
      for (const [id, job] of known) if (!isOpen(job)) known.delete(id)
    },
    own(information, nowMs) {
      const job: KeptJob = { ...newJob(information.jobId, nowMs), isOwn: true, state: 'fetched', information }
      add.run(device, job.id, nowMs, JSON.stringify(job))
      known.set(job.id, job)
    },
    find(id) {
      const row = known.has(id) ? undefined : one.get(device, id)
      return row === undefined ? known.get(id) : jobOf(JSON.parse((row as { job: string }).job))
    },
    open: () => [...known.values()].filter(isOpen),
    keep(job, more) {
      const next = { ...job, ...more }
      put.run(isOpen(next) ? 1 : 0, next.changedAt, JSON.stringify(next), device, job.id)
      Object.assign(job, more)
      if (isOpen(job)) known.set(job.id, job)
      else known.delete(job.id)
    },
    remove(id) {
      remove.run(device, id)
      known.delete(id)
    },
    forget: (beforeMs) => void forget.run(device, beforeMs),
  }
}

function newJob(id: string, nowMs: number): KeptJob {
  return {
    ...{
      id,
      isOwn: false,
      state: 'recorded',
      information: undefined,
      mark: undefined,
      pages: undefined,
      reason: undefined,
    },
    ...{ happened: [], told: 0, toldMore: JSON.stringify([null, null]), changedAt: nowMs },
  }
}

/** What is undefined is not in JSON. */
function jobOf(kept: KeptJob): KeptJob {
  const information = kept.information && JobInformation.parse(kept.information)
  return { ...newJob(kept.id, kept.changedAt), ...kept, information }
}
