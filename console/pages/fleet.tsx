/** All devices: counts by state that are filters, a search, and a row for each with what one wants to know first. */
import type { Device, DeviceState } from '@fairlead/protocol/contract'
import { useMemo, useRef, useState } from 'preact/hooks'
import { useKeys } from '../help.tsx'
import { useLanguage, useSay } from '../language.ts'
import { useFleet } from '../live/fleet.ts'
import { useDevice } from '../live/known-devices.ts'
import { type Filter, fits, readSearch, states, withoutState } from '../live/search.ts'
import { Problem } from '../parts/forms.tsx'
import { Icon } from '../parts/icons.tsx'
import { later } from '../parts/later.tsx'
import { StateMark, useReason } from '../parts/state.tsx'
import { lowestOf, suppliesOf } from '../parts/supplies.ts'
import { SupplyBar } from '../parts/supply-bar.tsx'
import { Since } from '../parts/when.tsx'
import { Windowed, type WindowedHandle } from '../parts/windowed.tsx'
import { go, linkTo } from '../router.ts'
import { useMay } from '../session.ts'
import { BulkBar } from './fleet/bulk-bar.tsx'
import { SearchBox } from './fleet/search-box.tsx'
import { useSelection } from './fleet/selection.ts'

const ViewsDialog = later(() => import('./fleet/views-dialog.tsx').then((module) => module.ViewsDialog), 'part')
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
  const { filter, misunderstood } = useMemo(() => {
    const read = readSearch(text)
    const state = readState(query)
    // A state in the search is one that somebody has typed.
    return { ...read, filter: state === undefined || read.filter.state ? read.filter : { ...read.filter, state } }
  }, [text, query.get('state')])
  const { state } = filter
  const handle = useRef<WindowedHandle>(null)
  const fleet = useFleet(filter, (at) => handle.current?.inserted(at))
  const selection = useSelection(JSON.stringify(filter), filter, fleet.ids)
  const [isChoosing, setChoosing] = useState(false)
  const [hasViews, setViews] = useState(false)
  const mayWork = [useMay('devices:write'), useMay('requests:write')].some(Boolean)
  // The chosen device stays beside a list that changes.
  const at = chosen === undefined ? ['devices'] : ['devices', chosen]
  const isFiltered = text !== '' || state !== undefined
  const inAnyState = withoutState(text)

  function move(by: number): (event: KeyboardEvent) => void {
    return (event) => {
      const now = handle.current?.current()
      if (!now) return
      event.preventDefault()
      handle.current?.focus(now.isFocused ? now.at + by : now.at)
    }
  }
  function choose(): void {
    const now = handle.current?.current()
    const id = now && fleet.ids?.[now.at]
    if (mayWork && id !== undefined) selection.toggle(id, false)
  }
  useKeys({ j: move(1), k: move(-1), x: choose })

  function toggleChoosing(): void {
    setChoosing(!isMarking)
    if (isMarking) selection.clear()
  }

  const { ids, counts } = fleet
  const fitting = counts && (state === undefined ? sumOf(counts) : counts[state])
  const isMarking = mayWork && (isChoosing || selection.chosen.size > 0)
  return (
    <div class={`fleet ${isMarking ? 'is-choosing' : ''} ${mayWork ? 'may-choose' : ''}`}>
      <header class="fleet-head">
        <h1>{say.fleet.title}</h1>
        <div class="fleet-tools">
          {mayWork && (
            <button type="button" class="quiet choose" aria-pressed={isMarking} onClick={() => toggleChoosing()}>
              {say.bulk.choose}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => setViews(true)}>
            {say.views.title}
          </button>
        </div>
        <SearchBox
          text={text}
          misunderstood={misunderstood}
          search={(q) => go(linkTo(at, { q, state: query.get('state') ?? '' }), 'replace')}
        />
        <nav class="chips" aria-label={say.fleet.columns.state}>
          <Chip link={linkTo(at, { q: inAnyState })} isOn={state === undefined} number={counts && sumOf(counts)}>
            {say.fleet.all}
          </Chip>
          {states.map((one) => (
            <Chip
              key={one}
              link={linkTo(at, { q: inAnyState, state: one })}
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
          row={(id) => (
            <div class="line">
              {mayWork && (
                <Mark id={id} isMarked={selection.chosen.has(id)} toggle={(range) => selection.toggle(id, range)} />
              )}
              <Row id={id} query={query} filter={filter} isChosen={id === chosen} />
            </div>
          )}
          handle={handle}
        />
      )}
      <BulkBar selection={selection} fitting={fitting} />
      {hasViews && <ViewsDialog search={searchOf(inAnyState, state)} close={() => setViews(false)} />}
    </div>
  )
}

function sumOf(counts: Record<DeviceState, number>): number {
  return counts.online + counts.offline + counts.asleep
}

/** All that is looked for, as one types it. */
function searchOf(text: string, state: DeviceState | undefined): string {
  return [state === undefined ? '' : `state:${state}`, text].filter(Boolean).join(' ')
}

interface MarkProps {
  id: string
  isMarked: boolean
  /** @param isRange from the one before to this one */
  toggle(isRange: boolean): void
}

function Mark({ id, isMarked, toggle }: MarkProps) {
  const say = useSay()
  return (
    <label class="mark">
      <input type="checkbox" checked={isMarked} onClick={(event) => toggle(event.shiftKey)} />
      <span class="hidden">{say.bulk.chooseOne(id)}</span>
    </label>
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

interface RowProps {
  query: URLSearchParams
  filter: Filter
  isChosen: boolean
}

function Row({ id, ...more }: RowProps & { id: string }) {
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
  return <DeviceRow device={known.device} {...more} />
}

function DeviceRow({ device, query, filter, isChosen }: RowProps & { device: Device }) {
  const say = useSay()
  const reason = useReason()(device)
  const supply = lowestOf(suppliesOf(device.objects))
  const place = textOf(device, 'location')
  const link = linkTo(['devices', device.id], { q: query.get('q') ?? '', state: query.get('state') ?? '' })
  // It stays where it is: what one reads does not go away under the eye.
  const isUnfit = !fits(filter, device)
  return (
    <a class={`row ${isUnfit ? 'is-unfit' : ''}`} href={link} {...(isChosen && { 'aria-current': 'true' as const })}>
      <span class="row-name">
        <strong>{nameOf(device)}</strong>
        {isUnfit && <span class="tag">{say.fleet.unfit}</span>}
        <span class="sub">
          {device.waiting > 0 && <span class="waits">{say.fleet.waiting(device.waiting)} · </span>}
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
