/** Every job of the account, live; the filters stand in the address. */
import { useJobs } from '../../live/jobs.ts'
import { useSay } from '../../messages/for-jobs.ts'
import { DeviceFilter, isDeviceId } from '../../parts/device-filter.tsx'
import { Problem } from '../../parts/forms.tsx'
import { go, linkTo, type PageProps } from '../../router.ts'
import { JobList } from './job-list.tsx'
import { Outbox } from './outbox.tsx'

const states = ['open', 'ended'] as const

export function Jobs({ place: { query } }: PageProps) {
  const { jobs: say } = useSay()
  const device = query.get('device') ?? ''
  const state = states.find((one) => one === query.get('state'))
  const jobs = useJobs({ ...(isDeviceId(device) && { device }), ...(state && { state }) })
  const isFiltered = device !== '' || state !== undefined
  const link = (change: Record<string, string | undefined>) => linkTo(['jobs'], { device, state, ...change })
  const isEmpty = jobs.items?.length === 0
  return (
    <div class="page narrow">
      <h1>{say.title}</h1>
      <p class="sub">{say.means}</p>
      <Outbox />
      {(!isEmpty || isFiltered) && (
        <div class="job-filter">
          <DeviceFilter label={say.device} device={device} chosen={(id) => go(link({ device: id }), 'replace')} />
          <nav class="chips" aria-label={say.title}>
            {[undefined, ...states].map((one) => (
              <a
                key={one ?? 'all'}
                class="chip"
                href={link({ state: one })}
                {...(one === state && { 'aria-current': 'true' as const })}
              >
                {say.filters[one ?? 'all']}
              </a>
            ))}
          </nav>
        </div>
      )}
      <Problem error={jobs.error} retry={jobs.reload} />
      {jobs.items === undefined && jobs.error === undefined && (
        <p class="sub" aria-busy="true">
          {say.loading}
        </p>
      )}
      {isEmpty && <Empty isFiltered={isFiltered} />}
      {jobs.items && <JobList items={jobs.items} withDevice />}
      {jobs.hasMore && (
        <button type="button" class="quiet" onClick={jobs.readMore}>
          {say.more}
        </button>
      )}
    </div>
  )
}

function Empty({ isFiltered }: { isFiltered: boolean }) {
  const { jobs: say } = useSay()
  return (
    <div class="empty">
      <h2>{isFiltered ? say.noneFits : say.empty}</h2>
      {isFiltered ? (
        <a class="button quiet" href={linkTo(['jobs'])}>
          {say.showAll}
        </a>
      ) : (
        <>
          <p>{say.emptyMeans}</p>
          <code>fairlead print FILE --to ID</code>
          <a class="button" href={linkTo(['devices'])}>
            {say.choose}
          </a>
        </>
      )}
    </div>
  )
}
