/** The way out, and what went wrong on it; a question first where something would be lost by it. */
import type { ComponentType } from 'preact'
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { signOut } from '../session.ts'
import { Problem, useAction } from './forms.tsx'

export function SignOut() {
  const say = useSay()
  const [Question, setQuestion] = useState<ComponentType<{ close(): void }>>()
  const leave = useAction(async () => {
    const ask = await questionBefore().catch(() => undefined)
    if (ask) setQuestion(() => ask)
    else await signOut()
  })
  return (
    <>
      <Problem error={leave.error} />
      <div class="actions">
        <button type="button" class="quiet" disabled={leave.isBusy} onClick={() => leave.run()}>
          {say.you.signOut}
        </button>
      </div>
      {Question && <Question close={() => setQuestion(undefined)} />}
    </>
  )
}

/** @returns undefined: nothing waits in this browser */
async function questionBefore(): Promise<ComponentType<{ close(): void }> | undefined> {
  const { outbox } = await import('../offline/kept.ts')
  return outbox.get().length === 0 ? undefined : (await import('../pages/jobs/give-up-all.tsx')).GiveUpAll
}
