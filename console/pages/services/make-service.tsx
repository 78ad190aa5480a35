/** The form for a new service: which devices, under which conditions, and where it is called. */
import type { CreatedSubscription, Device } from '@fairlead/protocol/contract'
import { RelayError } from '@fairlead/sdk'
import { useEffect, useState } from 'preact/hooks'
import { useSay } from '../../messages/for-services.ts'
import { Field, Problem, SubmitOrLeave, useAction } from '../../parts/forms.tsx'
import { explain, relay } from '../../relay.ts'
import { useSignedIn } from '../../session.ts'
import { ConditionFields, conditionsIn, emptyCondition, type TypedCondition } from './condition-fields.tsx'
import { conditionsInWords } from './words.ts'

/** While one types so many are offered. */
const mostOffered = 50
const typingMs = 200

export function MakeService({ made, close }: { made(service: CreatedSubscription): void; close(): void }) {
  const say = useSay()
  const { form } = say.services
  const account = useSignedIn()?.user.account
  const [name, setName] = useState('')
  const [isOfOne, setOfOne] = useState(false)
  const [device, setDevice] = useState('')
  const [typed, setTyped] = useState<readonly TypedCondition[]>([emptyCondition])
  const [url, setUrl] = useState('')
  const devices = useOffered(isOfOne ? device.trim() : '')
  const conditions = conditionsIn(typed)
  const make = useAction(async () => {
    if (!conditions || account === undefined) return
    const whose = isOfOne ? { device: device.trim() } : { account }
    made(await relay.subscriptions.add({ name: name.trim(), conditions, webhook: { url: url.trim() }, ...whose }))
  })
  const objects = [...new Set(devices.flatMap((one) => Object.keys(one.objects)))].sort()
  const isComplete = name.trim() !== '' && url.trim() !== '' && conditions && (!isOfOne || device.trim() !== '')
  return (
    <form
      class="made"
      onSubmit={(event) => {
        event.preventDefault()
        make.run()
      }}
    >
      <h2>{form.title}</h2>
      <Field label={form.name} value={name} changed={setName} hint={form.nameMeans} maxLength={128} required isFirst />
      <fieldset>
        <legend>{form.devices}</legend>
        <div class="segments">
          {[false, true].map((one) => (
            <button key={String(one)} type="button" aria-pressed={one === isOfOne} onClick={() => setOfOne(one)}>
              {one ? form.one : form.all}
            </button>
          ))}
        </div>
      </fieldset>
      {isOfOne && (
        <Field
          label={form.device}
          value={device}
          changed={setDevice}
          suggestions={devices.map(({ id }) => id)}
          maxLength={64}
          required
          isVerbatim
        />
      )}
      <ConditionFields typed={typed} changed={setTyped} objects={objects} />
      <Field label={form.url} value={url} changed={setUrl} hint={form.urlMeans} maxLength={2048} required isVerbatim />
      {conditions && (
        <p>
          {form.summary} {conditionsInWords(conditions, say)}
        </p>
      )}
      <Problem error={make.error} words={refusalInWords(make.error, say)} />
      <SubmitOrLeave verb={form.submit} disabled={make.isBusy || !isComplete} leave={close} />
    </form>
  )
}

/** The relay's own sentence says which address; the field that it names stands right above. */
function refusalInWords(error: unknown, say: ReturnType<typeof useSay>): string | undefined {
  if (!(error instanceof RelayError) || error.code !== 'invalid-request') return undefined
  const words = explain(error, say).replace(/^body\.[\w.]+: /, '')
  return words.includes('--webhook-networks') ? `${words} ${say.services.form.privateAddress}` : words
}

/** Devices whose IDs and objects complete what is typed. */
function useOffered(words: string): readonly Device[] {
  const [devices, setDevices] = useState<readonly Device[]>([])
  useEffect(() => {
    let isCurrent = true
    const read = async () => {
      const { items } = await relay.devices.list({ limit: mostOffered, ...(words !== '' && { q: words }) })
      if (isCurrent) setDevices(items)
    }
    // Without them one types the names by hand.
    const waiting = setTimeout(() => void read().catch(() => {}), typingMs)
    return () => {
      isCurrent = false
      clearTimeout(waiting)
    }
  }, [words])
  return devices
}
