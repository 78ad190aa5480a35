/** Users: people of an account, each with a role. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { allScopes } from './key.ts'
import { pageQuery } from './page.ts'
import { line, Timestamp } from './text.ts'

export const Role = z.enum(['viewer', 'operator', 'admin', 'owner'])
export type Role = z.infer<typeof Role>

/** What a user may: the scopes of keys, and what no key may. */
export const Right = z.enum([...allScopes, 'users:write'])
export type Right = z.infer<typeof Right>

/** Capitals make no other address: one user for each over the whole relay. */
export const Email = z.email('Must be an e-mail address').max(254)

export const UserName = line(128)

export const NewPassword = z.string().min(12, 'Must have at least 12 characters').max(128)

export const User = z
  .object({
    userId: z.string(),
    account: z.string(),
    email: z.string(),
    name: z.string(),
    role: Role,
    isRelayAdmin: z.boolean().meta({ description: 'Sees all accounts, as the admin key does' }),
    createdAt: Timestamp,
    lastSignedInAt: Timestamp.nullable(),
    hasPassword: z.boolean().meta({ description: 'False: signs in by other ways only' }),
    hasTotp: z.boolean(),
    passkeys: z.number().int().meta({ description: 'How many there are' }),
    hasOidc: z.boolean().meta({ description: 'Signs in by the provider of single sign-on' }),
  })
  .meta({ id: 'User' })
export type User = z.infer<typeof User>

export const UserAnswer = z.object({ user: User })

export const UserParams = z.object({ userId: z.string() })

export const UsersQuery = z.strictObject({ account: AccountId.optional(), ...pageQuery })
export type UsersQuery = z.infer<typeof UsersQuery>

export const UserChange = z
  .strictObject({ role: Role.optional(), name: UserName.optional() })
  .refine(({ role, name }) => role !== undefined || name !== undefined, 'Name a role, a name, or both')
export type UserChange = z.infer<typeof UserChange>
