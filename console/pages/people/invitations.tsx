/** Who is invited: the form that makes a link, the link shown once, and those that are open. */
import type { CreatedInvitation, Invitation, Role } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { usePeopleWords } from '../../messages/people.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Field, Problem, Select, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { useDay } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { roleChoices } from './change-person.tsx'

interface InvitationsProps {
  account: string
  invitations: readonly Invitation[]
  /** Those that one may invite. */
  roles: readonly Role[]
  changed(): void
}

export function Invitations({ account, invitations, roles, changed }: InvitationsProps) {
  const say = useSay()
  const words = usePeopleWords()
  const day = useDay()
  const [isInviting, setInviting] = useState(false)
  const [made, setMade] = useState<CreatedInvitation>()
  const [toWithdraw, setToWithdraw] = useState<Invitation>()
  return (
    <section class="own" aria-label={words.open}>
      {isInviting && (
        <Invite
          account={account}
          roles={roles}
          close={() => setInviting(false)}
          made={(invitation) => {
            setInviting(false)
            setMade(invitation)
            changed()
          }}
        />
      )}
      {made && (
        <ShownOnce
          title={words.invited}
          means={words.invitedMeans(made.email)}
          secret={made.url}
          done={words.close}
          close={() => setMade(undefined)}
        />
      )}
      {!isInviting && !made && (
        <div class="actions">
          <button type="button" onClick={() => setInviting(true)}>
            {words.invite}
          </button>
        </div>
      )}
      {invitations.length > 0 && <h2>{words.open}</h2>}
      <ul class="key-list">
        {invitations.map((invitation) => (
          <li key={invitation.invitationId}>
            <div>
              <strong>{invitation.email}</strong>
              <p class="sub">
                <b>{say.you.roles[invitation.role]}</b> · {words.until(day(invitation.expiresAt))}
              </p>
            </div>
            {roles.includes(invitation.role) && (
              <button type="button" class="quiet is-harm" onClick={() => setToWithdraw(invitation)}>
                {words.withdraw}
                <span class="hidden"> {invitation.email}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {toWithdraw && (
        <BeforeHarm
          title={words.withdrawTitle(toWithdraw.email)}
          verb={words.withdrawVerb}
          act={() => relay.invitations.remove(toWithdraw.invitationId)}
          done={() => {
            // Its link, if it still stands there, opens nothing now.
            if (made?.invitationId === toWithdraw.invitationId) setMade(undefined)
            changed()
          }}
          close={() => setToWithdraw(undefined)}
        >
          {words.withdrawMeans}
        </BeforeHarm>
      )}
    </section>
  )
}

interface InviteProps extends Pick<InvitationsProps, 'account' | 'roles'> {
  made(invitation: CreatedInvitation): void
  close(): void
}

function Invite({ account, roles, made, close }: InviteProps) {
  const say = useSay()
  const words = usePeopleWords()
  const [email, setEmail] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const invite = useAction(async () => made(await relay.invitations.add({ email: email.trim(), role, account })))
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        invite.run()
      }}
    >
      <Field label={words.email} type="email" value={email} changed={setEmail} maxLength={254} required isFirst />
      <Select
        label={words.role}
        value={role}
        choices={roleChoices(roles, say, words)}
        changed={(value) => setRole(value as Role)}
      />
      <Problem error={invite.error} />
      <SubmitOrLeave verb={words.submit} disabled={invite.isBusy} leave={close} />
    </form>
  )
}
