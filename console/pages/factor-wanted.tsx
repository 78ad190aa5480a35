/** All that there is for who lacks the second factor that their account demands: to show it, or to set one up. */
import { useSay } from '../language.ts'
import { Languages } from '../parts/languages.tsx'
import { SignOut } from '../parts/sign-out.tsx'
import type { SignedIn } from '../session.ts'
import { Passkeys } from './passkeys.tsx'
import { Ways } from './prove-again.tsx'
import { SecondFactor } from './second-factor.tsx'

export function FactorWanted({ user, secondFactor }: SignedIn) {
  const say = useSay()
  const mayShow = secondFactor === 'show'
  return (
    <main class="door">
      <div class="door-body">
        <p class="brand">Fairlead</p>
        <h1>{mayShow ? say.again.show : say.factorWanted.title}</h1>
        <p class="means">{mayShow ? say.again.showMeans : say.factorWanted.means}</p>
        {mayShow ? (
          <>
            <Ways user={user} isFactor proved={() => {}} />
            <p class="sub">{say.again.lost}</p>
          </>
        ) : (
          <>
            <Passkeys />
            <SecondFactor isOn={false} />
          </>
        )}
        <SignOut />
      </div>
      <Languages />
    </main>
  )
}
