/** Everything a device has told of itself, in groups, each with its age; what can be set is set in its place. */
import type { Device, Json } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { type Messages, useSay } from '../../language.ts'
import { ask } from '../../live/asked.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { plainly, Value } from '../../parts/value.tsx'
import { Ago } from '../../parts/when.tsx'
import { Refusals } from './refusals.tsx'

/** The relay takes so many at once. */
const mostObjects = 100

/** Contract part 5: these can be set. A device may take others; that is what "Ask the device" is for. */
const settable = new Set(['name', 'location', 'contact'])

type Group = keyof Messages['device']['groups']

/** In this order, and within each as they are named here. */
const groups: readonly [Group, readonly string[]][] = [
  ['identity', ['name', 'location', 'contact', 'model', 'serial', 'firmware']],
  ['state', ['status', 'alerts']],
  ['supplies', ['supplies']],
  ['paper', ['trays']],
  ['counters', ['pages']],
  ['network', ['ip', 'mac', 'addresses']],
]
const order = groups.flatMap(([, names]) => names)

function groupOf(name: string): Group {
  if (/^(toner|ink)\./.test(name)) return 'supplies'
  return groups.find(([, names]) => names.includes(name))?.[0] ?? 'other'
}

/** As they are named above; what a device has besides comes behind, as it told it. */
function inOrder(one: string, other: string): number {
  return placeOf(one) - placeOf(other)
}

function placeOf(name: string): number {
  return order.indexOf(name) + 1 || order.length + 1
}

export function ObjectList({ device, mayAsk }: { device: Device; mayAsk: boolean }) {
  const say = useSay()
  const [search, setSearch] = useState('')
  const names = Object.keys(device.objects)
  const fits = names.filter((name) => {
    const text = [nameIn(name, say), name, plainly(device.objects[name]?.value ?? null)].join('\n')
    return text.toLowerCase().includes(search.trim().toLowerCase())
  })
  const byGroup = Map.groupBy(fits.toSorted(inOrder), groupOf)
  return (
    <section aria-labelledby="objects">
      <div class="section-head">
        <h2 id="objects">{say.device.objects}</h2>
        {mayAsk && names.length > 0 && <ReadNow device={device.id} names={names} />}
      </div>
      {names.length > 8 && (
        <div class="search">
          <Icon name="search" />
          <input
            type="search"
            aria-label={say.device.objectsSearch}
            placeholder={say.device.objectsSearch}
            value={search}
            onInput={({ currentTarget }) => setSearch(currentTarget.value)}
          />
        </div>
      )}
      {names.length === 0 && <p class="sub">{say.device.noObjects}</p>}
      {names.length > 0 && fits.length === 0 && <p class="sub">{say.device.noObjectFits}</p>}
      {[...groups.map(([group]) => group), 'other' as const].map((group) => {
        const mine = byGroup.get(group)
        if (!mine) return null
        return (
          <div key={group} class="group">
            <h3>{say.device.groups[group]}</h3>
            <dl class="objects">
              {mine.map((name) => (
                <ObjectRow key={name} device={device} name={name} mayAsk={mayAsk} />
              ))}
            </dl>
          </div>
        )
      })}
    </section>
  )
}

function nameIn(name: string, say: Messages): string {
  const names: Readonly<Record<string, string>> = say.device.names
  return Object.hasOwn(names, name) ? (names[name] ?? name) : name
}

function ReadNow({ device, names }: { device: string; names: readonly string[] }) {
  const say = useSay()
  const read = useAction(async () => {
    const { outcome, error } = await ask(device, { get: names.slice(0, mostObjects) })
    if (outcome !== 'answered') throw error
  })
  return (
    <>
      <button
        type="button"
        class="quiet"
        title={say.device.readNowMeans}
        disabled={read.isBusy}
        onClick={() => read.run()}
      >
        {read.isBusy ? say.device.reading : say.device.readNow}
      </button>
      <Problem error={read.error} />
    </>
  )
}

function ObjectRow({ device, name, mayAsk }: { device: Device; name: string; mayAsk: boolean }) {
  const say = useSay()
  const [isOpen, setOpen] = useState(false)
  const object = device.objects[name]
  if (!object) return null
  const words = nameIn(name, say)
  return (
    <div class="object">
      <dt>
        {words}
        {words !== name && <code class="sub">{name}</code>}
      </dt>
      <dd>
        {isOpen ? (
          <Change device={device.id} name={name} value={object.value} close={() => setOpen(false)} />
        ) : (
          <>
            <Value name={name} value={object.value} />
            {mayAsk && settable.has(name) && (
              <button
                type="button"
                class="icon-button"
                aria-label={say.device.changeOf(words)}
                onClick={() => setOpen(true)}
              >
                <Icon name="edit" />
              </button>
            )}
          </>
        )}
      </dd>
      <dd class="sub age">
        <Ago at={object.at} />
      </dd>
    </div>
  )
}

function Change(props: { device: string; name: string; value: Json; close(): void }) {
  const { device, name, close } = props
  const say = useSay()
  const [typed, setTyped] = useState(plainly(props.value))
  const [refused, setRefused] = useState<Awaited<ReturnType<typeof ask>>['errors']>()
  const save = useAction(async () => {
    const asked = await ask(device, { set: { [name]: typed } })
    if (asked.error !== undefined) throw asked.error
    setRefused(asked.errors)
    if (Object.keys(asked.errors ?? {}).length === 0) close()
  })
  return (
    <form
      class="change"
      onSubmit={(event) => {
        event.preventDefault()
        save.run()
      }}
      onKeyDown={(event) => event.key === 'Escape' && close()}
    >
      <input
        autofocus
        aria-label={nameIn(name, say)}
        value={typed}
        maxLength={255}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      />
      <button type="submit" disabled={save.isBusy}>
        {save.isBusy ? say.device.saving : say.device.save}
      </button>
      <button type="button" class="quiet" onClick={close}>
        {say.device.cancel}
      </button>
      <Refusals errors={refused} />
      <Problem error={save.error} />
    </form>
  )
}
