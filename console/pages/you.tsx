/** Who is signed in, the language, and the way out. */
import { useSay } from '../language.ts'
import { Languages } from '../parts/languages.tsx'
import { later } from '../parts/later.tsx'
import { SignOut } from '../parts/sign-out.tsx'
import { useMay, useSignedIn } from '../session.ts'
import { ChangePassword } from './change-password.tsx'
import { Demand } from './demand.tsx'
import { Provider } from './oidc.tsx'
import { OwnSessions } from './own-sessions.tsx'
import { Passkeys } from './passkeys.tsx'
import { SecondFactor } from './second-factor.tsx'

const AppPasswords = later(async () => (await import('./app-passwords.tsx')).AppPasswords, 'part')
const ReleaseCodes = later(async () => (await import('./release-codes.tsx')).ReleaseCodes, 'part')

export function You() {
  const say = useSay()
  const signedIn = useSignedIn()
  const manages = useMay('users:write')
  if (!signedIn) return null
  const { user } = signedIn
  return (
    <div class="page narrow">
      <h1>{say.you.title}</h1>
      <dl class="facts">
        <div>
          <dt>{say.claim.name}</dt>
          <dd>{user.name}</dd>
        </div>
        <div>
          <dt>{say.person.email}</dt>
          <dd>{user.email}</dd>
        </div>
        <div>
          <dt>{say.you.account}</dt>
          <dd>{user.account}</dd>
        </div>
        <div>
          <dt>{say.you.role}</dt>
          <dd>
            {say.you.roles[user.role]}
            {user.isRelayAdmin && ` · ${say.you.relayAdmin}`}
          </dd>
        </div>
      </dl>
      <section class="own" aria-labelledby="language">
        <h2 id="language">{say.language}</h2>
        <Languages />
      </section>
      {user.hasPassword && <ChangePassword />}
      <Passkeys />
      <SecondFactor isOn={user.hasTotp} />
      <Provider isLinked={user.hasOidc} />
      <AppPasswords />
      <ReleaseCodes />
      <OwnSessions />
      {manages && <Demand {...signedIn} />}
      <SignOut />
    </div>
  )
}
