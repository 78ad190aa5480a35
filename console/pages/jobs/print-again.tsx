/** A job that failed, or of which nobody knows the end, is printed once more: all of it, or from the page behind the last sure one. */
import type { Job } from '@fairlead/protocol/contract'
import { rangesAfter } from '@fairlead/protocol/page-ranges'
import { useMemo, useState } from 'preact/hooks'
import { useSay } from '../../messages/for-jobs.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Since } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { go, linkTo } from '../../router.ts'
import { newKey } from './new-key.ts'
import { refusalInWords } from './words.ts'

type Pages = 'all' | 'rest'

export function PrintAgain({ job }: { job: Job }) {
  const say = useSay()
  const { again, notNow } = say.jobs
  const { jobId, name, state, pagesDone = 0, documentUntil, againAs } = job
  const [asks, setAsks] = useState<Pages>()
  // Pressed again because no answer came, it is one job; once that is known, another one.
  const keys = useMemo(() => ({ all: newKey(), rest: newKey() }), [jobId, againAs])
  const print = useAction(async (pages: Pages) => {
    const made = await relay.jobs.again(jobId, { pages, idempotencyKey: keys[pages] })
    go(linkTo(['jobs', made.jobId]))
  })
  if (documentUntil === undefined || Date.parse(documentUntil) <= Date.now()) return null
  const from = firstOfRest(job)
  const isUnsure = state === 'unknown' || againAs !== undefined
  const verbOf = (pages: Pages) => (pages === 'rest' && from !== undefined ? again.from(from) : again.all)
  const choose = (pages: Pages) => (isUnsure ? setAsks(pages) : print.run(pages))
  const problem = <Problem error={print.error} words={refusalInWords(print.error, say)} />
  return (
    <div class="job-actions">
      <p>
        {again.sure(pagesDone)} <Since at={documentUntil} wrap={again.until} />
      </p>
      <div class="actions">
        {from !== undefined && (
          <button type="button" disabled={print.isBusy} onClick={() => choose('rest')}>
            {verbOf('rest')}
          </button>
        )}
        <button
          type="button"
          class={from === undefined ? undefined : 'quiet'}
          disabled={print.isBusy}
          onClick={() => choose('all')}
        >
          {again.all}
        </button>
      </div>
      {asks === undefined && problem}
      {asks !== undefined && (
        <Dialog title={again.title(name)} close={() => setAsks(undefined)}>
          <p>{again.sure(pagesDone)}</p>
          <p>{againAs === undefined ? again.twice[asks] : again.already}</p>
          {problem}
          <div class="actions">
            <button type="button" disabled={print.isBusy} onClick={() => print.run(asks)}>
              {verbOf(asks)}
            </button>
            <button type="button" class="quiet" onClick={() => setAsks(undefined)}>
              {notNow}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  )
}

/** @returns undefined: it is not known what the rest is, or it is all of it */
function firstOfRest({ pagesDone = 0, ticket: { copies = 1, pages } }: Job): number | undefined {
  const rest = copies === 1 && pagesDone > 0 ? rangesAfter(pages, pagesDone) : undefined
  return rest === undefined ? undefined : Number.parseInt(rest, 10)
}

/** Which job it prints again, and which one prints it again. */
export function AgainLinks({ job: { againOf, againAs } }: { job: Job }) {
  const { again } = useSay().jobs
  return (
    <>
      {againOf !== undefined && (
        <p>
          <a href={linkTo(['jobs', againOf])}>{again.of}</a>
        </p>
      )}
      {againAs !== undefined && (
        <p>
          <a href={linkTo(['jobs', againAs])}>{again.as}</a>
        </p>
      )}
    </>
  )
}
