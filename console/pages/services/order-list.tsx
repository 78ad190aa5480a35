/** Orders, the newest first: for which device, by which service, whether it has heard of it, and why. */
import type { Order } from '@fairlead/protocol/contract'
import { useLanguage } from '../../language.ts'
import { type Names, useNames } from '../../live/names.ts'
import type { Orders } from '../../live/services.ts'
import { useSay } from '../../messages/for-services.ts'
import { Problem } from '../../parts/forms.tsx'
import { Icon, type IconName } from '../../parts/icons.tsx'
import { Ago, Since } from '../../parts/when.tsx'
import { linkTo } from '../../router.ts'
import { useMay } from '../../session.ts'
import { reasonOf } from './reasons.ts'
import { objectInWords, readInWords, tryInWords } from './words.ts'

const icons: Record<Order['state'], IconName> = { waiting: 'wait', taken: 'online', failed: 'warning' }
const looks: Record<Order['state'], string> = { waiting: 'is-suspect', taken: 'is-online', failed: 'is-offline' }

interface OrderListProps {
  orders: Orders
  /** By the ID of the service. */
  names: ReadonlyMap<string, string>
  /** On the page of a device it goes without saying. */
  withDevice: boolean
}

export function OrderList({ orders, names, withDevice }: OrderListProps) {
  const { services } = useSay()
  const { items, error } = orders
  const people = useNames(useMay('keys:write'))
  return (
    <>
      <Problem error={error} retry={orders.reload} />
      <ol class="orders" aria-live="polite" aria-relevant="additions">
        {items?.map((order) => (
          <li key={order.orderId}>
            <OrderCard order={order} service={names.get(order.subscriptionId)} {...{ withDevice, people }} />
          </li>
        ))}
      </ol>
      {orders.hasMore && (
        <button type="button" class="quiet" onClick={orders.readMore}>
          {services.more}
        </button>
      )}
    </>
  )
}

interface OrderCardProps {
  order: Order
  service: string | undefined
  withDevice: boolean
  people: Names
}

function OrderCard(props: OrderCardProps) {
  const { order, service, withDevice, people } = props
  const say = useSay()
  const { order: words } = say.services
  const { device, object, value, life, state, createdAt, nextTryAt } = order
  return (
    <article class="order">
      <p class="order-head">
        <strong>
          {objectInWords(object, say)}
          {withDevice && (
            <>
              {' · '}
              <a href={linkTo(['devices', device])}>{device}</a>
            </>
          )}
        </strong>
        <span class="sub">
          <Ago at={createdAt} wrap={words.ordered} />
        </span>
      </p>
      <p class="sub">
        {service === undefined ? words.removedService : service} · {words.cartridge(life)} ·{' '}
        {words.read(readInWords(object, value, say))}
      </p>
      <p class="order-state">
        <span class={`state ${looks[state]}`}>
          <Icon name={icons[state]} />
          {words.states[state]}
        </span>
        <span>
          {words.stateMeans[state]}
          {nextTryAt !== null && (
            <>
              {' · '}
              <Since at={nextTryAt} wrap={words.nextTry} toTheSecond />
            </>
          )}
        </span>
      </p>
      <Tries order={order} />
      <Why order={order} people={people} />
    </article>
  )
}

function Tries({ order: { tries } }: { order: Order }) {
  const say = useSay()
  const { order: words } = say.services
  return (
    <details class="why">
      <summary>
        {words.tries} ({tries.length})
      </summary>
      {tries.length === 0 && <p class="sub">{words.noTries}</p>}
      <ol class="tries">
        {tries.map((one) => (
          <li key={one.at}>
            <Since at={one.at} toTheSecond />
            <span>{tryInWords(one, say)}</span>
          </li>
        ))}
      </ol>
    </details>
  )
}

/** The reasons, their times in the reader's zone; of an old order as the relay wrote them down. */
function Why({ order: { device, reasons, facts }, people }: { order: Order; people: Names }) {
  const say = useSay()
  const { order: words } = say.services
  const language = useLanguage()
  const isForeign = facts === null && language !== 'en'
  const sentences = facts?.map((fact) => reasonOf(fact, device, people, say)) ?? reasons
  return (
    <details class="why">
      <summary>{words.why}</summary>
      {isForeign && <p class="sub">{words.whyLanguage}</p>}
      <ul class="reasons" {...(isForeign && { lang: 'en' })}>
        {sentences.map((reason) => (
          <li key={reason}>
            {reason
              .split(/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/)
              .map((part, at) => (at % 2 === 1 ? <Since key={String(at)} at={part} toTheSecond /> : part))}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** By the ID of each. */
export function namesOf(known: readonly { subscriptionId: string; name: string }[]): ReadonlyMap<string, string> {
  return new Map(known.map(({ subscriptionId, name }) => [subscriptionId, name]))
}
