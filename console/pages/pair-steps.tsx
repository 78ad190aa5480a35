/** After the PIN has matched (C4 to C6): what is left to do at the device, until it has connected. */
import type { Pairing } from '@fairlead/protocol/contract'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { useEvents } from '../live/stream.ts'
import { Problem } from '../parts/forms.tsx'
import { Step } from '../parts/step.tsx'
import { hasCode, relay } from '../relay.ts'
import { linkTo, type PageProps } from '../router.ts'

export function PairSteps({ param: pairingId = '' }: PageProps) {
  const say = useSay()
  const [pairing, setPairing] = useState<Pairing>()
  const [error, setError] = useState<unknown>()
  const read = useCallback(async () => {
    try {
      setPairing(await relay.pairings.find(pairingId))
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [pairingId])
  useEffect(() => void read(), [read])
  useEvents(({ type, data }) => {
    if (type === 'reset' || (type === 'pairing.changed' && data['pairingId'] === pairingId)) void read()
  })
  // That it is too old nobody tells.
  const expiresAt = pairing?.expiresAt
  useEffect(() => {
    if (expiresAt === undefined) return
    const timer = setTimeout(() => void read(), Math.max(1000, Date.parse(expiresAt) - Date.now() + 1000))
    return () => clearTimeout(timer)
  }, [expiresAt, read])

  return (
    <div class="page narrow">
      <h1>{say.pair.title}</h1>
      {pairing && <Steps pairing={pairing} />}
      <Problem
        error={error}
        words={hasCode(error, 'not-found') ? say.pair.unknown : undefined}
        retry={() => void read()}
      />
    </div>
  )
}

function Steps({ pairing: { state, sendingRequest, doubts = [], device = '' } }: { pairing: Pairing }) {
  const say = useSay()
  if (state === 'expired')
    return (
      <>
        <p role="status">{say.pair.expired}</p>
        <p class="links">
          <a href={linkTo(['pair'])}>{say.pair.again}</a>
        </p>
      </>
    )
  const isPressNeeded = state === 'press-needed'
  const isConnected = state === 'connected'
  return (
    <>
      <p role="status">
        {isConnected ? say.pair.connected(device) : isPressNeeded ? say.pair.pressFirst : say.pair.almost}
      </p>
      <ol class="steps">
        <Step name={say.pair.steps.matched} isDone />
        {doubts.length > 0 && (
          <Step
            name={say.pair.steps.pressed}
            isDone={!isPressNeeded}
            waits={[...doubts.map((doubt) => say.pair.doubts[doubt]), say.pair.steps.pressedWaits].join(' ')}
          />
        )}
        <Step
          name={say.pair.steps.connected}
          isDone={isConnected}
          waits={isPressNeeded ? say.pair.steps.afterThat : say.pair.steps.connectedWaits}
        />
      </ol>
      {sendingRequest && (
        <p class="actions">
          <a class="button" href={sendingRequest.url} target="_blank" rel="noopener noreferrer">
            {say.pair.goThere}
          </a>
        </p>
      )}
      {isConnected && (
        <p class="links">
          <a href={linkTo(['devices', device])}>{say.claim.open}</a>
          <a href={linkTo(['pair'])}>{say.pair.another}</a>
        </p>
      )}
    </>
  )
}
