/** "Prove that it is you": in front of whatever wanted it, by whichever way this user has. */
import type { Proof, SessionView } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Dialog } from '../parts/dialog.tsx'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { asking, whenProvedElsewhere } from '../prove.ts'
import { hasCode, relay } from '../relay.ts'
import { readSession, tellSession, useSignedIn } from '../session.ts'
import { useStore } from '../store.ts'
import { hasPasskeys, notDone, showPasskey } from '../web-authn.ts'

type User = SessionView['user']

export function ProveAgain() {
  const say = useSay()
  const asked = useStore(asking)
  const user = useSignedIn()?.user
  // Who is signed out meanwhile proves nothing any more: the call that waits ends as it was refused.
  useEffect(() => () => asking.get()?.done(false), [])
  if (!asked || !user) return null
  return (
    <Dialog title={say.again.title} close={() => asked.done(false)}>
      <p>{say.again.means}</p>
      <Ways user={user} proved={() => asked.done(true)} leave={() => asked.done(false)} />
    </Dialog>
  )
}

/** @param isFactor only what is a second factor counts */
export function Ways(props: { user: User; isFactor?: true; proved(): void; leave?: () => void }) {
  const { user, isFactor, proved, leave } = props
  const say = useSay()
  const hasPassword = user.hasPassword && !isFactor
  const [way, setWay] = useState<'password' | 'totp'>(hasPassword ? 'password' : 'totp')
  const prove = async (proof: Proof) => {
    tellSession(await relay.session.prove(proof))
    proved()
  }
  return (
    <>
      {user.passkeys > 0 && hasPasskeys() && <ByPasskey prove={prove} />}
      {user.hasOidc && !isFactor && <ByProvider proved={proved} />}
      {(hasPassword || user.hasTotp) && <ByTyping key={way} way={way} prove={prove} leave={leave} />}
      {hasPassword && user.hasTotp && (
        <button type="button" class="quiet" onClick={() => setWay(way === 'totp' ? 'password' : 'totp')}>
          {way === 'totp' ? say.again.byPassword : say.again.byCode}
        </button>
      )}
      {!hasPassword && !user.hasTotp && leave && <Leave leave={leave} />}
    </>
  )
}

function Leave({ leave }: { leave(): void }) {
  const say = useSay()
  return (
    <div class="actions">
      <button type="button" class="quiet" onClick={leave}>
        {say.again.cancel}
      </button>
    </div>
  )
}

interface TypingProps {
  way: 'password' | 'totp'
  prove(proof: Proof): Promise<void>
  leave: (() => void) | undefined
}

function ByTyping({ way, prove, leave }: TypingProps) {
  const say = useSay()
  const [typed, setTyped] = useState('')
  const isCode = way === 'totp'
  const send = useAction(() => prove(isCode ? { totp: typed.replaceAll(/\s/g, '') } : { password: typed }))
  const wrong = isCode ? say.signIn.wrongCode : say.again.wrongPassword
  return (
    <form
      class="naming"
      onSubmit={(event) => {
        event.preventDefault()
        send.run()
      }}
    >
      <Field
        label={isCode ? say.signIn.code : say.signIn.password}
        value={typed}
        changed={setTyped}
        type={isCode ? 'text' : 'password'}
        autocomplete={isCode ? 'one-time-code' : 'current-password'}
        maxLength={isCode ? 64 : 512}
        isVerbatim
        required
        isFirst
      />
      <Problem error={send.error} words={hasCode(send.error, 'forbidden') ? wrong : undefined} />
      <SubmitOrLeave verb={say.again.submit} disabled={send.isBusy} leave={leave} leaveVerb={say.again.cancel} />
    </form>
  )
}

function ByPasskey({ prove }: Pick<TypingProps, 'prove'>) {
  const say = useSay()
  const show = useAction(async () => {
    const { response } = await showPasskey(await relay.session.beginPasskeyProof())
    await prove({ passkey: response })
  })
  const words = notDone(show.error)
    ? say.passkeys.notDone
    : hasCode(show.error, 'forbidden')
      ? say.again.wrongPasskey
      : undefined
  return (
    <>
      <div class="actions">
        <button type="button" class="quiet" disabled={show.isBusy} onClick={() => show.run()}>
          <Icon name="keys" />
          {say.again.byPasskey}
        </button>
      </div>
      <Problem error={show.error} words={words} />
    </>
  )
}

/** Its address is asked for beforehand: browsers open a window only with the press itself. */
function ByProvider({ proved }: { proved(): void }) {
  const say = useSay()
  const [url, setUrl] = useState<string>()
  const begin = useAction(async () => setUrl((await relay.session.proveByOidc()).url))
  useEffect(() => begin.run(), [])
  useEffect(() => whenProvedElsewhere(() => void readSession().then(proved)), [])
  if (url === undefined) return <Problem error={begin.error} retry={() => begin.run()} />
  return (
    <div>
      <a class="button quiet" href={url} target="_blank" rel="noopener">
        {say.again.byProvider}
      </a>
      <p class="sub">{say.again.byProviderMeans}</p>
    </div>
  )
}
