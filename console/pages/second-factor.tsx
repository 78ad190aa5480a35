/** The second factor of whoever is signed in: set up by an authenticator app, with codes for the day when that is lost. */
import type { NewTotp } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { CopyButton, Field, Problem, useAction } from '../parts/forms.tsx'
import { hasCode, relay } from '../relay.ts'
import { readSession } from '../session.ts'

export function SecondFactor({ isOn }: { isOn: boolean }) {
  const say = useSay()
  const [codes, setCodes] = useState<readonly string[]>()
  /** Not before: where one was led here for want of a factor, the codes would be gone with the page. */
  function close(): void {
    setCodes(undefined)
    void readSession()
  }
  return (
    <section class="own" aria-labelledby="second-factor">
      <h2 id="second-factor">{say.secondFactor.title}</h2>
      <p class="sub">{isOn || codes ? say.secondFactor.isOn : say.secondFactor.isOff}</p>
      {codes ? <RecoveryCodes codes={codes} close={close} /> : isOn ? <TurnOff /> : <TurnOn isDone={setCodes} />}
    </section>
  )
}

function TurnOn({ isDone }: { isDone(codes: readonly string[]): void }) {
  const say = useSay()
  const [begun, setBegun] = useState<NewTotp>()
  const [code, setCode] = useState('')
  const begin = useAction(async () => setBegun(await relay.session.beginTotp()))
  const confirm = useAction(async () => {
    isDone((await relay.session.confirmTotp(code.replaceAll(/\s/g, ''))).recoveryCodes)
  })
  if (!begun)
    return (
      <div class="actions">
        <button type="button" class="quiet" disabled={begin.isBusy} onClick={() => begin.run()}>
          {say.secondFactor.begin}
        </button>
        <Problem error={begin.error} />
      </div>
    )
  return (
    <form
      class="naming"
      onSubmit={(event) => {
        event.preventDefault()
        confirm.run()
      }}
    >
      <p>{say.secondFactor.typeIn}</p>
      <p>
        <code class="secret">{begun.secret}</code>
      </p>
      <p>
        <a href={begun.uri}>{say.secondFactor.openApp}</a>
      </p>
      <CodeField label={say.signIn.code} code={code} changed={setCode} />
      <Problem error={confirm.error} words={isWrongCode(confirm.error) ? say.signIn.wrongCode : undefined} />
      <div class="actions">
        <button type="submit" disabled={confirm.isBusy}>
          {say.secondFactor.confirm}
        </button>
      </div>
    </form>
  )
}

function TurnOff() {
  const say = useSay()
  const [code, setCode] = useState('')
  const end = useAction(async () => {
    await relay.session.endTotp(code.replaceAll(/\s/g, ''))
    await readSession()
  })
  return (
    <form
      class="naming"
      onSubmit={(event) => {
        event.preventDefault()
        end.run()
      }}
    >
      <CodeField label={say.secondFactor.codeToEnd} code={code} changed={setCode} />
      <Problem error={end.error} words={isWrongCode(end.error) ? say.signIn.wrongCode : undefined} />
      <div class="actions">
        <button type="submit" class="quiet is-harm" disabled={end.isBusy}>
          {say.secondFactor.end}
        </button>
      </div>
    </form>
  )
}

function CodeField({ label, code, changed }: { label: string; code: string; changed(code: string): void }) {
  return (
    <Field
      label={label}
      value={code}
      changed={changed}
      autocomplete="one-time-code"
      maxLength={64}
      isVerbatim
      required
    />
  )
}

function isWrongCode(error: unknown): boolean {
  return hasCode(error, 'forbidden') || hasCode(error, 'second-factor')
}

/** Shown this once. */
function RecoveryCodes({ codes, close }: { codes: readonly string[]; close(): void }) {
  const say = useSay()
  return (
    <div class="made" role="status">
      <p>{say.secondFactor.codesMean}</p>
      <code class="secret">{codes.join('\n')}</code>
      <div class="actions">
        <CopyButton text={codes.join('\n')} />
        <button type="button" class="quiet" onClick={close}>
          {say.keys.close}
        </button>
      </div>
    </div>
  )
}
