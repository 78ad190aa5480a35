/** Where somebody is signed in: one of these for each browser. */
import { z } from 'zod'
import { Timestamp } from './text.ts'

export const UserSession = z
  .object({
    sessionId: z.string(),
    createdAt: Timestamp,
    lastSeenAt: Timestamp.meta({ description: 'To the minute' }),
    network: z.string().nullable().meta({ description: 'Signed in from there: an IPv4 address, or an IPv6 /64' }),
    browser: z.string().nullable().meta({ description: 'In words, as it said itself: `Firefox, Windows`' }),
    isThis: z.boolean().meta({ description: 'The one that asks' }),
  })
  .meta({ id: 'UserSession' })
export type UserSession = z.infer<typeof UserSession>

export const UserSessionParams = z.object({ sessionId: z.string() })
