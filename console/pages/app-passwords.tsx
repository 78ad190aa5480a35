/** The passwords by which computers of whoever is signed in print: made, shown once, ended. */
import type { AppPassword, MadeAppPassword } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { usePrinterWords } from '../messages/for-printers.ts'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { OwnCodes } from '../parts/own-codes.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { relay } from '../relay.ts'

export function AppPasswords() {
  const say = usePrinterWords()
  const [items, setItems] = useState<readonly AppPassword[]>()
  const [made, setMade] = useState<MadeAppPassword>()
  const [isMaking, setMaking] = useState(false)
  const read = useAction(async () => setItems((await relay.appPasswords.list()).items))
  useEffect(() => read.run(), [])
  return (
    <OwnCodes
      id="app-passwords"
      title={say.passwords}
      means={say.passwordsMean}
      words={say}
      items={items?.map(({ appPasswordId, ...item }) => ({ ...item, id: appPasswordId }))}
      read={read}
      remove={relay.appPasswords.remove}
    >
      {made && (
        <ShownOnce
          title={say.shown}
          means={say.shownMeans}
          secret={made.password}
          done={say.kept}
          close={() => setMade(undefined)}
        />
      )}
      {isMaking ? (
        <Make
          made={(password) => {
            setMade(password)
            setMaking(false)
            read.run()
          }}
          close={() => setMaking(false)}
        />
      ) : (
        <div class="actions">
          <button type="button" class="quiet" onClick={() => setMaking(true)}>
            {say.make}
          </button>
        </div>
      )}
    </OwnCodes>
  )
}

function Make({ made, close }: { made(password: MadeAppPassword): void; close(): void }) {
  const say = usePrinterWords()
  const [name, setName] = useState('')
  const make = useAction(async () => made(await relay.appPasswords.add({ name: name.trim() })))
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        make.run()
      }}
    >
      <Field label={say.name} hint={say.nameHint} value={name} changed={setName} maxLength={128} required isFirst />
      <Problem error={make.error} />
      <SubmitOrLeave verb={say.submit} disabled={make.isBusy || name.trim() === ''} leave={close} />
    </form>
  )
}
