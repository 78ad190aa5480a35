/** People by role, keys and services of a device, and when each changed something of it last. */
import type { DeviceAccess, Right } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { useAccessWords } from '../../messages/access.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Ago, Since, useDay } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'
import { linkTo } from '../../router.ts'
import { useMay } from '../../session.ts'

export function AccessList({ device }: { device: string }) {
  const [access, setAccess] = useState<DeviceAccess>()
  const read = useAction(async () => setAccess(await relay.devices.access(device)))
  useEffect(() => read.run(), [])
  if (access) return <Shown access={access} />
  return read.error === undefined ? <p aria-busy="true" /> : <Problem error={read.error} retry={() => read.run()} />
}

function Shown({ access }: { access: DeviceAccess }) {
  const words = useAccessWords()
  const mayManage = useMay('users:write')
  const mayMakeKeys = useMay('keys:write')
  const { device, account, changesKnownSince, keys } = access
  return (
    <div class="access-body">
      <div>
        <h3>{words.people}</h3>
        <Roles roles={access.roles} />
        <p class="sub">{words.relayAdmins}</p>
      </div>
      <div>
        <h3>{words.keys}</h3>
        <p>{keys.count === 0 ? words.noKeys : words.keysCount(keys.count)}</p>
        <KeyList items={keys.items ?? []} />
      </div>
      <div>
        <h3>{words.services}</h3>
        <Mandate mandate={access.mandate} />
        <Services subscriptions={access.subscriptions} />
      </div>
      <p class="sub">
        {changesKnownSince === null ? words.nothingKnown : <Since at={changesKnownSince} wrap={words.known} />}{' '}
        {!mayManage && words.namesHidden}
      </p>
      <div class="links">
        {mayManage && <a href={linkTo(['people'], { account })}>{words.manage}</a>}
        {mayMakeKeys && <a href={linkTo(['keys'])}>{words.manageKeys}</a>}
        {mayMakeKeys && <a href={linkTo(['audit'], { device })}>{words.log}</a>}
      </div>
    </div>
  )
}

/** What a role comes to at a device: which rights it has is the relay's own table. */
function mayOf(rights: readonly Right[]): 'look' | 'change' | 'release' {
  if (rights.includes('devices:write')) return 'release'
  return rights.includes('requests:write') ? 'change' : 'look'
}

/** Never a guess: what no record knows is said to be not known. */
function LastChange({ at }: { at: string | null }) {
  const words = useAccessWords()
  return at === null ? words.noChange : <Ago at={at} wrap={words.changed} />
}

function Roles({ roles }: Pick<DeviceAccess, 'roles'>) {
  const say = useSay()
  const words = useAccessWords()
  return (
    <dl class="access-roles">
      {roles.map(({ role, rights, count, users = [] }) => (
        <div key={role}>
          <dt>
            <b>{say.you.roles[role]}</b> · {words.may[mayOf(rights)]}
          </dt>
          {users.length === 0 && <dd>{count === 0 ? words.nobody : words.count(count)}</dd>}
          {users.map(({ userId, name, email, isRelayAdmin, lastChangedAt }) => (
            <dd key={userId}>
              {name} <span class="sub">{[email, ...(isRelayAdmin ? [say.you.relayAdmin] : [])].join(' · ')}</span>
              <span class="sub">
                {' · '}
                <LastChange at={lastChangedAt} />
              </span>
            </dd>
          ))}
        </div>
      ))}
    </dl>
  )
}

function KeyList({ items }: { items: NonNullable<DeviceAccess['keys']['items']> }) {
  const say = useSay()
  const words = useAccessWords()
  const day = useDay()
  return (
    <ul class="access-list">
      {items.map(({ keyId, name, scopes, expiresAt, lastUsedAt, lastChangedAt }) => (
        <li key={keyId}>
          <b>{name ?? words.unnamed}</b> <code class="sub">{keyId}</code>
          <p class="sub">
            {scopes.map((scope) => say.keys.scopeNames[scope]).join(', ')}
            {expiresAt !== null && ` · ${say.keys.until(day(expiresAt))}`}
          </p>
          <p class="sub">
            <LastChange at={lastChangedAt} /> ·{' '}
            {lastUsedAt === null ? say.keys.unused : <Ago at={lastUsedAt} wrap={words.usedAnywhere} />}
          </p>
        </li>
      ))}
    </ul>
  )
}

function Mandate({ mandate }: Pick<DeviceAccess, 'mandate'>) {
  const words = useAccessWords()
  if (mandate === null) return <p>{words.mandate.none}</p>
  return (
    <p>
      <Ago at={mandate.sinceAt} wrap={words.mandate[mandate.kind]} />
    </p>
  )
}

function Services({ subscriptions }: Pick<DeviceAccess, 'subscriptions'>) {
  const words = useAccessWords()
  if (subscriptions.length === 0) return <p class="sub">{words.noServices}</p>
  return (
    <ul class="access-list">
      {subscriptions.map(({ subscriptionId, name, paused, ofAllDevices, lastOrderedAt }) => (
        <li key={subscriptionId}>
          <b>{name}</b>{' '}
          <span class="sub">
            {[...(ofAllDevices ? [words.forAll] : []), ...(paused ? [words.paused] : [])].join(' · ')}
          </span>
          <p class="sub">
            {lastOrderedAt === null ? words.nothingOrdered : <Ago at={lastOrderedAt} wrap={words.ordered} />}
          </p>
        </li>
      ))}
    </ul>
  )
}
