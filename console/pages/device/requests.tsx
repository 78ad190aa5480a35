/** What was asked of a device and what became of it, truthfully, with its whole way where one wants to see it. */
import type { RequestView } from '@fairlead/protocol/contract'
import { useState } from 'preact/hooks'
import { type Messages, useSay } from '../../language.ts'
import { type Asked, askedOf } from '../../live/asked.ts'
import { Problem, useAction } from '../../parts/forms.tsx'
import { Icon, type IconName } from '../../parts/icons.tsx'
import { Value } from '../../parts/value.tsx'
import { Ago, Moment } from '../../parts/when.tsx'
import { explain, relay } from '../../relay.ts'
import { useStore } from '../../store.ts'
import { Refusals } from './refusals.tsx'

const icons: Record<NonNullable<Asked['outcome']>, IconName> = {
  answered: 'online',
  rejected: 'close',
  pending: 'wait',
  'not-sent': 'offline',
  unknown: 'warning',
}

export function Requests({ device }: { device: string }) {
  const say = useSay()
  const list = useStore(askedOf(device))
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">{say.request.sent}</h2>
      {list.length === 0 && <p class="sub">{say.request.none}</p>}
      <ol class="requests" aria-live="polite">
        {list.map((asked) => (
          <li key={asked.key}>
            <Request asked={asked} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Request({ asked }: { asked: Asked }) {
  const say = useSay()
  const { outcome, error, values, result } = asked
  const failed = Object.keys(asked.errors ?? {}).length
  const means =
    outcome === 'answered' && failed > 0
      ? say.request.someFailed(failed)
      : say.request.outcomeMeans[outcome ?? 'answered']
  const words = error === undefined ? means : explain(error, say)
  return (
    <article class={`request is-${outcome ?? 'running'}`}>
      <p class="request-head">
        <strong>{titleOf(asked, say)}</strong>
        <span class="sub">
          {asked.request === undefined ? say.request.by.other : say.request.by.console} ·{' '}
          <Ago at={new Date(asked.atMs).toISOString()} />
        </span>
      </p>
      <p class="request-outcome">
        <Icon name={outcome ? icons[outcome] : 'wait'} />
        <span>
          <b>{outcome ? say.request.outcomes[outcome] : say.request.running}</b>
          {words && ` · ${words}`}
        </span>
      </p>
      {values && Object.keys(values).length > 0 && (
        <dl class="answer">
          {Object.entries(values).map(([name, value]) => (
            <div key={name}>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>
                <Value name={name} value={value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      <Refusals errors={asked.errors} />
      {result !== undefined && (
        <p>
          {say.request.result}: <Value value={result} />
        </p>
      )}
      {outcome && asked.requestId !== undefined && <Way requestId={asked.requestId} />}
    </article>
  )
}

function titleOf({ kind, request }: Asked, say: Messages): string {
  const what = request?.get ?? (request?.set ? Object.keys(request.set) : [request?.command ?? ''])
  const shown = what.slice(0, 3).join(', ')
  return [say.request.kinds[kind], what.length > 3 ? `${shown} … (${what.length})` : shown].filter(Boolean).join(': ')
}

const steps = ['acceptedAt', 'sentAt', 'acknowledgedAt', 'answeredAt'] as const

/** Asked for only when somebody wants to see it. */
function Way({ requestId }: { requestId: string }) {
  const say = useSay()
  const [view, setView] = useState<RequestView>()
  const look = useAction(async () => setView(await relay.findRequest(requestId)))
  return (
    <details class="way" onToggle={({ currentTarget }) => currentTarget.open && look.run()}>
      <summary>{say.request.way}</summary>
      {look.isBusy && !view && <p class="sub">{say.request.wayLoading}</p>}
      <Problem error={look.error} />
      {view && (
        <ol>
          {steps.map((step) => (
            <li key={step} class={view[step] === undefined ? 'is-missing' : ''}>
              <span>{say.request.steps[step]}</span>
              <span class="sub">
                {view[step] === undefined ? say.request.stepMissing : <Step view={view} at={view[step]} />}
              </span>
            </li>
          ))}
        </ol>
      )}
    </details>
  )
}

/** When, and how long after the beginning. */
function Step({ view, at }: { view: RequestView; at: string }) {
  const afterMs = Date.parse(at) - Date.parse(view.acceptedAt)
  return (
    <>
      <Moment at={at} /> {afterMs > 0 && `(+${afterMs.toLocaleString()} ms)`}
    </>
  )
}
