/** App passwords: what a user's print clients show, which can neither sign in as people do nor show a second factor. */
import { z } from 'zod'
import { line, Timestamp } from './text.ts'

export const NewAppPassword = z.strictObject({
  name: line(128).meta({ description: 'For people: where it will be typed', examples: ['My laptop'] }),
})
export type NewAppPassword = z.infer<typeof NewAppPassword>

const fields = {
  appPasswordId: z.string(),
  name: z.string(),
  createdAt: Timestamp,
  lastUsedAt: Timestamp.nullable().meta({ description: 'To the minute' }),
}

export const AppPassword = z.object(fields).meta({ id: 'AppPassword' })
export type AppPassword = z.infer<typeof AppPassword>

export const MadeAppPassword = z
  .object({ ...fields, password: z.string().meta({ description: 'Shown this once' }) })
  .meta({ id: 'MadeAppPassword' })
export type MadeAppPassword = z.infer<typeof MadeAppPassword>

export const AppPasswordParams = z.object({ appPasswordId: z.string() })
