/** Asks the relay for the job information of what is recorded here, and whether what is in hand is wanted still. */
import { JobInformation } from '@fairlead/protocol/contract'
import { type RelayDoor, readAnswer } from '../uplink/relay-door.ts'
import { type Again, type AgainNeeds, createAgain } from './again.ts'
import { hasEnded, type JobStore, type KeptJob } from './job-store.ts'

export interface LearningNeeds extends Pick<AgainNeeds, 'clock' | 'random' | 'log'> {
  store: JobStore
  door: Pick<RelayDoor, 'look'>
  mayCall(): boolean
  learned(job: KeptJob, information: JobInformation): void
  /** The relay has no such job for this device, or not now. */
  over(job: KeptJob): void
}

export interface Learning extends Again {
  /** The relay has told of these once more: something has changed. */
  lookAgain(ids: readonly string[]): void
}

const tryMs = 15_000

export function createLearning(needs: LearningNeeds): Learning {
  const { store, door } = needs
  const changed = new Set<string>()

  async function run(): Promise<boolean> {
    if (!needs.mayCall()) return true
    for (const { id, state } of store.open()) {
      if (state !== 'recorded' && !changed.has(id)) continue
      changed.delete(id)
      let isLearned = false
      try {
        isLearned = await learn(id)
      } finally {
        // Also where the disk refused what was learned, half of it perhaps.
        if (!isLearned) changed.add(id)
      }
      if (!isLearned) return false
    }
    changed.clear()
    return true
  }

  /** @returns false: the relay did not say */
  async function learn(id: string): Promise<boolean> {
    const outcome = await door.look(`/device/v1/jobs/${encodeURIComponent(id)}`, tryMs)
    const job = store.find(id)
    if (!job || hasEnded(job.state)) return true
    if (!('status' in outcome)) return false
    if (outcome.status === 404 || outcome.status === 409) needs.over(job)
    else {
      const read = outcome.status === 200 ? JobInformation.safeParse(readAnswer(outcome)) : undefined
      if (!read?.success) return false
      needs.learned(job, read.data)
    }
    return true
  }

  const again = createAgain({ ...needs, event: 'jobs.not-learned', run })
  return {
    ...again,
    lookAgain(ids) {
      for (const id of ids) changed.add(id)
      again.hurry()
    },
  }
}
