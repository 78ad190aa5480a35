/** Another password for who is signed in; the other sessions end, which is said before. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Field, Problem, useAction } from '../parts/forms.tsx'
import { hasCode, relay } from '../relay.ts'
import { NewPasswordField } from './new-person.tsx'

export function ChangePassword() {
  const say = useSay()
  const [old, setOld] = useState('')
  const [next, setNext] = useState('')
  const [isDone, setDone] = useState(false)
  const change = useAction(async () => {
    setDone(false)
    // Nobody types it twice: the old one is the proof that the change wants.
    await relay.session.prove({ password: old })
    await relay.session.changePassword({ old, new: next })
    setOld('')
    setNext('')
    setDone(true)
  })
  const words = hasCode(change.error, 'forbidden')
    ? say.password.wrong
    : hasCode(change.error, 'invalid-request')
      ? say.person.passwordWeak
      : undefined
  return (
    <section class="own" aria-labelledby="password">
      <h2 id="password">{say.password.title}</h2>
      <p class="sub">{say.password.means}</p>
      <form
        class="naming"
        onSubmit={(event) => {
          event.preventDefault()
          change.run()
        }}
      >
        <Field
          label={say.password.old}
          type="password"
          value={old}
          changed={setOld}
          autocomplete="current-password"
          maxLength={512}
          required
        />
        <NewPasswordField label={say.password.next} password={next} changed={setNext} />
        <Problem error={change.error} words={words} />
        {isDone && <p role="status">{say.password.done}</p>}
        <div class="actions">
          <button type="submit" class="quiet" disabled={change.isBusy}>
            {say.password.submit}
          </button>
        </div>
      </form>
    </section>
  )
}
