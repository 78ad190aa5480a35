/** The way out, and what went wrong on it. */
import { useSay } from '../language.ts'
import { signOut } from '../session.ts'
import { Problem, useAction } from './forms.tsx'

export function SignOut() {
  const say = useSay()
  const leave = useAction(signOut)
  return (
    <>
      <Problem error={leave.error} />
      <div class="actions">
        <button type="button" class="quiet" disabled={leave.isBusy} onClick={() => leave.run()}>
          {say.you.signOut}
        </button>
      </div>
    </>
  )
}
