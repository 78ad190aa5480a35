/** What a target service has ordered (B8), and why. */
import { z } from 'zod'
import { AuditActor } from './audit.ts'
import { DeviceId } from './device.ts'
import { Json } from './json.ts'
import { pageQuery } from './page.ts'
import { ReadingSource } from './reading.ts'
import { Condition, WebhookTry } from './subscription.ts'
import { Timestamp } from './text.ts'

export const OrderState = z.enum(['waiting', 'taken', 'failed'])
export type OrderState = z.infer<typeof OrderState>

const OrderReading = z
  .object({ value: Json, at: Timestamp, source: ReadingSource })
  .meta({ id: 'OrderReading', description: 'What the device told' })

/** One of the reasons, for who says it in words of their own. */
export const OrderFact = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('claimed'), by: AuditActor, at: Timestamp, claimId: z.string() }),
    z.object({ kind: z.literal('confirmed'), at: Timestamp }).meta({ description: 'At the device, for that claim' }),
    z.object({ kind: z.literal('consented'), by: AuditActor, at: Timestamp, registration: z.string() }),
    z.object({
      kind: z.literal('condition'),
      condition: Condition,
      readings: z.array(OrderReading).length(2).meta({ description: 'Two that agree' }),
      heldSince: Timestamp.meta({ description: 'Without a break' }),
    }),
    z.object({ kind: z.literal('cartridge'), object: z.string(), life: z.int(), subscription: z.string() }),
  ])
  .meta({ id: 'OrderFact' })
export type OrderFact = z.infer<typeof OrderFact>

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
    facts: z
      .array(OrderFact)
      .nullable()
      .meta({ description: 'What `reasons` say, one by one; null: it was ordered before these were kept' }),
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
