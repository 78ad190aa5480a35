/** The form for a new key: what it is for, what it may do, until when. */
import type { CreatedKey, Scope } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Field, Problem, Select, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { relay } from '../relay.ts'
import { useSignedIn } from '../session.ts'

const dayMs = 24 * 3_600_000
type Days = '' | '30' | '90' | '365'
const choices: readonly Days[] = ['', '30', '90', '365']

export function MakeKey({ account, made, close }: { account: string; made(key: CreatedKey): void; close(): void }) {
  const say = useSay()
  const mine = useSignedIn()?.scopes ?? []
  // Nobody gives away what they have not got.
  const known = (Object.keys(say.keys.scopeNames) as Scope[]).filter((scope) => mine.includes(scope))
  const [name, setName] = useState('')
  const [scopes, setScopes] = useState<ReadonlySet<Scope>>(new Set(known))
  const [days, setDays] = useState<Days>('')
  const make = useAction(async () => {
    const expiresAt = days === '' ? {} : { expiresAt: new Date(Date.now() + Number(days) * dayMs).toISOString() }
    made(await relay.keys.add({ account, name: name.trim(), scopes: [...scopes], ...expiresAt }))
  })
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        make.run()
      }}
    >
      <Field label={say.keys.name} value={name} changed={setName} maxLength={128} required isFirst />
      <fieldset>
        <legend>{say.keys.scopes}</legend>
        {known.map((scope) => (
          <label key={scope} class="check">
            <input
              type="checkbox"
              checked={scopes.has(scope)}
              onChange={({ currentTarget }) => setScopes(withOrWithout(scopes, scope, currentTarget.checked))}
            />
            {say.keys.scopeNames[scope]}
            <code class="sub">{scope}</code>
          </label>
        ))}
      </fieldset>
      <Select
        label={say.keys.expires}
        value={days}
        choices={choices.map((value) => ({ value, label: say.keys.expiresChoices[value] }))}
        changed={(value) => setDays(value as Days)}
      />
      <Problem error={make.error} />
      <SubmitOrLeave verb={say.keys.submit} disabled={make.isBusy || scopes.size === 0} leave={close} />
    </form>
  )
}

function withOrWithout(scopes: ReadonlySet<Scope>, scope: Scope, isIn: boolean): ReadonlySet<Scope> {
  const next = new Set(scopes)
  if (isIn) next.add(scope)
  else next.delete(scope)
  return next
}
