/** `GET /v1/devices/{id}/access`: who may do what on a device, as far as the caller may see that. */
import { z } from 'zod'
import { Key } from './key.ts'
import { Subscription } from './subscription.ts'
import { Timestamp } from './text.ts'
import { Right, Role, User } from './user.ts'

const lastChangedAt = Timestamp.nullable().meta({
  description: 'When they changed something of this device last: null where none is known since `changesKnownSince`',
})

export const UserAccess = User.pick({ userId: true, name: true, email: true, isRelayAdmin: true }).extend({
  lastChangedAt,
})

export const KeyAccess = Key.pick({
  ...{ keyId: true, name: true, scopes: true, expiresAt: true, lastUsedAt: true },
}).extend({ lastChangedAt })

export const SubscriptionAccess = Subscription.pick({ subscriptionId: true, name: true, paused: true }).extend({
  ofAllDevices: z.boolean(),
  lastOrderedAt: Timestamp.nullable().meta({ description: 'When something was ordered for this device last' }),
})

export const DeviceAccess = z
  .object({
    device: z.string(),
    account: z.string(),
    roles: z.array(
      z.object({
        role: Role,
        rights: z.array(Right),
        count: z.int(),
        users: z
          .array(UserAccess)
          .optional()
          .meta({ description: 'To callers with the right `users:write` only; the first 500' }),
      }),
    ),
    keys: z
      .object({
        count: z.int(),
        items: z
          .array(KeyAccess)
          .optional()
          .meta({ description: 'To callers with the right `keys:write` only; the first 500' }),
      })
      .meta({ description: 'Those that are good' }),
    subscriptions: z.array(SubscriptionAccess),
    mandate: z
      .object({
        kind: z.enum(['instruction', 'consent']),
        sinceAt: Timestamp,
        by: z.string().optional().meta({
          description: 'The ID of the key, `user ID`, or `admin`; to callers with the right `keys:write` only',
        }),
      })
      .nullable()
      .meta({ description: 'Why services may be performed for it; null: they may not' }),
    changesKnownSince: Timestamp.nullable().meta({
      description: 'As far back as the audit log was looked through: its newest 2,000 entries of this device',
    }),
  })
  .meta({ id: 'DeviceAccess' })
export type DeviceAccess = z.infer<typeof DeviceAccess>
