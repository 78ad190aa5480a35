/** Tries to claim, counted before anything is compared (S-R2): in the record, so that no node forgets what another has seen. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { Act } from '../audit/act.ts'
import type { Audit } from '../audit/audit.ts'
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

export function createTries({ database, clock, random, limits, audit }: TriesNeeds): Tries {
  async function countOne(who: string, atMost: number, tryId: string): Promise<void> {
    const nowMs = clock.wallNow()
    await database.write(async ({ sql }) => {
      await sql
        .deleteFrom('claim_try')
        .where('who', '=', who)
        .where('at', '<=', nowMs - countedMs)
        .execute()
      const before = await sql.selectFrom('claim_try').select('at').where('who', '=', who).orderBy('at').execute()
      const oldest = before.at(-atMost)
      if (oldest)
        throw new Failure(
          'too-many-requests',
          'Too many codes did not match: wait, and compare the code with the label.',
          {
            retryAfterSeconds: Math.max(1, Math.ceil((oldest.at + countedMs - nowMs) / 1000)),
          },
        )
      await sql.insertInto('claim_try').values({ try_id: tryId, who, at: nowMs }).execute()
    })
  }

  async function countBoth(asker: string, network: string): Promise<() => Promise<void>> {
    const tryIds = [random.token(12), random.token(12)] as const
    const takeBack = async () => {
      await database.write(({ sql }) =>
        sql
          .deleteFrom('claim_try')
          .where('try_id', 'in', [...tryIds])
          .execute(),
      )
    }
    await countOne(asker, limits.perAsker, tryIds[0])
    try {
      await countOne(network, limits.perNetwork, tryIds[1])
    } catch (error) {
      await takeBack()
      throw error
    }
    return takeBack
  }

  return {
    async count({ asker, network }, refusal) {
      try {
        return await countBoth(asker, network)
      } catch (error) {
        if (error instanceof Failure && error.code === 'too-many-requests')
          audit.tellSeldom({ ...refusal, result: error.code })
        throw error
      }
    },
    async forgetOld() {
      const untilMs = clock.wallNow() - countedMs
      await database.write(({ sql }) => sql.deleteFrom('claim_try').where('at', '<=', untilMs).execute())
    },
  }
}
