/** Single sign-on: the way in by the provider, why it came to nothing, and whether one is known there. */
import type { SignInWays } from '@fairlead/protocol/contract'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { hasCode, relay } from '../relay.ts'
import { go, linkTo, type PageProps } from '../router.ts'
import { readSession } from '../session.ts'
import { Door } from './door.tsx'

/** @returns undefined: there is none, or it is not known yet */
function useProvider(): string | undefined {
  const [ways, setWays] = useState<SignInWays>()
  const read = useAction(async () => setWays(await relay.session.ways()))
  useEffect(() => read.run(), [])
  return ways?.oidc?.name
}

export function ByProvider() {
  const say = useSay()
  const provider = useProvider()
  if (provider === undefined) return null
  return (
    <div class="actions">
      <a class="button quiet" href="/v1/session/oidc">
        {say.oidc.signIn(provider)}
      </a>
    </div>
  )
}

/** Where the relay sends whoever did not come in. */
export function OidcFailed({ param }: PageProps) {
  const say = useSay()
  const reasons: Readonly<Record<string, string>> = say.oidc.reasons
  return (
    <Door
      title={say.oidc.failed}
      means={reasons[param ?? ''] ?? say.oidc.reasons.mismatch}
      submit={() => go(linkTo(['devices']), 'replace')}
    >
      <div class="actions">
        <button type="submit">{say.oidc.goOn}</button>
      </div>
    </Door>
  )
}

export function Provider({ isLinked }: { isLinked: boolean }) {
  const say = useSay()
  const provider = useProvider()
  const link = useAction(async () => location.assign((await relay.session.linkOidc()).url))
  const unlink = useAction(async () => {
    await relay.session.unlinkOidc()
    await readSession()
  })
  if (provider === undefined) return null
  const does = isLinked ? unlink : link
  const refused = isLinked ? say.oidc.noOtherWay : say.oidc.otherAccount
  return (
    <section class="own" aria-labelledby="oidc">
      <h2 id="oidc">{say.oidc.title(provider)}</h2>
      <p class="sub">{isLinked ? say.oidc.isLinked : say.oidc.isNotLinked}</p>
      <Problem error={does.error} words={hasCode(does.error, 'forbidden') ? refused : undefined} />
      <div class="actions">
        <button type="button" class="quiet" disabled={does.isBusy} onClick={() => does.run()}>
          {isLinked ? say.oidc.unlink : say.oidc.link}
        </button>
      </div>
    </section>
  )
}
