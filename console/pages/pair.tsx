/** Pairing with a device on the same network (C2): the PIN that it shows, typed here. */
import { useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { Problem, useAction } from '../parts/forms.tsx'
import { NotAllowed } from '../parts/not-allowed.tsx'
import { PinField } from '../parts/pin-field.tsx'
import { hasCode, relay } from '../relay.ts'
import { go, linkTo } from '../router.ts'
import { useMay, useSignedIn } from '../session.ts'

export const pinLength = 8

export function Pair() {
  const say = useSay()
  const account = useSignedIn()?.user.account
  const mayPair = useMay('devices:write')
  const [pin, setPin] = useState('')
  const pair = useAction(async () => {
    if (pin.length !== pinLength || account === undefined) return
    const { pairingId } = await relay.pairings.add({ pin, account, ...(await relay.pairings.seen()) })
    // The PIN is used up: the way back leads past it.
    go(linkTo(['pairings', pairingId]), 'replace')
  })
  if (!mayPair) return <NotAllowed title={say.pair.title} />
  return (
    <form
      class="page narrow with-main-action"
      onSubmit={(event) => {
        event.preventDefault()
        pair.run()
      }}
    >
      <h1>{say.pair.title}</h1>
      <p>{say.pair.means}</p>
      <PinField label={say.pair.pin} value={pin} changed={setPin} hint={say.pair.sameNetwork} />
      <Problem error={pair.error} words={hasCode(pair.error, 'no-match') ? say.pair.noMatch : undefined} />
      <div class="actions main-action">
        <button type="submit" disabled={pin.length !== pinLength || pair.isBusy}>
          {say.pair.submit}
        </button>
      </div>
      <p class="links">
        <a href={linkTo(['claim'])}>{say.pair.byCode}</a>
      </p>
    </form>
  )
}
