/** All devices: counts by state that are filters, a search, and a row for each with what one wants to know first. */
import type { Device, DeviceState } from '@fairlead/protocol/contract'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useKeys } from '../help.tsx'
import { useLanguage, useSay } from '../language.ts'
import { type Filter, readSearch, useFleet } from '../live/fleet.ts'
import { useDevice } from '../live/known-devices.ts'
import { Problem } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { StateMark, useReason } from '../parts/state.tsx'
import { lowestOf, suppliesOf } from '../parts/supplies.ts'
import { SupplyBar } from '../parts/supply-bar.tsx'
import { Since } from '../parts/when.tsx'
import { Windowed, type WindowedHandle } from '../parts/windowed.tsx'
import { go, linkTo } from '../router.ts'
import { useMay } from '../session.ts'

const states = ['online', 'offline', 'asleep'] as const satisfies readonly DeviceState[]
/** A search begins when one has stopped typing for so long. */
const typingMs = 200
const rowHeight = 80

interface FleetProps {
  query: URLSearchParams
  chosen: string | undefined
}

function readState(query: URLSearchParams): DeviceState | undefined {
  return states.find((state) => state === query.get('state'))
}

export function Fleet({ query, chosen }: FleetProps) {
  const say = useSay()
  const text = query.get('q') ?? ''
  const state = readState(query)
  const filter = useMemo<Filter>(() => ({ ...readSearch(text), ...(state && { state }) }), [text, state])
  const handle = useRef<WindowedHandle>(null)
  const fleet = useFleet(filter, (at) => handle.current?.inserted(at))
  // The chosen device stays beside a list that changes.
  const at = chosen === undefined ? ['devices'] : ['devices', chosen]
  const isFiltered = text !== '' || state !== undefined

  function move(by: number): (event: KeyboardEvent) => void {
    return (event) => {
      const now = handle.current?.current()
      if (!now) return
      event.preventDefault()
      handle.current?.focus(now.isFocused ? now.at + by : now.at)
    }
  }
  useKeys({ j: move(1), k: move(-1) })

  const { ids, counts } = fleet
  return (
    <div class="fleet">
      <header class="fleet-head">
        <h1>{say.fleet.title}</h1>
        <Search text={text} search={(q) => go(linkTo(at, { q, state }), 'replace')} />
        <nav class="chips" aria-label={say.fleet.columns.state}>
          <Chip link={linkTo(at, { q: text })} isOn={state === undefined} number={counts && sumOf(counts)}>
            {say.fleet.all}
          </Chip>
          {states.map((one) => (
            <Chip
              key={one}
              link={linkTo(at, { q: text, state: one })}
              isOn={state === one}
              number={counts?.[one]}
              state={one}
            >
              {say.states[one]}
            </Chip>
          ))}
        </nav>
      </header>
      <Problem error={fleet.error} retry={fleet.reload} />
      {fleet.isOutdated && (
        <p class="notice" role="status">
          {say.fleet.outdated}{' '}
          <button type="button" class="quiet" onClick={fleet.reload}>
            {say.fleet.show}
          </button>
        </p>
      )}
      {ids === undefined && fleet.error === undefined && <Skeleton />}
      {ids?.length === 0 && (isFiltered ? <NoneFits /> : <Empty />)}
      {ids !== undefined && ids.length > 0 && (
        <div class="row heads" aria-hidden="true">
          {Object.values(say.fleet.columns).map((column) => (
            <span key={column}>{column}</span>
          ))}
        </div>
      )}
      {ids !== undefined && ids.length > 0 && (
        <Windowed
          key={`${state} ${text}`}
          label={say.fleet.title}
          ids={ids}
          rowHeight={rowHeight}
          hasMore={fleet.hasMore}
          readMore={fleet.readMore}
          row={(id) => <Row id={id} query={query} isChosen={id === chosen} />}
          handle={handle}
        />
      )}
    </div>
  )
}

function sumOf(counts: Record<DeviceState, number>): number {
  return counts.online + counts.offline + counts.asleep
}

