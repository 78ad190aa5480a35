/** The relay that this console came from, by the SDK; the browser shows the cookie of whoever signed in. */
import { createClient, NoRelayError, RelayError } from '@fairlead/sdk'
import type { Messages } from './language.ts'
import { withProof } from './prove.ts'

export const relay = createClient({ url: location.origin, fetch: withProof((...call) => fetch(...call)) })

/** What failed, for people: in the reader's own language where the code is known, else in the relay's words. */
export function explain(error: unknown, say: Messages): string {
  if (error instanceof NoRelayError) return say.problems.noRelay
  if (!(error instanceof RelayError)) return say.problems.own(error instanceof Error ? error.message : String(error))
  const known: Readonly<Record<string, string>> = say.problems.codes
  if (error.retryAfterSeconds !== undefined && error.code === 'too-many-requests')
    return say.problems.tooMany(error.retryAfterSeconds)
  return known[error.code] ?? error.message
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof RelayError && error.code === code
}
