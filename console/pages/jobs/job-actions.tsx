/** What can still be done to a job: hold, release, another priority, cancel; each with what it means. */
import type { Job, JobChanges } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../../messages/for-jobs.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Dialog } from '../../parts/dialog.tsx'
import { Problem, Select, useAction } from '../../parts/forms.tsx'
import { relay } from '../../relay.ts'
import { isWithRelay, refusalInWords } from './words.ts'

export function JobActions({ job, changed }: { job: Job; changed(): void }) {
  const say = useSay()
  const { jobs } = say
  const { jobId, heldFor, priority, cancelAsked, name } = job
  const [asks, setAsks] = useState<'cancel' | 'release'>()
  const close = () => setAsks(undefined)
  const change = useAction(async (changes: JobChanges) => {
    await relay.jobs.change(jobId, changes)
    close()
    changed()
  })
  const known = Object.hasOwn(jobs.priorities, priority)
  const priorities = Object.entries(jobs.priorities).map(([value, label]) => ({ value, label: `${label} (${value})` }))
  return (
    <div class="job-actions">
      {isWithRelay(job) && (
        <Select
          label={jobs.priority}
          value={String(priority)}
          choices={known ? priorities.reverse() : [{ value: String(priority), label: String(priority) }, ...priorities]}
          changed={(value) => change.run({ priority: Number(value) })}
        />
      )}
      <div class="actions">
        {heldFor === 'device-changed' && (
          <button type="button" onClick={() => setAsks('release')}>
            {jobs.releaseAnyway}
          </button>
        )}
        {(heldFor === 'asked' || heldFor === 'person') && (
          <button type="button" disabled={change.isBusy} onClick={() => change.run({ hold: false })}>
            {heldFor === 'asked' ? jobs.release : jobs.releaseNow}
          </button>
        )}
        {isWithRelay(job) && heldFor === undefined && (
          <button type="button" class="quiet" disabled={change.isBusy} onClick={() => change.run({ hold: true })}>
            {jobs.hold}
          </button>
        )}
        {!cancelAsked && (
          <button type="button" class="quiet is-harm" onClick={() => setAsks('cancel')}>
            {jobs.cancel}
          </button>
        )}
      </div>
      {asks === undefined && <Problem error={change.error} words={refusalInWords(change.error, say)} />}
      {asks === 'cancel' && (
        <BeforeHarm
          title={jobs.cancelTitle(name)}
          verb={jobs.cancel}
          keep={jobs.keep}
          act={async () => void (await relay.jobs.cancel(jobId))}
          done={changed}
          close={close}
        >
          {isWithRelay(job) ? jobs.cancelSure : jobs.cancelAsked}
        </BeforeHarm>
      )}
      {asks === 'release' && (
        <Dialog title={jobs.releaseTitle(name)} close={close}>
          <p>{jobs.changedMeans}</p>
          {job.reason !== undefined && <q lang="en">{job.reason}</q>}
          <p>{jobs.releaseMeans}</p>
          <Problem error={change.error} words={refusalInWords(change.error, say)} />
          <div class="actions">
            <button type="button" disabled={change.isBusy} onClick={() => change.run({ hold: false })}>
              {jobs.releaseAnyway}
            </button>
            <button type="button" class="quiet" onClick={close}>
              {jobs.notNow}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}