function Search({ text, search }: { text: string; search(text: string): void }) {
  const say = useSay()
  const input = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState(text)
  useEffect(() => setTyped(text), [text])
  useEffect(() => {
    if (typed === text) return
    const later = setTimeout(() => search(typed), typingMs)
    return () => clearTimeout(later)
  }, [typed])
  useKeys({
    '/': (event) => {
      event.preventDefault()
      input.current?.select()
    },
  })
  return (
    <search class="search has-key">
      <Icon name="search" />
      <input
        ref={input}
        type="search"
        aria-label={say.fleet.search}
        placeholder={say.fleet.searchHint}
        value={typed}
        maxLength={128}
        spellcheck={false}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
    </search>
  )
}

interface ChipProps {
  link: string
  isOn: boolean
  number: number | undefined
  state?: DeviceState
  children: string
}

function Chip({ link, isOn, number, state, children }: ChipProps) {
  const language = useLanguage()
  return (
    <a class={`chip ${state ? `is-${state}` : ''}`} href={link} {...(isOn && { 'aria-current': 'true' as const })}>
      {state && <Icon name={state} />}
      <span>{children}</span>
      <span class="number">{number?.toLocaleString(language) ?? '–'}</span>
    </a>
  )
}

function Row({ id, query, isChosen }: { id: string; query: URLSearchParams; isChosen: boolean }) {
  const say = useSay()
  const known = useDevice(id)
  if (known?.is === 'removed')
    return (
      <div class="row is-removed">
        <span class="row-name">{id}</span>
        <span class="state">
          <Icon name="removed" />
          <span>{say.removed}</span>
        </span>
      </div>
    )
  if (known?.is !== 'there') return <div class="row" />
  return <DeviceRow device={known.device} query={query} isChosen={isChosen} />
}

function DeviceRow({ device, query, isChosen }: { device: Device; query: URLSearchParams; isChosen: boolean }) {
  const say = useSay()
  const reason = useReason()(device)
  const supply = lowestOf(suppliesOf(device.objects))
  const place = textOf(device, 'location')
  const link = linkTo(['devices', device.id], { q: query.get('q') ?? '', state: query.get('state') ?? '' })
  return (
    <a class="row" href={link} {...(isChosen && { 'aria-current': 'true' as const })}>
      <span class="row-name">
        <strong>{nameOf(device)}</strong>
        <span class="sub">
          {place !== undefined && <span class="place-inline">{place} · </span>}
          {[device.model, device.id].filter((one) => one && one !== nameOf(device)).join(' · ')}
        </span>
      </span>
      <span class="row-place">{place}</span>
      <span class="row-state">
        <StateMark device={device} />
        <span class={`sub ${reason === undefined ? '' : 'has-reason'}`}>
          {reason}
          <Since
            at={device.stateSinceAt}
            wrap={(when) => [reason && ' · ', say.time.since(when)].filter(Boolean).join('')}
          />
        </span>
      </span>
      <span class="row-supply">{supply && <SupplyBar supply={supply} />}</span>
      <span class="row-tags">
        {device.tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
          </span>
        ))}
      </span>
    </a>
  )
}

export function textOf({ objects }: Device, name: string): string | undefined {
  const value = objects[name]?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** As its owner calls it, else as its maker does. */
export function nameOf(device: Device): string {
  return textOf(device, 'name') ?? device.model ?? device.id
}

function Skeleton() {
  const say = useSay()
  return (
    <div class="skeleton" aria-busy="true">
      <span class="hidden" role="status">
        {say.fleet.loading}
      </span>
      {Array.from({ length: 6 }, (_, at) => (
        <div key={at} class="row" />
      ))}
    </div>
  )
}

function NoneFits() {
  const say = useSay()
  return (
    <div class="empty">
      <h2>{say.fleet.noneFits}</h2>
      <p>{say.fleet.noneFitsMeans}</p>
      <a class="button" href={linkTo(['devices'])}>
        {say.fleet.clear}
      </a>
    </div>
  )
}

function Empty() {
  const say = useSay()
  const mayClaim = useMay('devices:write')
  return (
    <div class="empty">
      <h2>{say.fleet.empty}</h2>
      <p>{say.fleet.emptyMeans}</p>
      <code>
        {`npx fairlead devices add printer-1 --relay ${location.origin} --key …\nnpx fairlead agent --driver virtual --relay ${location.origin} --id printer-1 --secret …`}
      </code>
      {mayClaim && (
        <a class="button" href={linkTo(['claim'])}>
          {say.fleet.emptyClaim}
        </a>
      )}
    </div>
  )
}
