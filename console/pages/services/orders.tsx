/** Every order of the account, by device, service and state; the filters stand in the address. */
import type { OrderState } from '@fairlead/protocol/contract'
import { useOrders, useServices } from '../../live/services.ts'
import { useSay } from '../../messages/for-services.ts'
import { DeviceFilter, isDeviceId } from '../../parts/device-filter.tsx'
import { Select } from '../../parts/forms.tsx'
import { go, linkTo, type PageProps } from '../../router.ts'
import { namesOf, OrderList } from './order-list.tsx'
import { Tabs } from './tabs.tsx'

const states = ['waiting', 'taken', 'failed'] as const satisfies readonly OrderState[]

export function Orders({ place: { query } }: PageProps) {
  const { services: say } = useSay()
  const device = query.get('device') ?? ''
  const subscription = query.get('service') ?? ''
  const state = states.find((one) => one === query.get('state'))
  const services = useServices()
  const orders = useOrders({
    ...(isDeviceId(device) && { device }),
    ...(subscription !== '' && { subscription }),
    ...(state && { state }),
  })
  const isFiltered = device !== '' || subscription !== '' || state !== undefined
  const link = (change: Record<string, string | undefined>) =>
    linkTo(['orders'], { device, service: subscription, state, ...change })
  const known = services.items ?? []
  return (
    <div class="page narrow">
      <h1>{say.orders}</h1>
      <Tabs here="orders" />
      <div class="order-filter">
        <DeviceFilter label={say.order.device} device={device} chosen={(id) => go(link({ device: id }), 'replace')} />
        <Select
          label={say.order.service}
          value={subscription}
          choices={[
            { value: '', label: say.order.allServices },
            ...known.map(({ subscriptionId, name }) => ({ value: subscriptionId, label: name })),
            ...(subscription !== '' && !known.some(({ subscriptionId }) => subscriptionId === subscription)
              ? [{ value: subscription, label: say.order.removedService }]
              : []),
          ]}
          changed={(id) => go(link({ service: id }), 'replace')}
        />
        <nav class="chips" aria-label={say.orders}>
          {[undefined, ...states].map((one) => (
            <a
              key={one ?? 'all'}
              class="chip"
              href={link({ state: one })}
              {...(one === state && { 'aria-current': 'true' as const })}
            >
              {one === undefined ? say.order.all : say.order.states[one]}
            </a>
          ))}
        </nav>
      </div>
      {orders.items?.length === 0 && (
        <div class="empty">
          <h2>{isFiltered ? say.order.noneFits : say.order.empty}</h2>
          {isFiltered ? (
            <a class="button quiet" href={linkTo(['orders'])}>
              {say.order.showAll}
            </a>
          ) : (
            <p>{say.order.emptyMeans}</p>
          )}
        </div>
      )}
      <OrderList orders={orders} names={namesOf(known)} withDevice />
    </div>
  )
}
