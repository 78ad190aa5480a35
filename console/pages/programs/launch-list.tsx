/** On which devices a program is launched, and how its last run went at each; read when somebody opens it. */
import type { Program, ProgramLaunch } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useLaunches } from '../../live/programs.ts'
import { useSay } from '../../messages/for-programs.ts'
import { Problem } from '../../parts/forms.tsx'
import { Ago } from '../../parts/when.tsx'
import { linkTo } from '../../router.ts'

export function LaunchList({ program }: { program: Program }) {
  const { programs: say } = useSay()
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{say.launchedOn(program.devices, program.launches)}</summary>
      {isOpen && <Launches program={program} />}
    </details>
  )
}

function Launches({ program }: { program: Program }) {
  const { programs: say } = useSay()
  const { items, error, hasMore, readMore } = useLaunches(program)
  return (
    <>
      <Problem error={error} />
      <ul class="launches" aria-busy={items === undefined && error === undefined}>
        {items?.map((launch) => (
          <li key={launch.launchId}>
            <a href={linkTo(['devices', launch.device])}>{launch.device}</a>
            <span class="sub">
              <LaunchInWords launch={launch} />
            </span>
          </li>
        ))}
      </ul>
      {hasMore && (
        <button type="button" class="quiet" onClick={readMore}>
          {say.more}
        </button>
      )}
    </>
  )
}

function LaunchInWords({ launch: { launchedAt, lastRun } }: { launch: ProgramLaunch }) {
  const { programs: say } = useSay()
  if (launchedAt === null) return say.notTaken
  if (lastRun === null)
    return (
      <>
        <Ago at={launchedAt} wrap={say.since} />, {say.noRun}
      </>
    )
  return (
    <>
      <Ago at={lastRun.at} wrap={say.ran} /> {say.outcomes[lastRun.outcome]}
      {lastRun.outcome === 'failed' && lastRun.reason !== null && `: ${lastRun.reason}`}
    </>
  )
}
