/** Whether an account demands a second factor of everybody, for those who manage its users. */
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { relay } from '../relay.ts'
import { readSession, type SignedIn } from '../session.ts'

export function Demand({ user, requireSecondFactor }: Pick<SignedIn, 'user' | 'requireSecondFactor'>) {
  const say = useSay()
  const change = useAction(async () => {
    await relay.accounts.change(user.account, { requireSecondFactor: !requireSecondFactor })
    await readSession()
  })
  return (
    <section class="own" aria-labelledby="demand">
      <h2 id="demand">{say.demand.title}</h2>
      <p class="sub">{requireSecondFactor ? say.demand.isOn : say.demand.isOff}</p>
      {!requireSecondFactor && <p class="sub">{say.demand.means}</p>}
      <Problem error={change.error} />
      <div class="actions">
        <button type="button" class="quiet" disabled={change.isBusy} onClick={() => change.run()}>
          {requireSecondFactor ? say.demand.end : say.demand.begin}
        </button>
      </div>
    </section>
  )
}
