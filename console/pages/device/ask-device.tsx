/** A request of one's own: read, change or command, and the same as a curl command for a program. */
import type { Device, Json, ServiceRequestInput } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { useSay } from '../../language.ts'
import { ask } from '../../live/asked.ts'
import { CopyButton, Field, Select, useAction } from '../../parts/forms.tsx'
import { curlFor } from './curl.ts'

const kinds = ['get', 'set', 'command'] as const
type Kind = (typeof kinds)[number]
type KeptFor = '0' | '3600' | '86400' | '604800'
const keptFor: readonly KeptFor[] = ['0', '3600', '86400', '604800']

interface Typed {
  kind: Kind
  objects: string
  object: string
  value: string
  isJson: boolean
  command: string
  arguments: string
  deliver: KeptFor
}

const nothingTyped: Typed = {
  ...{ kind: 'get', objects: '', object: '', value: '', isJson: false, command: '', arguments: '', deliver: '0' },
}

/** @throws {SyntaxError} what was to be JSON is none */
function readTyped(typed: Typed): ServiceRequestInput | undefined {
  const deliver = typed.deliver === '0' ? {} : { deliverWithinSeconds: Number(typed.deliver) }
  const objects = typed.objects.split(/[\s,]+/).filter(Boolean)
  if (typed.kind === 'get') return objects.length === 0 ? undefined : { get: objects, ...deliver }
  if (typed.kind === 'set') {
    const value: Json = typed.isJson ? JSON.parse(typed.value) : typed.value
    return typed.object.trim() === '' ? undefined : { set: { [typed.object.trim()]: value }, ...deliver }
  }
  const args = typed.arguments.trim() === '' ? {} : { arguments: JSON.parse(typed.arguments) }
  return typed.command.trim() === '' ? undefined : { command: typed.command.trim(), ...args, ...deliver }
}

function tryToRead(typed: Typed): { request: ServiceRequestInput | undefined; isBad: boolean } {
  try {
    return { request: readTyped(typed), isBad: false }
  } catch {
    return { request: undefined, isBad: true }
  }
}

export function AskDevice({ device }: { device: Device }) {
  const say = useSay()
  const [typed, setTyped] = useState(nothingTyped)
  const { kind } = typed
  const edit = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }))
  const { request, isBad } = tryToRead(typed)
  const send = useAction(async () => {
    // What becomes of it stands in the list of requests.
    if (request) await ask(device.id, request)
  })
  return (
    <section aria-labelledby="ask">
      <h2 id="ask">{say.request.title}</h2>
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault()
          send.run()
        }}
      >
        <fieldset class="segments">
          <legend class="hidden">{say.request.kind}</legend>
          {kinds.map((one) => (
            <button key={one} type="button" aria-pressed={one === kind} onClick={() => edit({ kind: one })}>
              {say.request.kinds[one]}
            </button>
          ))}
        </fieldset>
        <Inputs device={device} typed={typed} edit={edit} />
        <Select
          label={say.request.deliver}
          value={typed.deliver}
          choices={keptFor.map((value) => ({ value, label: say.request.deliverChoices[value] }))}
          changed={(value) => edit({ deliver: value as KeptFor })}
        />
        {isBad && (typed.value !== '' || typed.arguments !== '') && <p class="hint is-wrong">{say.request.badJson}</p>}
        <div class="actions">
          <button type="submit" disabled={!request || send.isBusy}>
            {send.isBusy ? say.request.running : say.request.submit[kind]}
          </button>
          {request && <CopyButton text={curlFor(location.origin, device.id, request)} label={say.request.curl} />}
        </div>
        {request && <p class="hint">{say.request.curlMeans}</p>}
      </form>
    </section>
  )
}

function Inputs({ device, typed, edit }: { device: Device; typed: Typed; edit(change: Partial<Typed>): void }) {
  const say = useSay()
  const names = Object.keys(device.objects)
  if (typed.kind === 'get')
    return (
      <Field
        label={say.request.objects}
        value={typed.objects}
        changed={(objects) => edit({ objects })}
        hint={say.request.objectsHint}
        suggestions={names}
        isVerbatim
      />
    )
  if (typed.kind === 'command')
    return (
      <>
        <Field
          label={say.request.command}
          value={typed.command}
          changed={(command) => edit({ command })}
          suggestions={device.capabilities.features ?? []}
          maxLength={128}
          isVerbatim
        />
        <Field
          label={say.request.arguments}
          value={typed.arguments}
          changed={(args) => edit({ arguments: args })}
          isVerbatim
        />
      </>
    )
  return (
    <>
      <Field
        label={say.request.object}
        value={typed.object}
        changed={(object) => edit({ object })}
        suggestions={names}
        isVerbatim
      />
      <Field label={say.request.value} value={typed.value} changed={(value) => edit({ value })} />
      <label class="check">
        <input
          type="checkbox"
          checked={typed.isJson}
          onChange={({ currentTarget }) => edit({ isJson: currentTarget.checked })}
        />
        {say.request.asJson}
      </label>
    </>
  )
}
