/** What was ordered for one device. */

import { useOrders, useServices } from '../../live/services.ts'
import { useSay } from '../../messages/for-services.ts'
import { namesOf, OrderList } from '../services/order-list.tsx'

/** Loaded by itself, behind what one looks at first. */
export function OrdersOf({ device }: { device: string }) {
  const { services: say } = useSay()
  const orders = useOrders({ device }, 10)
  const services = useServices()
  return (
    <section aria-labelledby="orders">
      <h2 id="orders">{say.order.ofDevice}</h2>
      {orders.items?.length === 0 && <p class="sub">{say.order.noneOfDevice}</p>}
      <OrderList orders={orders} names={namesOf(services.items ?? [])} withDevice={false} />
    </section>
  )
}
