/** One device: how it stands and why, what it has told, what one can ask of it, and what happens to it. */
import type { Device } from '@fairlead/protocol/contract'
import { useSay } from '../../language.ts'
import { readAgain, useDevice } from '../../live/known-devices.ts'
import { Problem } from '../../parts/forms.tsx'
import { Icon } from '../../parts/icons.tsx'
import { later } from '../../parts/later.tsx'
import { suppliesOf } from '../../parts/supplies.ts'
import { SupplyBar } from '../../parts/supply-bar.tsx'
import { Ago } from '../../parts/when.tsx'
import { linkTo } from '../../router.ts'
import { useMay } from '../../session.ts'
import { nameOf, textOf } from '../fleet.tsx'
import { Access } from './access.tsx'
import { AskDevice } from './ask-device.tsx'
import { Evidence } from './evidence.tsx'
import { Happenings } from './happenings.tsx'
import { ObjectList } from './object-list.tsx'
import { Requests } from './requests.tsx'

const AsPrinter = later<{ device: string }>(async () => (await import('./as-printer.tsx')).AsPrinter, 'part')
const History = later(async () => (await import('./history.tsx')).History)
const JobsOf = later(async () => (await import('../jobs/jobs-of.tsx')).JobsOf, 'part')
const OrdersOf = later(async () => (await import('./orders-of.tsx')).OrdersOf)

export function DevicePage({ id, query }: { id: string; query: URLSearchParams }) {
  const say = useSay()
  const known = useDevice(id)
  return (
    <div class="page">
      <a class="back" href={linkTo(['devices'], { q: query.get('q') ?? '', state: query.get('state') ?? '' })}>
        <Icon name="back" />
        {say.device.back}
      </a>
      {known === undefined && (
        <div class="skeleton" aria-busy="true">
          <span class="hidden" role="status">
            {say.device.loading}
          </span>
          <div class="block" />
          <div class="block" />
        </div>
      )}
      {known?.is === 'failed' && <Problem error={known.error} retry={() => readAgain(id)} />}
      {known?.is === 'removed' && (
        <div class="empty">
          <h1>{id}</h1>
          <h2>{say.device.gone}</h2>
          <p>{say.device.goneMeans}</p>
        </div>
      )}
      {known?.is === 'there' && <Shown device={known.device} />}
    </div>
  )
}

function Shown({ device }: { device: Device }) {
  const say = useSay()
  const mayAsk = useMay('requests:write')
  return (
    <>
      <header class="device-head">
        <h1>{nameOf(device)}</h1>
        <p class="sub">{[textOf(device, 'location'), device.model, device.id].filter(Boolean).join(' · ')}</p>
      </header>
      <Evidence device={device} />
      <Supplies device={device} />
      {/* What was chosen for one device is not sent to the next. */}
      <JobsOf key={device.id} device={device} />
      <AsPrinter device={device.id} />
      <History device={device.id} />
      <OrdersOf device={device.id} />
      <ObjectList device={device} mayAsk={mayAsk} />
      {mayAsk ? <AskDevice device={device} /> : <p class="sub">{say.device.lookOnly}</p>}
      <Requests device={device.id} />
      <Happenings device={device.id} />
      <Access device={device.id} />
    </>
  )
}

function Supplies({ device }: { device: Device }) {
  const say = useSay()
  const supplies = suppliesOf(device.objects)
  const [first] = supplies
  if (!first) return null
  return (
    <section aria-labelledby="supplies">
      <div class="section-head">
        <h2 id="supplies">{say.device.supplies}</h2>
        <span class="sub">
          <Ago at={first.at} wrap={say.device.told} />
        </span>
      </div>
      <ul class="supplies">
        {supplies.map((supply) => (
          <li key={supply.name}>
            <SupplyBar supply={supply} />
          </li>
        ))}
      </ul>
    </section>
  )
}
