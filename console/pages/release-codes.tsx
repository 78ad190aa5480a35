/** By what printers know whoever is signed in (H1): a PIN, shown once, or a badge; made, listed, removed. */
import type { ReleaseCode } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useWalkUpWords } from '../messages/for-walk-ups.ts'
import { BeforeHarm } from '../parts/before-harm.tsx'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { Ago } from '../parts/when.tsx'
import { hasCode, relay } from '../relay.ts'

export function ReleaseCodes() {
  const say = useWalkUpWords()
  const [items, setItems] = useState<readonly ReleaseCode[]>()
  const [pin, setPin] = useState<string>()
  const [isAdding, setAdding] = useState(false)
  const [ending, setEnding] = useState<ReleaseCode>()
  const read = useAction(async () => setItems((await relay.releaseCodes.list()).items))
  const makePin = useAction(async () => {
    setPin((await relay.releaseCodes.make({ kind: 'pin' })).pin)
    read.run()
  })
  useEffect(() => read.run(), [])
  return (
    <section class="own" aria-labelledby="release-codes">
      <h2 id="release-codes">{say.codes}</h2>
      <p class="sub">{say.codesMean}</p>
      <Problem error={read.error} retry={() => read.run()} />
      {items?.length === 0 && <p class="sub">{say.none}</p>}
      <ul class="key-list">
        {items?.map((item) => (
          <CodeRow key={item.releaseCodeId} code={item} end={() => setEnding(item)} />
        ))}
      </ul>
      {pin !== undefined && (
        <ShownOnce
          title={say.shown}
          means={say.shownMeans}
          secret={`${pin.slice(0, 4)} ${pin.slice(4)}`}
          done={say.kept}
          close={() => setPin(undefined)}
        />
      )}
      <Problem error={makePin.error} />
      {isAdding ? (
        <AddBadge
          added={() => {
            setAdding(false)
            read.run()
          }}
          close={() => setAdding(false)}
        />
      ) : (
        <div class="actions">
          <button type="button" class="quiet" disabled={makePin.isBusy} onClick={() => makePin.run()}>
            {say.makePin}
          </button>
          <button type="button" class="quiet" onClick={() => setAdding(true)}>
            {say.addBadge}
          </button>
        </div>
      )}
      {ending && (
        <BeforeHarm
          title={say.endTitle(ending.name)}
          verb={say.end}
          act={() => end(ending)}
          done={() => read.run()}
          close={() => setEnding(undefined)}
        >
          {say.endMeans}
        </BeforeHarm>
      )}
    </section>
  )
}

function CodeRow({ code: { kind, name, lastUsedAt }, end }: { code: ReleaseCode; end(): void }) {
  const say = useWalkUpWords()
  const isNamed = name.toLowerCase() !== kind
  return (
    <li>
      <div>
        <strong>{isNamed ? name : say.kinds[kind]}</strong>
        <p class="sub">
          {isNamed && `${say.kinds[kind]} · `}
          {lastUsedAt === null ? say.neverUsed : <Ago at={lastUsedAt} wrap={say.used} />}
        </p>
      </div>
      <button type="button" class="quiet is-harm" onClick={end}>
        {say.end}
        <span class="hidden"> {name}</span>
      </button>
    </li>
  )
}

/** That it has been removed meanwhile is what was wanted. */
async function end({ releaseCodeId }: ReleaseCode): Promise<void> {
  try {
    await relay.releaseCodes.remove(releaseCodeId)
  } catch (error) {
    if (!hasCode(error, 'not-found')) throw error
  }
}

function AddBadge({ added, close }: { added(): void; close(): void }) {
  const say = useWalkUpWords()
  const [badge, setBadge] = useState('')
  const [name, setName] = useState('')
  const add = useAction(async () => {
    const named = name.trim() === '' ? {} : { name: name.trim() }
    await relay.releaseCodes.make({ kind: 'badge', badge: badge.trim(), ...named })
    added()
  })
  const isTaken = hasCode(add.error, 'badge-taken')
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        add.run()
      }}
    >
      <Field label={say.badge} hint={say.badgeHint} value={badge} changed={setBadge} maxLength={64} required isFirst />
      <Field label={say.name} hint={say.nameHint} value={name} changed={setName} maxLength={128} />
      <Problem error={add.error} words={isTaken ? say.badgeTaken : undefined} />
      <SubmitOrLeave verb={say.submit} disabled={add.isBusy || badge.trim().length < 4} leave={close} />
    </form>
  )
}
