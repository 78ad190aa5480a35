/** After the code has matched: what is left to do at the device, each step ticking itself off; then its name and place. */
import type { Claim } from '@fairlead/protocol/contract'
import { useCallback, useEffect, useState } from 'preact/hooks'
import { useSay } from '../language.ts'
import { ask } from '../live/asked.ts'
import { useDevice } from '../live/known-devices.ts'
import { useEvents } from '../live/stream.ts'
import { Field, Problem, useAction } from '../parts/forms.tsx'
import { Step } from '../parts/step.tsx'
import { hasCode, relay } from '../relay.ts'
import { linkTo, type PageProps } from '../router.ts'
import { ClaimByPage } from './claim-by-page.tsx'
import { textOf } from './fleet.tsx'

const oneDaySeconds = 86_400

export function ClaimSteps({ param: claimId = '' }: PageProps) {
  const say = useSay()
  const [claim, setClaim] = useState<Claim>()
  const [error, setError] = useState<unknown>()
  const read = useCallback(async () => {
    try {
      setClaim(await relay.claims.find(claimId))
      setError(undefined)
    } catch (thrown) {
      setError(thrown)
    }
  }, [claimId])
  useEffect(() => void read(), [read])
  useEvents(({ type, data }) => {
    const isOfIt = type === 'claim.changed' && data['claimId'] === claimId
    // What it can is known when it has come.
    const hasCome = type === 'device.online' && data['device'] === claim?.device
    if (type === 'reset' || isOfIt || hasCome) void read()
  })
  const changed = (next: Claim | undefined) => (next ? setClaim(next) : void read())
  if (claim) return <Steps claim={claim} changed={changed} />
  return (
    <div class="page narrow">
      <h1>{say.claim.title}</h1>
      <Problem
        error={error}
        words={hasCode(error, 'not-found') ? say.claim.unknown : undefined}
        retry={() => void read()}
      />
    </div>
  )
}

function Steps({ claim, changed }: { claim: Claim; changed(claim: Claim | undefined): void }) {
  const say = useSay()
  const known = useDevice(claim.device)
  const device = known?.is === 'there' ? known.device : undefined
  const isConnected = device?.state === 'online'
  const isConfirmed = claim.state === 'instructed'
  return (
    <div class="page narrow">
      <h1>{say.claim.yours(claim.device)}</h1>
      <p role="status">{isConfirmed ? say.claim.done : say.claim.almost}</p>
      <ol class="steps">
        <Step name={say.claim.steps.matched} isDone />
        <Step name={say.claim.steps.connected} isDone={isConnected} waits={say.claim.steps.connectedWaits} />
        <Step name={say.claim.steps.confirmed} isDone={isConfirmed} waits={say.claim.steps.confirmedWaits} />
      </ol>
      {!isConfirmed && claim.canPrintPage && <ClaimByPage claimId={claim.claimId} changed={changed} />}
      {isConfirmed && device && <Naming key={device.id} id={device.id} device={device} />}
      <p class="links">
        <a href={linkTo(['devices', claim.device])}>{say.claim.open}</a>
        <a href={linkTo(['claim'])}>{say.claim.another}</a>
      </p>
    </div>
  )
}

function Naming({ id, device }: { id: string; device: Parameters<typeof textOf>[0] }) {
  const say = useSay()
  const [name, setName] = useState(textOf(device, 'name') ?? '')
  const [place, setPlace] = useState(textOf(device, 'location') ?? '')
  const [outcome, setOutcome] = useState<'answered' | 'pending'>()
  const save = useAction(async () => {
    setOutcome(undefined)
    const asked = await ask(id, { set: { name, location: place }, deliverWithinSeconds: oneDaySeconds })
    if (asked.outcome !== 'answered' && asked.outcome !== 'pending') throw asked.error
    setOutcome(asked.outcome)
  })
  return (
    <form
      class="naming"
      onSubmit={(event) => {
        event.preventDefault()
        save.run()
      }}
    >
      <h2>{say.claim.naming}</h2>
      <Field label={say.claim.name} value={name} changed={setName} maxLength={255} required />
      <Field label={say.claim.place} value={place} changed={setPlace} maxLength={255} />
      <Problem error={save.error} />
      <div class="actions">
        <button type="submit" disabled={save.isBusy}>
          {save.isBusy ? say.device.saving : say.claim.save}
        </button>
        <span role="status">{outcome && (outcome === 'answered' ? say.claim.saved : say.claim.kept)}</span>
      </div>
    </form>
  )
}
