/** By what printers know whoever is signed in (H1): a PIN, shown once, or a badge; made, listed, removed. */
import type { ReleaseCode } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useWalkUpWords } from '../messages/for-walk-ups.ts'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { OwnCodes } from '../parts/own-codes.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { hasCode, relay } from '../relay.ts'

export function ReleaseCodes() {
  const say = useWalkUpWords()
  const [items, setItems] = useState<readonly ReleaseCode[]>()
  const [pin, setPin] = useState<string>()
  const [isAdding, setAdding] = useState(false)
  const read = useAction(async () => setItems((await relay.releaseCodes.list()).items))
  const makePin = useAction(async () => {
    setPin((await relay.releaseCodes.make({ kind: 'pin' })).pin)
    read.run()
  })
  useEffect(() => read.run(), [])
  return (
    <OwnCodes
      id="release-codes"
      title={say.codes}
      means={say.codesMean}
      words={say}
      items={items?.map(({ releaseCodeId, kind, name, lastUsedAt }) => {
        const isNamed = name.toLowerCase() !== kind
        const shown = isNamed ? { name, kind: say.kinds[kind] } : { name: say.kinds[kind] }
        return { ...shown, id: releaseCodeId, lastUsedAt }
      })}
      read={read}
      remove={relay.releaseCodes.remove}
    >
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
    </OwnCodes>
  )
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
