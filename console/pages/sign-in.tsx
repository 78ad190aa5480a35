/** The way in: e-mail and password, and the second factor when the relay asks for one. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Field, Problem, SubmitOrLeave, useAction } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { hasCode, relay } from '../relay.ts'
import { readSession } from '../session.ts'
import { hasPasskeys, notDone, showPasskey } from '../web-authn.ts'
import { Door } from './door.tsx'
import { ByProvider } from './oidc.tsx'

export function SignIn({ ended }: { ended: boolean }) {
  const say = useSay()
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [wantsCode, setWantsCode] = useState(false)
  const [code, setCode] = useState('')
  const signIn = useAction(async () => {
    try {
      await relay.session.begin({ email, password, ...(wantsCode && { totp: code.replaceAll(/\s/g, '') }) })
      await readSession()
    } catch (error) {
      if (!hasCode(error, 'second-factor')) throw error
      // Asked for the first time it is no mistake of anybody's.
      if (wantsCode) throw error
      setWantsCode(true)
    }
  })

  const byPasskey = useAction(async () => {
    await relay.session.withPasskey(await showPasskey(await relay.session.beginWithPasskey()))
    await readSession()
  })

  function back(): void {
    signIn.forget()
    setWantsCode(false)
    setCode('')
    setPassword('')
  }

  const isWrong = hasCode(signIn.error, 'unauthorized') || hasCode(signIn.error, 'second-factor')
  const words = isWrong ? (wantsCode ? say.signIn.wrongCode : say.signIn.wrong) : undefined
  return (
    <Door
      title={wantsCode ? say.signIn.secondFactor : say.signIn.title}
      means={wantsCode ? say.signIn.secondFactorMeans : ended ? say.signIn.ended : undefined}
      submit={signIn.run}
    >
      {wantsCode ? (
        <Field
          key="code"
          label={say.signIn.code}
          value={code}
          changed={setCode}
          autocomplete="one-time-code"
          maxLength={64}
          isVerbatim
          required
          isFirst
        />
      ) : (
        <>
          <ByProvider />
          {hasPasskeys() && <ByPasskey run={byPasskey.run} isBusy={byPasskey.isBusy} error={byPasskey.error} />}
          <Field
            key="email"
            label={say.signIn.email}
            type="email"
            value={email}
            changed={setEmail}
            autocomplete="username"
            required
            isFirst
          />
          <Field
            key="password"
            label={say.signIn.password}
            type="password"
            value={password}
            changed={setPassword}
            autocomplete="current-password"
            required
          />
        </>
      )}
      <Problem error={signIn.error} words={words} />
      <SubmitOrLeave
        verb={say.signIn.submit}
        disabled={signIn.isBusy}
        leave={wantsCode ? back : undefined}
        leaveVerb={say.signIn.back}
      />
      {!wantsCode && <p class="sub">{say.reset.forgot}</p>}
    </Door>
  )
}

/** First, because it is the safest and the least to type. */
function ByPasskey({ run, isBusy, error }: { run(): void; isBusy: boolean; error: unknown }) {
  const say = useSay()
  const words = notDone(error)
    ? say.passkeys.notDone
    : hasCode(error, 'unauthorized')
      ? say.passkeys.unknown
      : undefined
  return (
    <>
      <div class="actions">
        <button type="button" class="quiet" disabled={isBusy} onClick={() => run()}>
          <Icon name="keys" />
          {say.passkeys.signIn}
        </button>
      </div>
      <Problem error={error} words={words} />
      <p class="or sub">{say.passkeys.or}</p>
    </>
  )
}
