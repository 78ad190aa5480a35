/** Release codes: what a person shows at a device so that it prints what waits for them (H1): a PIN, or a badge. */
import { z } from 'zod'
import { line, Timestamp } from './text.ts'

export const ReleaseCodeKind = z.enum(['pin', 'badge'])
export type ReleaseCodeKind = z.infer<typeof ReleaseCodeKind>

/** Printable ASCII: what readers of badges send. */
const Badge = z.string().regex(/^[\x20-\x7e]{4,64}$/, 'A badge is 4 to 64 printable ASCII characters')
const name = line(128).meta({ description: 'For people', examples: ['The card of my key ring'] })

export const NewReleaseCode = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pin'), name: name.optional() }).meta({ description: 'The relay makes the PIN' }),
  z.strictObject({ kind: z.literal('badge'), badge: Badge, name: name.optional() }),
])
export type NewReleaseCode = z.infer<typeof NewReleaseCode>

const fields = {
  releaseCodeId: z.string(),
  kind: ReleaseCodeKind,
  name: z.string(),
  user: z.object({ userId: z.string(), name: z.string(), email: z.string() }).meta({ description: 'Whose it is' }),
  createdAt: Timestamp,
  lastUsedAt: Timestamp.nullable(),
}

export const ReleaseCode = z.object(fields).meta({ id: 'ReleaseCode' })
export type ReleaseCode = z.infer<typeof ReleaseCode>

export const MadeReleaseCode = z
  .object({ ...fields, pin: z.string().optional().meta({ description: '8 digits, shown this once' }) })
  .meta({ id: 'MadeReleaseCode' })
export type MadeReleaseCode = z.infer<typeof MadeReleaseCode>

export const ReleaseCodesQuery = z.strictObject({
  of: z
    .enum(['me', 'account'])
    .default('me')
    .meta({ description: '`account`: those of everybody in it, for whoever manages its users' }),
})
export type ReleaseCodesQuery = z.infer<typeof ReleaseCodesQuery>

export const ReleaseCodeParams = z.object({ releaseCodeId: z.string() })
