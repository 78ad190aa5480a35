/** The passkeys of whoever is signed in: a finger or a PIN instead of password and code. */
import type { Passkey } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { BeforeHarm } from '../parts/before-harm.tsx'
import { Field, Problem, useAction } from '../parts/forms.tsx'
import { Ago, useDay } from '../parts/when.tsx'
import { relay } from '../relay.ts'
import { readSession } from '../session.ts'
import { hasPasskeys, makePasskey, notDone } from '../web-authn.ts'

export function Passkeys() {
  const say = useSay()
  const [passkeys, setPasskeys] = useState<readonly Passkey[]>()
  const [name, setName] = useState('')
  const [toRemove, setToRemove] = useState<Passkey>()
  const read = useAction(async () => setPasskeys((await relay.session.passkeys()).items))
  const add = useAction(async () => {
    await relay.session.addPasskey(await makePasskey(await relay.session.beginPasskey(), name.trim()))
    setName('')
    read.run()
    await readSession()
  })
  useEffect(() => read.run(), [])
  return (
    <section class="own" aria-labelledby="passkeys">
      <h2 id="passkeys">{say.passkeys.title}</h2>
      <p class="sub">{say.passkeys.means}</p>
      <Problem error={read.error} retry={() => read.run()} />
      <ul class="key-list">
        {passkeys?.map((passkey) => (
          <PasskeyRow key={passkey.passkeyId} passkey={passkey} remove={() => setToRemove(passkey)} />
        ))}
      </ul>
      {hasPasskeys() && (
        <form
          class="naming"
          onSubmit={(event) => {
            event.preventDefault()
            add.run()
          }}
        >
          <Field
            label={say.passkeys.name}
            value={name}
            changed={setName}
            maxLength={128}
            hint={say.passkeys.nameMeans}
            required
          />
          <Problem error={add.error} words={notDone(add.error) ? say.passkeys.notDone : undefined} />
          <div class="actions">
            <button type="submit" class="quiet" disabled={add.isBusy}>
              {say.passkeys.add}
            </button>
          </div>
        </form>
      )}
      {toRemove && (
        <BeforeHarm
          title={say.passkeys.removeTitle(toRemove.name)}
          verb={say.passkeys.removeVerb}
          act={() => relay.session.removePasskey(toRemove.passkeyId)}
          done={() => {
            read.run()
            void readSession()
          }}
          close={() => setToRemove(undefined)}
        >
          {say.passkeys.removeMeans}
        </BeforeHarm>
      )}
    </section>
  )
}

function PasskeyRow({ passkey, remove }: { passkey: Passkey; remove(): void }) {
  const say = useSay()
  const day = useDay()
  return (
    <li>
      <div>
        <strong>{passkey.name}</strong>
        <p class="sub">
          {say.keys.created(day(passkey.createdAt))} ·{' '}
          {passkey.lastUsedAt === null ? say.keys.unused : <Ago at={passkey.lastUsedAt} wrap={say.keys.used} />}
        </p>
      </div>
      <button type="button" class="quiet is-harm" onClick={remove}>
        {say.passkeys.remove}
        <span class="hidden"> {passkey.name}</span>
      </button>
    </li>
  )
}
