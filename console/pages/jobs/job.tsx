/** One job: how it stands and what that means, each step of its life with its time, and what can still be done. */
import type { Job } from '@fairlead/protocol/contract'
import type { ComponentChildren } from 'preact'
import { useLanguage } from '../../language.ts'
import { useJob } from '../../live/jobs.ts'
import { type SayOfJobs, useSay } from '../../messages/for-jobs.ts'
import { Fact } from '../../parts/fact.tsx'
import { Problem } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Ago, Since } from '../../parts/when.tsx'
import { hasCode } from '../../relay.ts'
import { linkTo, type PageProps } from '../../router.ts'
import { useMay } from '../../session.ts'
import { JobActions } from './job-actions.tsx'
import { JobState } from './job-state.tsx'
import { AgainLinks, PrintAgain } from './print-again.tsx'
import { formatInWords, hasEnded, iconOf, isWithRelay, mediaInWords, sizeInWords } from './words.ts'

export function JobPage({ param = '' }: PageProps) {
  const say = useSay()
  const { job, error, reload } = useJob(param)
  const isUnknown = hasCode(error, 'not-found')
  return (
    <div class="page narrow">
      <a class="back" href={linkTo(['jobs'])}>
        <Icon name="back" />
        {say.jobs.back}
      </a>
      {job && <Shown job={job} reload={reload} />}
      {!job && error === undefined && (
        <p class="sub" aria-busy="true">
          {say.jobs.loading}
        </p>
      )}
      {isUnknown ? (
        <div class="empty">
          <h1>{say.jobs.title}</h1>
          <p>{say.jobs.unknownJob}</p>
        </div>
      ) : (
        <Problem error={error} retry={reload} />
      )}
    </div>
  )
}

function Shown({ job, reload }: { job: Job; reload(): void }) {
  const { jobs } = useSay()
  const mayAct = useMay('jobs:write')
  return (
    <>
      <header class="device-head">
        <h1>{job.name}</h1>
        <p class="sub">
          <a href={linkTo(['devices', job.device])}>{job.device}</a> · <Ago at={job.createdAt} wrap={jobs.sent} />
        </p>
      </header>
      <section class="job-now" aria-live="polite">
        <p class="job-state">
          <JobState job={job} />
        </p>
        <Meaning job={job} />
        <AgainLinks job={job} />
      </section>
      {!hasEnded(job) && (mayAct ? <JobActions job={job} changed={reload} /> : <p class="sub">{jobs.lookOnly}</p>)}
      {hasEnded(job) && mayAct && <PrintAgain key={job.jobId} job={job} />}
      <Life job={job} />
      <Facts job={job} />
    </>
  )
}

function Meaning({ job }: { job: Job }) {
  const { jobs } = useSay()
  const { state, heldFor, reason, expiresAt } = job
  const heldMeans = {
    ...{ asked: jobs.heldMeans, 'device-changed': jobs.changedMeans, document: jobs.documentMeans },
    person: jobs.personMeans(job.for ?? ''),
  }
  return (
    <>
      <p>{heldFor === undefined ? jobs.statesMean[state] : heldMeans[heldFor]}</p>
      {reason !== undefined && (
        <p>
          {jobs.deviceSays} <q lang="en">{reason}</q>
        </p>
      )}
      {isWithRelay(job) && (
        <p class="sub">
          {jobs.nothingOut} {heldFor !== 'document' && <Since at={expiresAt} wrap={jobs.takesUntil} />}
        </p>
      )}
    </>
  )
}

const way = ['waiting', 'notified', 'received', 'fetched', 'executing', 'done'] as const

/** What lies before it is shown as long as it may still come. */
function Life({ job }: { job: Job }) {
  const { jobs } = useSay()
  const { states, state } = job
  const stages: readonly Job['state'][] = way
  const toCome = hasEnded(job) ? [] : way.slice(stages.indexOf(state) + 1)
  return (
    <section aria-labelledby="life">
      <h2 id="life">{jobs.life}</h2>
      <ol class="life">
        {states.map((one, at) => (
          <li key={`${one.at} ${one.state}`} {...(at === states.length - 1 && { 'aria-current': 'step' as const })}>
            <Icon name={at === states.length - 1 ? iconOf(job) : 'online'} />
            <span>{jobs.states[one.state]}</span>
            <Since at={one.at} toTheSecond />
          </li>
        ))}
        {toCome.map((one) => (
          <li key={one} class="is-to-come">
            <Icon name="wait" />
            <span>{jobs.states[one]}</span>
            <span>{jobs.notYet}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function Facts({ job }: { job: Job }) {
  const say = useSay()
  const language = useLanguage()
  const { facts } = say.jobs
  return (
    <dl class="facts">
      {job.user !== undefined && <Fact name={facts.user}>{job.user}</Fact>}
      <Fact name={facts.format}>{formatInWords(job.format, say)}</Fact>
      <Fact name={facts.size}>{sizeInWords(job.bytes, language)}</Fact>
      <Fact name={facts.priority}>{job.priority}</Fact>
      {ticketInWords(job, say).map(([name, value]) => (
        <Fact key={name} name={name}>
          {value}
        </Fact>
      ))}
    </dl>
  )
}

function ticketInWords({ ticket }: Job, { jobs }: SayOfJobs): readonly (readonly [string, ComponentChildren])[] {
  const { copies, media, sides, color, quality, pages } = ticket
  const { facts } = jobs
  const rows: [string, ComponentChildren][] = [
    [facts.copies, copies],
    [facts.pages, pages],
    [facts.media, media && mediaInWords(media)],
    [facts.sides, sides && jobs.sidesOf[sides]],
    [facts.color, color && jobs.colorOf[color]],
    [facts.quality, quality && jobs.qualityOf[quality]],
  ]
  return rows.filter(([, value]) => value !== undefined)
}
