/** For a user who has forgotten the password, or lost the second factor, or whose browser somebody else may have. */
import type { User } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { usePeopleWords } from '../../messages/people.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { ShownOnce } from '../../parts/shown-once.tsx'
import { relay } from '../../relay.ts'

export function LetInAgain({ user }: { user: User }) {
  const words = usePeopleWords()
  const hasFactor = user.hasTotp || user.passkeys > 0
  const [isFactorLost, setFactorLost] = useState(false)
  const [link, setLink] = useState<string>()
  const [isOut, setOut] = useState(false)
  const make = useAction(async () => setLink((await relay.users.reset(user.userId, isFactorLost)).url))
  const signOut = useAction(async () => {
    await relay.users.endSessions(user.userId)
    setOut(true)
  })
  if (link !== undefined)
    return (
      <ShownOnce
        title={words.invited}
        means={words.resetMade(user.email)}
        secret={link}
        done={words.close}
        close={() => setLink(undefined)}
      />
    )
  return (
    <details class="folded">
      <summary>{words.letIn}</summary>
      <p class="sub">{words.resetMeans(user.name)}</p>
      {hasFactor && (
        <label class="check">
          <input
            type="checkbox"
            checked={isFactorLost}
            onChange={({ currentTarget }) => setFactorLost(currentTarget.checked)}
          />
          {words.factorLost}
        </label>
      )}
      <Problem error={make.error} />
      <div class="actions">
        <button type="button" class="quiet" disabled={make.isBusy} onClick={() => make.run()}>
          {words.makeReset}
        </button>
      </div>
      <p class="sub">{words.signOutMeans(user.name)}</p>
      <Problem error={signOut.error} />
      <div class="actions">
        <button type="button" class="quiet is-harm" disabled={signOut.isBusy || isOut} onClick={() => signOut.run()}>
          {words.signOut}
        </button>
      </div>
      <p role="status">{isOut && words.signedOut(user.name)}</p>
    </details>
  )
}
