/** What somebody tries who may not be who they say: counted for the address and for the network (S-A7). */
import type { Clock, Random } from '@fairlead/base'
import { createCountedTries } from '../database/counted-tries.ts'
import type { Database } from '../database/database.ts'
import { hashOf } from './token.ts'

export interface SignInLimits {
  /** Failed tries within a quarter of an hour: of an e-mail address. */
  perUser: number
  /** The same, of a network. */
  perNetwork: number
}

/** @returns takes it back: it was no failed try @throws {Failure} `too-many-requests` */
export type CountTry = (emailLower: string, network: string) => Promise<() => Promise<void>>

export interface SignInTriesNeeds {
  database: Database
  clock: Clock
  random: Random
  limits: SignInLimits
}

const lockedMs = 15 * 60_000

export function createSignInTries({ limits, ...needs }: SignInTriesNeeds): CountTry {
  const refusal = 'Too many sign-ins failed. Wait as long as is said, or sign in with a passkey.'
  const tries = createCountedTries({ ...needs, withinMs: lockedMs, refusal })
  // People type all sorts of things where an address is asked for: only its hash is kept.
  return (emailLower, network) =>
    tries.count([
      { who: `sign-in of ${hashOf(emailLower)}`, atMost: limits.perUser },
      { who: `sign-in from ${network}`, atMost: limits.perNetwork },
    ])
}
