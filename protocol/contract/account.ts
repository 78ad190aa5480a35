/** Accounts: the tenants. */
import { z } from 'zod'
import { line, Timestamp } from './text.ts'

/** The account of a device that was enrolled without one. */
export const defaultAccount = 'default'

const accountId = /^[a-z0-9._-]{1,64}$/

export const AccountId = z
  .string()
  .regex(accountId, 'An account ID is 1 to 64 characters of a-z 0-9 . _ -')
  .meta({ examples: ['acme'] })

/** In the path of a request: an account that cannot exist has no device, as one that has none (contract part 3). */
export const AccountParams = z.object({
  account: z
    .string()
    .refine((id) => accountId.test(id), {
      error: 'No account has such an ID: it is 1 to 64 characters of a-z 0-9 . _ -',
      params: { code: 'unknown-device' },
    })
    .meta({ pattern: accountId.source, examples: ['acme'] }),
})

export const NewAccount = z.strictObject({ id: AccountId, name: line(128).optional() })
export type NewAccount = z.infer<typeof NewAccount>

/** `PATCH /v1/accounts/{account}` */
export const AccountChange = z.strictObject({
  requireSecondFactor: z.boolean().meta({ description: 'Users of the account do nothing without a second factor' }),
})
export type AccountChange = z.infer<typeof AccountChange>

export const Account = z
  .object({
    id: z.string(),
    name: z.string().nullable(),
    createdAt: Timestamp,
    requireSecondFactor: z.boolean(),
  })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>
