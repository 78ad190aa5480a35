/** Tries to claim and to pair, counted before anything is compared (S-R2). */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { Act } from '../audit/act.ts'
import type { Audit } from '../audit/audit.ts'
import { createCountedTries } from '../database/counted-tries.ts'
import type { Database } from '../database/database.ts'

export interface Tries {
  /**
   * Counts one more.
   *
   * @param who the key or user, and the network that it comes from
   * @param refusal what the audit log is told, once a minute, if there are too many
   * @returns takes it back: it was no failed try
   * @throws {Failure} `too-many-requests`
   */
  count(who: { asker: string; network: string }, refusal: Act): Promise<() => Promise<void>>
  /** Those of whoever has not tried again. */
  forgetOld(): Promise<void>
}

export interface TriesLimits {
  /** Failed ones within an hour: of a key or user. */
  perAsker: number
  /** The same, of a network. */
  perNetwork: number
}

export interface TriesNeeds {
  database: Database
  clock: Clock
  random: Random
  limits: TriesLimits
  audit: Pick<Audit, 'tellSeldom'>
}

const countedMs = 3_600_000

export function createTries({ limits, audit, ...needs }: TriesNeeds): Tries {
  const tooMany = 'Too many codes did not match: wait, and compare the code with the label.'
  const tries = createCountedTries({ ...needs, withinMs: countedMs, refusal: tooMany })
  return {
    async count({ asker, network }, refusal) {
      try {
        return await tries.count([
          { who: asker, atMost: limits.perAsker },
          { who: network, atMost: limits.perNetwork },
        ])
      } catch (error) {
        if (error instanceof Failure && error.code === 'too-many-requests')
          audit.tellSeldom({ ...refusal, result: error.code })
        throw error
      }
    },
    forgetOld: tries.forgetOld,
  }
}
