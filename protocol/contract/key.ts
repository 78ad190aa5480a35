/** Keys of services: what a program calls the API with. */
import { z } from 'zod'
import { AccountId } from './account.ts'
import { line, Timestamp } from './text.ts'

export const Scope = z.enum([
  'devices:read',
  'devices:write',
  'requests:read',
  'requests:write',
  'events:read',
  'jobs:write',
  'keys:write',
])
export type Scope = z.infer<typeof Scope>

export const allScopes: readonly Scope[] = Scope.options

export const NewKey = z.strictObject({
  account: AccountId,
  name: line(128).optional(),
  scopes: z.array(Scope).min(1).max(allScopes.length).optional().meta({ description: 'All of them if left out' }),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
})
export type NewKey = z.infer<typeof NewKey>

export const Key = z
  .object({
    keyId: z.string(),
    account: z.string(),
    name: z.string().nullable(),
    scopes: z.array(Scope),
    createdAt: Timestamp,
    expiresAt: Timestamp.nullable(),
    lastUsedAt: Timestamp.nullable(),
  })
  .meta({ id: 'Key' })
export type Key = z.infer<typeof Key>

export const CreatedKey = Key.extend({
  key: z.string().meta({ description: 'Shown this once: `fl_` + 8 + `_` + 43 characters of base64url' }),
}).meta({ id: 'CreatedKey' })
export type CreatedKey = z.infer<typeof CreatedKey>
