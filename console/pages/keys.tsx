/** The keys of an account: what each is for, when it was used; a new one is shown once, and one is revoked by its name. */
import type { CreatedKey, Key } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { allOf } from '../live/all-of.ts'
import { BeforeHarm } from '../parts/before-harm.tsx'
import { Problem, useAction } from '../parts/forms.tsx'
import { ShownOnce } from '../parts/shown-once.tsx'
import { Ago, useDay } from '../parts/when.tsx'
import { relay } from '../relay.ts'
import { useMay, useSignedIn } from '../session.ts'
import { MakeKey } from './make-key.tsx'

export function Keys() {
  const say = useSay()
  const user = useSignedIn()?.user
  const mayMake = useMay('keys:write')
  const [keys, setKeys] = useState<readonly Key[]>()
  const [made, setMade] = useState<CreatedKey>()
  const [isMaking, setMaking] = useState(false)
  const [toRevoke, setToRevoke] = useState<Key>()
  const read = useAction(async () => setKeys(await allOf(relay.keys.list)))
  useEffect(() => {
    if (mayMake) read.run()
  }, [mayMake])
  if (!user) return null
  if (!mayMake) return <p class="page narrow">{say.problems.codes.forbidden}</p>
  return (
    <div class="page narrow">
      <div class="section-head">
        <h1>{say.keys.title}</h1>
        {!isMaking && !made && (
          <button type="button" onClick={() => setMaking(true)}>
            {say.keys.make}
          </button>
        )}
      </div>
      <p class="sub">{say.keys.means}</p>
      {isMaking && (
        <MakeKey
          account={user.account}
          close={() => setMaking(false)}
          made={(key) => {
            setMaking(false)
            setMade(key)
            read.run()
          }}
        />
      )}
      {made && (
        <ShownOnce
          title={say.keys.made}
          means={say.keys.madeMeans}
          secret={made.key}
          done={say.keys.close}
          close={() => setMade(undefined)}
        />
      )}
      <Problem error={read.error} retry={() => read.run()} />
      {keys?.length === 0 && !isMaking && !made && (
        <div class="empty">
          <h2>{say.keys.empty}</h2>
          <p>{say.keys.emptyMeans}</p>
        </div>
      )}
      <ul class="key-list">
        {keys?.map((key) => (
          <KeyRow key={key.keyId} entry={key} revoke={() => setToRevoke(key)} />
        ))}
      </ul>
      {toRevoke && (
        <BeforeHarm
          title={say.keys.revokeTitle(toRevoke.name ?? toRevoke.keyId)}
          verb={say.keys.revokeVerb}
          act={() => relay.keys.remove(toRevoke.keyId)}
          done={() => read.run()}
          close={() => setToRevoke(undefined)}
        >
          {say.keys.revokeMeans}
        </BeforeHarm>
      )}
    </div>
  )
}

function KeyRow({ entry, revoke }: { entry: Key; revoke(): void }) {
  const say = useSay()
  const day = useDay()
  const { name, keyId, scopes, createdAt, lastUsedAt, expiresAt } = entry
  const isAll = scopes.length === Object.keys(say.keys.scopeNames).length
  return (
    <li>
      <div>
        <strong>{name ?? say.keys.unnamed}</strong> <code class="sub">{keyId}</code>
        <p class="sub">{isAll ? say.keys.all : scopes.map((scope) => say.keys.scopeNames[scope]).join(', ')}</p>
        <p class="sub">
          {say.keys.created(day(createdAt))} ·{' '}
          {lastUsedAt === null ? say.keys.unused : <Ago at={lastUsedAt} wrap={say.keys.used} />}
          {expiresAt !== null &&
            ` · ${Date.parse(expiresAt) < Date.now() ? say.keys.expired : say.keys.until(day(expiresAt))}`}
        </p>
      </div>
      <button type="button" class="quiet is-harm" onClick={revoke}>
        {say.keys.revoke}
        <span class="hidden"> {name ?? keyId}</span>
      </button>
    </li>
  )
}
