/** What is to be seen of the audit log: chosen here, kept in the address. */
import type { AuditAction } from '@fairlead/protocol/contract'
import { useId, useState } from 'preact/hooks'
import type { Names } from '../../live/names.ts'
import { type AuditWords, useAuditWords } from '../../messages/audit.ts'
import { type Choice, Field, Select } from '../../parts/forms.tsx'
import type { Wanted } from './wanted.ts'

interface AuditFiltersProps {
  wanted: Wanted
  names: Names
  show(wanted: Wanted): void
}

export function AuditFilters({ wanted, names, show }: AuditFiltersProps) {
  const words = useAuditWords()
  const { filter } = words
  const [device, setDevice] = useState(wanted.device ?? '')
  const isNarrowed = Object.keys(wanted).length > 0
  /** The others stay; empty is left out. */
  const change = (part: { [Name in keyof Wanted]: Wanted[Name] | '' }) =>
    show(Object.fromEntries(Object.entries({ ...wanted, ...part }).filter(([, value]) => value)))
  return (
    <details class="folded" open={isNarrowed}>
      <summary>{filter.title}</summary>
      <form
        class="narrowing"
        onSubmit={(event) => {
          event.preventDefault()
          change({ device: device.trim().toLowerCase() })
        }}
        onChange={({ target }) => {
          // A text is taken when one leaves it, as a choice is when it is made.
          if (target instanceof HTMLInputElement && target.type === 'text')
            change({ device: device.trim().toLowerCase() })
        }}
      >
        <Field label={filter.device} value={device} changed={setDevice} hint={filter.deviceMeans} isVerbatim />
        <Select
          label={filter.actor}
          value={wanted.actor ?? ''}
          choices={actorChoices(wanted.actor, names, words)}
          changed={(actor) => change({ actor })}
        />
        <Select
          label={filter.action}
          value={wanted.action ?? ''}
          choices={actionChoices(words)}
          changed={(action) => change({ action: action as AuditAction | '' })}
        />
        <Time label={filter.from} at={wanted.from} changed={(from) => change({ from })} />
        <Time label={filter.to} at={wanted.to} changed={(to) => change({ to })} />
        {isNarrowed && (
          <div class="actions">
            <button type="button" class="quiet" onClick={() => show({})}>
              {filter.clear}
            </button>
          </div>
        )}
      </form>
    </details>
  )
}

/** In the reader's zone; the address has the instant, so that it means the same to whoever gets the link. */
function Time(props: { label: string; at: string | undefined; changed(at: string): void }) {
  const { label, at, changed } = props
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="datetime-local"
        value={at === undefined ? '' : localOf(at)}
        onChange={({ currentTarget: { value } }) => changed(value === '' ? '' : new Date(value).toISOString())}
      />
    </div>
  )
}

function localOf(at: string): string {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function actorChoices(chosen: string | undefined, names: Names, { filter }: AuditWords): Choice[] {
  const choices = [
    { value: '', label: filter.all },
    ...Object.entries(filter.actors).map(([value, label]) => ({ value, label })),
    { value: 'nobody', label: filter.nobody },
    ...[...names.users].map(([id, name]) => ({ value: `user:${id}`, label: name })),
    ...[...names.keys].map(([id, name]) => ({ value: `key:${id}`, label: filter.actorKey(name) })),
  ]
  // Somebody who is not here any more can still be asked for by a link.
  const isThere = chosen === undefined || choices.some(({ value }) => value === chosen)
  return isThere ? choices : [...choices, { value: chosen, label: chosen.replace(':', ' ') }]
}

/** The sentences themselves, with gaps. */
const gaps = { who: '…', device: '…', subject: '…' }

function actionChoices({ sentences, filter }: AuditWords): Choice[] {
  const choices = Object.entries(sentences).map(([value, sentence]) => ({
    value,
    label: `${groupOf(value, filter)}: ${sentence(gaps)}`,
  }))
  return [{ value: '', label: filter.all }, ...choices]
}

function groupOf(action: string, { actions }: AuditWords['filter']): string {
  const groups: Readonly<Record<string, string>> = actions
  return groups[action.slice(0, action.indexOf('.'))] ?? ''
}
