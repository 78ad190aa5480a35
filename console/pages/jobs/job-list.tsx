/** Jobs, one below the other, each with how it stands. */
import type { Job } from '@fairlead/protocol/contract'
import { useSay } from '../../messages/for-jobs.ts'
import { Ago } from '../../parts/when.tsx'
import { linkTo } from '../../router.ts'
import { JobState } from './job-state.tsx'

interface JobListProps {
  items: readonly Job[]
  /** On the page of a device it goes without saying. */
  withDevice: boolean
}

export function JobList({ items, withDevice }: JobListProps) {
  const { jobs } = useSay()
  return (
    <ol class="jobs">
      {items.map((job) => (
        <li key={job.jobId} class="job">
          <a href={linkTo(['jobs', job.jobId])}>{job.name}</a>
          <span class="sub">
            {withDevice && `${job.device} · `}
            <Ago at={job.createdAt} wrap={jobs.sent} />
          </span>
          <p class="job-state">
            <JobState job={job} />
          </p>
          {job.reason !== undefined && (
            <p class="sub" lang="en">
              {job.reason}
            </p>
          )}
        </li>
      ))}
    </ol>
  )
}
