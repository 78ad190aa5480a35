/** Looks for jobs whose device has them and was not heard for too long (M1): whoever waits for their end is told that nobody knows it. */
import { type Clock, inBackground, type Log } from '@fairlead/base'
import type { JobRow } from '../database/job-tables.ts'
import { every } from '../every.ts'
import type { JobEvent } from './job-machine.ts'
import type { JobsNeeds } from './needs.ts'
import { lifeOf } from './store.ts'

export interface SilenceNeeds {
  clock: Clock
  log: Log
  /** 0: never. */
  silenceMs: number
  presenceOf: JobsNeeds['presenceOf']
  /** By the record, some at a time. */
  atSilent(heardBefore: number): Promise<{ job_id: string }[]>
  happen(jobId: string, event: (row: JobRow) => JobEvent | undefined): Promise<unknown>
}

const lookMs = 60_000
/** After a start of the relay: it was the relay that nobody could speak to, and all come back first. */
const graceMs = 600_000

export function watchSilence(needs: SilenceNeeds): Disposable {
  const { clock, log, silenceMs, presenceOf, happen } = needs
  if (silenceMs === 0) return { [Symbol.dispose]() {} }
  const from = clock.now() + Math.min(graceMs, silenceMs)
  let isLooking = false

  /** What it was heard last by, as far as is known here; undefined: it is here. */
  function heardAt(row: JobRow): number | undefined {
    const presence = presenceOf(row.device)
    if (presence?.state === 'online') return undefined
    return Math.max(presence?.lastSeenAt ?? 0, lifeOf(row).states.at(-1)?.at ?? 0)
  }

  async function look(): Promise<void> {
    const before = clock.wallNow() - silenceMs
    for (const { job_id: jobId } of await needs.atSilent(before))
      await happen(jobId, (row) => {
        const sinceMs = heardAt(row)
        return sinceMs === undefined || sinceMs > before ? undefined : { kind: 'silent', sinceMs }
      })
  }

  return every(clock, Math.min(lookMs, silenceMs), () => {
    if (isLooking || clock.now() < from) return
    isLooking = true
    inBackground(log, 'jobs.silence-not-seen', () =>
      look().finally(() => {
        isLooking = false
      }),
    )
  })
}
