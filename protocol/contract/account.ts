/** Accounts: the tenants. */
import { z } from 'zod'
import { line, Timestamp } from './text.ts'

/** The account of a device that was enrolled without one. */
export const defaultAccount = 'default'

export const AccountId = z
  .string()
  .regex(/^[a-z0-9._-]{1,64}$/, 'An account ID is 1 to 64 characters of a-z 0-9 . _ -')
  .meta({ examples: ['acme'] })

export const NewAccount = z.strictObject({ id: AccountId, name: line(128).optional() })
export type NewAccount = z.infer<typeof NewAccount>

export const Account = z
  .object({ id: z.string(), name: z.string().nullable(), createdAt: Timestamp })
  .meta({ id: 'Account' })
export type Account = z.infer<typeof Account>
