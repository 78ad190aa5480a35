/** What a target service has ordered (B8), and why. */
import { z } from 'zod'
import { DeviceId } from './device.ts'
import { Json } from './json.ts'
import { pageQuery } from './page.ts'
import { WebhookTry } from './subscription.ts'
import { Timestamp } from './text.ts'

export const OrderState = z.enum(['waiting', 'taken', 'failed'])
export type OrderState = z.infer<typeof OrderState>

export const Order = z
  .object({
    orderId: z.string(),
    subscriptionId: z.string(),
    account: z.string(),
    device: z.string(),
    object: z.string(),
    value: Json.meta({ description: 'What it read when this was ordered' }),
    life: z.int().meta({ description: 'Which cartridge: 1, and 1 more with each new one after an order' }),
    state: OrderState.meta({ description: '`failed`: nobody took the webhook for three days, or it was removed' }),
    reasons: z.array(z.string()).meta({ description: 'Why this was ordered, in sentences, with times' }),
    tries: z.array(WebhookTry),
    nextTryAt: Timestamp.nullable().meta({ description: 'Only of one that is waiting' }),
    createdAt: Timestamp,
  })
  .meta({ id: 'Order' })
export type Order = z.infer<typeof Order>

export const OrdersQuery = z.strictObject({
  device: DeviceId.optional(),
  subscription: z.string().max(64).optional(),
  state: OrderState.optional(),
  ...pageQuery,
})
export type OrdersQuery = z.infer<typeof OrdersQuery>
