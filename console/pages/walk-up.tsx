/** Somebody has read the code on the panel of a printer with their telephone (H1): which one it is, and whether they are there. */
import type { WalkUpAtDevice } from '@fairlead/protocol/contract'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useWalkUpWords } from '../messages/for-walk-ups.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { hasCode, relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'

/** The next code is another question. */
export function WalkUp({ param: token = '' }: PageProps) {
  return <Asked key={token} token={token} />
}

function Asked({ token }: { token: string }) {
  const say = useWalkUpWords()
  const [printer, setPrinter] = useState<WalkUpAtDevice>()
  const [isKnown, setKnown] = useState(false)
  const look = useAction(async () => setPrinter(await relay.walkUps.look(token)))
  const confirm = useAction(async () => {
    await relay.walkUps.confirm(token)
    setKnown(true)
  })
  useEffect(() => look.run(), [])
  if (isKnown && printer) return <Known printer={printer} />
  if (hasCode(look.error ?? confirm.error, 'no-match')) return <Over />
  return (
    <form
      class="page narrow with-main-action"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.run()
      }}
    >
      <h1>{say.title}</h1>
      <Problem error={look.error} retry={() => look.run()} />
      {!printer && look.error === undefined && (
        <p class="sub" aria-busy="true">
          {say.loading}
        </p>
      )}
      {printer && (
        <>
          <Which printer={printer} />
          <p>{say.means}</p>
          <p class="sub">{say.onlyThere}</p>
          <Problem error={confirm.error} />
          <div class="actions main-action">
            <button type="submit" disabled={confirm.isBusy}>
              {say.yes}
            </button>
            <button type="button" class="quiet" onClick={() => go(linkTo(['devices']), 'replace')}>
              {say.no}
            </button>
          </div>
        </>
      )}
    </form>
  )
}

function Which({ printer: { device, name, location, model } }: { printer: WalkUpAtDevice }) {
  return (
    <div class="at-printer">
      <Icon name="devices" />
      <div>
        <strong>{name ?? device}</strong>
        <p class="sub">{[location, model, name === null ? null : device].filter(Boolean).join(' · ')}</p>
      </div>
    </div>
  )
}

function Known({ printer }: { printer: WalkUpAtDevice }) {
  const say = useWalkUpWords()
  const heading = useRef<HTMLHeadingElement>(null)
  // The button that had the focus is gone.
  useEffect(() => heading.current?.focus(), [])
  return (
    <div class="page narrow" role="status">
      <h1 tabIndex={-1} ref={heading}>
        {say.known}
      </h1>
      <Which printer={printer} />
      <p>{say.knownMeans}</p>
      <ToJobs />
    </div>
  )
}

function Over() {
  const say = useWalkUpWords()
  return (
    <div class="page narrow" role="status">
      <h1>{say.over}</h1>
      <p>{say.overMeans}</p>
      <ToJobs />
    </div>
  )
}

function ToJobs() {
  const say = useWalkUpWords()
  return (
    <p class="links">
      <a href={linkTo(['jobs'])}>{say.toJobs}</a>
    </p>
  )
}
