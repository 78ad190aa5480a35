/** The one-time link of a new relay: its first user. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'
import { readSession } from '../session.ts'
import { Door } from './door.tsx'
import { type Person, PersonFields, wordsFor } from './new-person.tsx'

export function SetUp({ param: token = '' }: PageProps) {
  const say = useSay()
  const [person, setPerson] = useState<Person>({ name: '', email: '', password: '' })
  const setUp = useAction(async () => {
    await relay.setUp.take({ token, ...person })
    await readSession()
    // Nobody is to come back to a link that is used up.
    go(linkTo(['devices']), 'replace')
  })
  return (
    <Door title={say.setUp.title} means={say.setUp.means} submit={setUp.run}>
      <PersonFields person={person} changed={setPerson} withEmail />
      <Problem error={setUp.error} words={wordsFor(setUp.error, say.setUp.used, say)} />
      <div class="actions">
        <button type="submit" disabled={setUp.isBusy}>
          {say.setUp.submit}
        </button>
      </div>
    </Door>
  )
}
