/** Name and password of somebody who comes for the first time. */
import { type Messages, useSay } from '../language.ts'
import { Field } from '../parts/forms.tsx'
import { hasCode } from '../relay.ts'

export interface Person {
  name: string
  email: string
  password: string
}

const shortestPassword = 12

export function PersonFields(props: { person: Person; changed(person: Person): void; withEmail: boolean }) {
  const { person, changed, withEmail } = props
  const say = useSay()
  return (
    <>
      <Field
        label={say.person.name}
        value={person.name}
        changed={(name) => changed({ ...person, name })}
        autocomplete="name"
        maxLength={128}
        required
        isFirst
      />
      {withEmail && (
        <Field
          label={say.person.email}
          type="email"
          value={person.email}
          changed={(email) => changed({ ...person, email })}
          autocomplete="username"
          maxLength={254}
          required
        />
      )}
      <NewPasswordField
        label={say.person.password}
        password={person.password}
        changed={(password) => changed({ ...person, password })}
      />
    </>
  )
}

export function NewPasswordField(props: {
  label: string
  password: string
  changed(password: string): void
  isFirst?: boolean
}) {
  const say = useSay()
  const missing = shortestPassword - [...props.password].length
  const isStarted = props.password !== '' && missing > 0
  return (
    <Field
      label={props.label}
      type="password"
      value={props.password}
      changed={props.changed}
      autocomplete="new-password"
      minLength={shortestPassword}
      maxLength={128}
      hint={isStarted ? say.person.passwordShort(missing) : say.person.passwordMeans}
      required
      isFirst={props.isFirst ?? false}
    />
  )
}

/** What the relay's refusal means here; undefined: what it means everywhere. @param used of a link that is not good any more */
export function wordsFor(error: unknown, used: string, say: Messages): string | undefined {
  if (hasCode(error, 'not-found') || hasCode(error, 'forbidden')) return used
  // The browser has seen to the rest of what the relay wants.
  return hasCode(error, 'invalid-request') ? say.person.passwordWeak : undefined
}
