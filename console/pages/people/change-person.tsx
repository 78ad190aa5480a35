/** Another name or role for a user, and what comes with that. */
import type { Role, User } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { type Messages, useSay } from '../../language.ts'
import { type PeopleWords, usePeopleWords } from '../../messages/people.ts'
import { Dialog } from '../../parts/dialog.tsx'
import { Field, Problem, Select, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { relay } from '../../relay.ts'
import { readSession } from '../../session.ts'
import { LetInAgain } from './let-in-again.tsx'

interface ChangePersonProps {
  user: User
  /** Those that they may be given. */
  roles: readonly Role[]
  isMe: boolean
  changed(): void
  close(): void
}

export function ChangePerson({ user, roles, isMe, changed, close }: ChangePersonProps) {
  const say = useSay()
  const words = usePeopleWords()
  const [name, setName] = useState(user.name)
  const [role, setRole] = useState<Role>(user.role)
  const save = useAction(async () => {
    await relay.users.change(user.userId, {
      ...(name.trim() !== user.name && { name: name.trim() }),
      ...(role !== user.role && { role }),
    })
    if (isMe) await readSession()
    changed()
    close()
  })
  const isSame = name.trim() === user.name && role === user.role
  return (
    <Dialog title={words.changeTitle(user.name)} close={close}>
      <form
        class="naming"
        onSubmit={(event) => {
          event.preventDefault()
          save.run()
        }}
      >
        <Field label={words.name} value={name} changed={setName} maxLength={128} required />
        {roles.length > 1 ? (
          <Select
            label={words.role}
            value={role}
            choices={roleChoices(roles, say, words)}
            changed={(value) => setRole(value as Role)}
          />
        ) : (
          <p class="hint">{words.onlyOwner}</p>
        )}
        {role !== user.role && <p class="hint">{words.roleChanges(user.name)}</p>}
        {role !== 'owner' && user.isRelayAdmin && <p class="hint">{words.relayEnds}</p>}
        <Problem error={save.error} />
        <SubmitOrLeave verb={words.save} disabled={save.isBusy || isSame || name.trim() === ''} leave={close} />
      </form>
      {!isMe && <LetInAgain user={user} />}
    </Dialog>
  )
}

export function roleChoices(roles: readonly Role[], say: Messages, words: PeopleWords) {
  return roles.map((value) => ({ value, label: `${say.you.roles[value]}: ${words.roleMeans[value]}` }))
}
