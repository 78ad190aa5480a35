/** One program: what it is and asks for, where it is launched, how its last run went, and what one can do with it. */
import type { Program as ProgramView } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../../messages/for-programs.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Ago } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { useMay, useSignedIn } from '../../session.ts'
import { LaunchList } from './launch-list.tsx'
import { Secret } from './secret.tsx'

interface ProgramProps {
  program: ProgramView
  changed(): void
}

export function Program({ program, changed }: ProgramProps) {
  const { programs: say } = useSay()
  const mayChange = useMay('devices:write')
  const mine = useSignedIn()?.user.account
  const { title, description, url, asks, tag, account } = program
  const id = `program-${account}-${program.program}`
  const all = account === mine ? say.allDevices : say.allOf(account)
  return (
    <article class="service" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <code>{program.program}</code>
      </header>
      {description !== null && <p>{description}</p>}
      <p class="sub">{tag === null ? all : say.tagged(all, tag)}</p>
      <p class="sub">{asks.length > 0 ? say.asks(asks) : say.asksNothing}</p>
      <p class="sub">
        {say.calledAt} <code>{url}</code>
      </p>
      <LastRun program={program} />
      {program.launches > 0 ? <LaunchList program={program} /> : <p class="sub">{say.nowhere}</p>}
      {mayChange && <Actions program={program} changed={changed} />}
    </article>
  )
}

function LastRun({ program: { lastRun } }: { program: ProgramView }) {
  const { programs: say } = useSay()
  if (lastRun === null) return null
  const { at, device, outcome, reason } = lastRun
  const isTrouble = outcome === 'failed' || outcome === 'unreachable'
  const words = (
    <>
      <Ago at={at} wrap={say.lastRun} /> {say.outcomes[outcome]}
      {say.on(device)}
    </>
  )
  if (!isTrouble) return <p class="sub">{words}</p>
  return (
    <div class="problem">
      <Icon name="warning" />
      <p>
        <b>{words}</b>
        <br />
        {reason}
        {outcome === 'unreachable' && ` ${say.unreachableMeans}`}
      </p>
    </div>
  )
}

function Actions({ program, changed }: ProgramProps) {
  const { programs: say } = useSay()
  const { account, title, devices } = program
  const [secret, setSecret] = useState<string>()
  const [isRemoving, setRemoving] = useState(false)
  const rotate = useAction(async () => {
    setSecret((await relay.programs.rotate(program.program, { account })).secret)
  })
  const ofIt = <span class="hidden"> {title}</span>
  return (
    <>
      <div class="actions">
        <button type="button" class="quiet" disabled={rotate.isBusy} onClick={() => rotate.run()}>
          {say.rotate}
          {ofIt}
        </button>
        <button type="button" class="quiet is-harm" onClick={() => setRemoving(true)}>
          {say.remove}
          {ofIt}
        </button>
      </div>
      <Problem error={rotate.error} />
      {secret !== undefined && <Secret secret={secret} isRotated close={() => setSecret(undefined)} />}
      {isRemoving && (
        <BeforeHarm
          title={say.removeTitle(title)}
          verb={say.removeVerb}
          act={() => relay.programs.remove(program.program, { account })}
          done={changed}
          close={() => setRemoving(false)}
        >
          {say.removeMeans(devices)}
        </BeforeHarm>
      )}
    </>
  )
}
