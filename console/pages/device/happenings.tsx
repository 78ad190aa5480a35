/** What happens to a device, as it happens; what came before within a day is read when somebody wants it. */
import { RelayError, type RelayEvent } from '@fairlead/sdk'
import { useEffect, useState } from 'preact/hooks'
import { type Messages, useSay } from '../../language.ts'
import { hearFinished } from '../../live/asked.ts'
import { useEvents } from '../../live/stream.ts'
import { Problem } from '../../parts/forms.tsx'
import { Since } from '../../parts/when.tsx'
import { relay } from '../../relay.ts'

const mostShown = 200

export function Happenings({ device }: { device: string }) {
  const say = useSay()
  const [events, setEvents] = useState<readonly RelayEvent[]>([])
  const [wantsEarlier, setWantsEarlier] = useState(false)
  const [error, setError] = useState<unknown>()
  const add = (event: RelayEvent) =>
    setEvents((before) =>
      // The earlier ones come by a stream of their own, which goes on into the present.
      before.some(({ id }) => id === event.id) ? before : [...before, event].sort(newestFirst).slice(0, mostShown),
    )
  useEvents((event) => {
    if (event.data.device !== device) return
    hearFinished(event)
    add(event)
  })
  useEffect(() => {
    if (!wantsEarlier) return
    const stop = new AbortController()
    const read = async () => {
      for await (const event of relay.events({ device, lastEventId: '0', signal: stop.signal }))
        if (event.type !== 'reset') add(event)
    }
    read().catch((thrown: unknown) => {
      if (!(thrown instanceof RelayError)) throw thrown
      setError(thrown)
    })
    return () => stop.abort()
  }, [wantsEarlier])
  return (
    <section aria-labelledby="events">
      <div class="section-head">
        <h2 id="events">{say.events.title}</h2>
        {!wantsEarlier && (
          <button type="button" class="quiet" onClick={() => setWantsEarlier(true)}>
            {say.events.earlier}
          </button>
        )}
      </div>
      <Problem error={error} />
      {events.length === 0 && <p class="sub">{say.events.none}</p>}
      <ol class="happenings">
        {events.map((event) => (
          <li key={event.id}>
            <Since at={event.data.at} />
            <b>{typeIn(event.type, say)}</b>
            <span>{factsOf(event, say)}</span>
          </li>
        ))}
      </ol>
    </section>
  )
}

function newestFirst(one: RelayEvent, other: RelayEvent): number {
  return Number(other.id) - Number(one.id)
}

function typeIn(type: string, say: Messages): string {
  const types: Readonly<Record<string, string>> = say.events.types
  return types[type] ?? type
}

/** What else it says, as far as there are words for it; a device's own words are shown as it wrote them. */
function factsOf({ type, data }: RelayEvent, say: Messages): string {
  if (type === 'device.offline') return say.reasons[data['reason'] as keyof Messages['reasons']] ?? ''
  if (type === 'request.finished') {
    const kind = say.request.kinds[data['kind'] as keyof Messages['request']['kinds']]
    const outcome = say.request.outcomes[data['outcome'] as keyof Messages['request']['outcomes']]
    return [kind, outcome].filter(Boolean).join(' · ')
  }
  if (type === 'order.changed') return orderIn(data, say)
  if (type === 'device.changed' && Array.isArray(data['changed'])) return data['changed'].join(', ')
  if (type === 'device.event') return toldIn(Object(data['event']), say)
  return ''
}

function toldIn(event: Record<string, unknown>, say: Messages): string {
  const { type, text, pages, jobName, values } = event
  if (type === 'printed') return [say.events.told.printed(Number(pages)), jobName].filter(Boolean).join(' · ')
  if (type === 'help') return [say.events.told.help, text].filter(Boolean).join(': ')
  if (type === 'objects') return [say.events.told.objects, Object.keys(Object(values)).join(', ')].join(': ')
  if (type === 'instruction' || type === 'approach') return say.events.told[type]
  return String(type)
}

function orderIn({ object, state }: RelayEvent['data'], { events }: Messages): string {
  return [String(object), events.told.order[state as keyof Messages['events']['told']['order']]].join(' · ')
}
