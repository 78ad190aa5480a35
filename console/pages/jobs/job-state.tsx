/** How a job stands, in a word with its icon, and how many pages of it are out. */
import type { Job } from '@fairlead/protocol/contract'
import { useSay } from '../../messages/for-jobs.ts'
import { Icon } from '../../parts/icons.tsx'
import { hasEnded, iconOf, lookOf, stateInWords } from './words.ts'

export function JobState({ job }: { job: Job }) {
  const say = useSay()
  const { pagesDone = 0, cancelAsked } = job
  return (
    <>
      <span class={`state ${lookOf(job)}`}>
        <Icon name={iconOf(job)} />
        {stateInWords(job, say)}
      </span>
      {pagesDone > 0 && <span>{say.jobs.pages(pagesDone)}</span>}
      {cancelAsked && !hasEnded(job) && <span>{say.jobs.cancelling}</span>}
    </>
  )
}
