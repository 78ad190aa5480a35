/** The link in an invitation: a name and a password, and one is in. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'
import { readSession } from '../session.ts'
import { Door } from './door.tsx'
import { type Person, PersonFields, wordsFor } from './new-person.tsx'

export function Invitation({ param: token = '' }: PageProps) {
  const say = useSay()
  const [person, setPerson] = useState<Person>({ name: '', email: '', password: '' })
  const join = useAction(async () => {
    const { name, password } = person
    await relay.invitations.accept({ token, name, password })
    await readSession()
    go(linkTo(['devices']), 'replace')
  })
  return (
    <Door title={say.invitation.title} means={say.invitation.means} submit={join.run}>
      <PersonFields person={person} changed={setPerson} withEmail={false} />
      <Problem error={join.error} words={wordsFor(join.error, say.invitation.used, say)} />
      <div class="actions">
        <button type="submit" disabled={join.isBusy}>
          {say.invitation.submit}
        </button>
      </div>
    </Door>
  )
}
