/** What becomes of a device after the claim: its owner gives it away, or somebody resets it at the device itself. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { Registration } from './device.ts'
import { Timestamp } from './text.ts'

/** `POST /v1/devices/{id}/release` */
export const Release = z.strictObject({
  to: AccountId.optional().meta({ description: 'For 7 days only this account may claim it, or pair with it' }),
})
export type Release = z.infer<typeof Release>

export const Ownership = z
  .object({
    registration: Registration,
    releasedAt: Timestamp.nullable().meta({ description: 'Its owner has given it away; what is known of it stays' }),
    reservedFor: z.string().nullable(),
    reservedUntil: Timestamp.nullable(),
    reset: z
      .object({ askedAt: Timestamp, dueAt: Timestamp })
      .nullable()
      .meta({ description: 'Somebody has reset it at the device: it is released then, unless the owner objects' }),
  })
  .meta({ id: 'Ownership' })
export type Ownership = z.infer<typeof Ownership>

/** `POST /device/v1/reset` */
export const ResetAnswer = z
  .object({
    dueAt: Timestamp.meta({ description: 'From then on the secret is not taken any more, and the device is free' }),
  })
  .meta({ id: 'ResetAnswer' })
export type ResetAnswer = z.infer<typeof ResetAnswer>
