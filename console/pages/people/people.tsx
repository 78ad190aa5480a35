/** The users of an account: who they are, what they may, and how they sign in; each is changed or removed by those who may. */
import type { Account, Invitation, User } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { allOf } from '../../live/all-of.ts'
import { usePeopleWords } from '../../messages/people.ts'
import { BeforeHarm } from '../../parts/before-harm.tsx'
import { Problem, Select, useAction } from '../../parts/forms.tsx'
import { Ago } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { go, linkTo, type PageProps } from '../../router.ts'
import { type SignedIn, useMay, useSignedIn } from '../../session.ts'
import { ChangePerson } from './change-person.tsx'
import { Invitations } from './invitations.tsx'

export function People({ place }: PageProps) {
  const say = useSay()
  const words = usePeopleWords()
  const me = useSignedIn()
  const mayManage = useMay('users:write')
  if (!me) return null
  if (!mayManage) return <p class="page narrow">{say.problems.codes.forbidden}</p>
  const { account, isRelayAdmin } = me.user
  const chosen = (isRelayAdmin && place.query.get('account')) || account
  return (
    <div class="page narrow">
      <h1>{words.title}</h1>
      <p class="sub">{words.means}</p>
      {isRelayAdmin && <ChooseAccount chosen={chosen} />}
      <Members key={chosen} account={chosen} me={me} />
    </div>
  )
}

/** For who acts as the admin key does. */
function ChooseAccount({ chosen }: { chosen: string }) {
  const words = usePeopleWords()
  const [accounts, setAccounts] = useState<readonly Account[]>([])
  const read = useAction(async () => setAccounts(await allOf(relay.accounts.list)))
  useEffect(() => read.run(), [])
  const known = accounts.some(({ id }) => id === chosen) ? accounts : [...accounts, { id: chosen, name: null }]
  return (
    <>
      <Problem error={read.error} retry={() => read.run()} />
      {known.length > 1 && (
        <Select
          label={words.account}
          value={chosen}
          choices={known.map(({ id, name }) => ({ value: id, label: name === null ? id : `${name} (${id})` }))}
          changed={(account) => go(linkTo(['people'], { account }))}
        />
      )}
    </>
  )
}

function Members({ account, me }: { account: string; me: SignedIn }) {
  const say = useSay()
  const words = usePeopleWords()
  const [users, setUsers] = useState<readonly User[]>()
  const [invitations, setInvitations] = useState<readonly Invitation[]>([])
  const [toChange, setToChange] = useState<User>()
  const [toRemove, setToRemove] = useState<User>()
  const read = useAction(async () => {
    const [people, open] = await Promise.all([
      allOf((query) => relay.users.list({ ...query, account })),
      allOf((query) => relay.invitations.list({ ...query, account })),
    ])
    setUsers(people.sort((one, other) => one.name.localeCompare(other.name)))
    setInvitations(open)
  })
  useEffect(() => {
    read.run()
    // Nothing tells of somebody who comes by an invitation; whoever looks again sees them.
    const again = () => document.hidden || read.run()
    document.addEventListener('visibilitychange', again)
    return () => document.removeEventListener('visibilitychange', again)
  }, [])
  const owners = users?.filter(({ role }) => role === 'owner').length
  const isOnlyOwner = ({ role }: User) => role === 'owner' && owners === 1
  const isManaged = ({ role, isRelayAdmin }: User) =>
    me.manages.includes(role) && (!isRelayAdmin || me.user.isRelayAdmin)
  return (
    <>
      <Problem error={read.error} retry={() => read.run()} />
      {users === undefined && read.error === undefined && (
        <p class="sub" aria-busy="true">
          {words.loading}
        </p>
      )}
      <ul class="key-list">
        {users?.map((user) => (
          <PersonRow
            key={user.userId}
            user={user}
            isMe={user.userId === me.user.userId}
            isOnlyOwner={isOnlyOwner(user)}
            isManaged={isManaged(user)}
            change={() => setToChange(user)}
            remove={() => setToRemove(user)}
          />
        ))}
      </ul>
      {users?.some(({ role }) => !me.manages.includes(role)) && (
        <p class="sub">{words.notManaged(me.manages.map((role) => say.you.roles[role]).join(', '))}</p>
      )}
      {users && users.length < 2 && invitations.length === 0 && (
        <div class="notice">
          <div>
            <strong>{users.length === 0 ? words.nobody : words.alone}</strong> {words.aloneMeans}
          </div>
        </div>
      )}
      <Invitations account={account} invitations={invitations} roles={me.manages} changed={() => read.run()} />
      {toChange && (
        <ChangePerson
          user={toChange}
          roles={isOnlyOwner(toChange) ? ['owner'] : me.manages}
          isMe={toChange.userId === me.user.userId}
          changed={() => read.run()}
          close={() => setToChange(undefined)}
        />
      )}
      {toRemove && (
        <BeforeHarm
          title={words.removeTitle(toRemove.name)}
          verb={words.removeVerb}
          act={() => relay.users.remove(toRemove.userId)}
          done={() => read.run()}
          close={() => setToRemove(undefined)}
        >
          <p>{words.removeMeans(toRemove.email)}</p>
          <p>{words.removeKeeps}</p>
          {toRemove.userId === me.user.userId && <p>{words.removeYou}</p>}
        </BeforeHarm>
      )}
    </>
  )
}

interface PersonRowProps {
  user: User
  isMe: boolean
  isOnlyOwner: boolean
  isManaged: boolean
  change(): void
  remove(): void
}

function PersonRow({ user, isMe, isOnlyOwner, isManaged, change, remove }: PersonRowProps) {
  const say = useSay()
  const words = usePeopleWords()
  const { name, email, role, isRelayAdmin, hasTotp, passkeys, hasOidc, lastSignedInAt } = user
  const ways = [
    hasTotp ? words.twoFactors : words.noSecondFactor,
    words.passkeys(passkeys),
    ...(hasOidc ? [words.oidc] : []),
  ]
  return (
    <li class="is-person">
      <div>
        <strong>{name}</strong> {isMe && <span class="tag">{words.you}</span>}
        <p class="sub">{email}</p>
        <p class="sub">
          <b>{say.you.roles[role]}</b>
          {isRelayAdmin && ` · ${say.you.relayAdmin}`} · {ways.join(' · ')}
        </p>
        <p class="sub">
          {lastSignedInAt === null ? words.neverSignedIn : <Ago at={lastSignedInAt} wrap={words.signedIn} />}
        </p>
        {isManaged && isOnlyOwner && <p class="hint">{words.onlyOwner}</p>}
        {!isManaged && isRelayAdmin && <p class="hint">{words.ofTheRelay}</p>}
      </div>
      {isManaged && (
        <div class="actions">
          <button type="button" class="quiet" onClick={change}>
            {words.change}
            <span class="hidden"> {name}</span>
          </button>
          {!isOnlyOwner && (
            <button type="button" class="quiet is-harm" onClick={remove}>
              {words.remove}
              <span class="hidden"> {name}</span>
            </button>
          )}
        </div>
      )}
    </li>
  )
}
