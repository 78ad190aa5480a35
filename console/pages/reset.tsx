/** The link for who has forgotten their password: a new one, and then the sign-in as ever. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { hasCode, relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'
import { readSession } from '../session.ts'
import { Door } from './door.tsx'
import { NewPasswordField } from './new-person.tsx'

export function Reset({ param: token = '' }: PageProps) {
  const say = useSay()
  const [password, setPassword] = useState('')
  const [isDone, setDone] = useState(false)
  const set = useAction(async () => {
    await relay.session.resetPassword({ token, password })
    // This browser may have been signed in as that user.
    await readSession()
    setDone(true)
  })
  // Nobody is to come back to a link that is used up.
  if (isDone)
    return (
      <Door title={say.reset.done} means={say.reset.doneMeans} submit={() => go(linkTo(['devices']), 'replace')}>
        <div class="actions">
          <button type="submit">{say.reset.signIn}</button>
        </div>
      </Door>
    )
  const words = hasCode(set.error, 'no-match')
    ? say.reset.used
    : hasCode(set.error, 'invalid-request')
      ? say.person.passwordWeak
      : undefined
  return (
    <Door title={say.reset.title} means={say.reset.means} submit={set.run}>
      <NewPasswordField label={say.person.password} password={password} changed={setPassword} isFirst />
      <Problem error={set.error} words={words} />
      <div class="actions">
        <button type="submit" disabled={set.isBusy}>
          {say.reset.submit}
        </button>
      </div>
    </Door>
  )
}
