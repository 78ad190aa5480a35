/** Failed tries, counted before anything is compared (S-R2, S-A7): in the record, so that no node forgets what another has seen. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { Database } from './shape.ts'
import type { Transaction } from './writer.ts'

export interface CountedTries {
  /**
   * Counts one more of each: of whoever asks, of the network that it comes from.
   *
   * @returns takes it back: it was no failed try
   * @throws {Failure} `too-many-requests`
   */
  count(limits: readonly TriesLimit[]): Promise<() => Promise<void>>
  /** Those that count no more, of whatever sort, are rows for nothing. */
  forgetOld(): Promise<void>
}

export interface TriesLimit {
  /** What is tried and by whom: others count for themselves. */
  who: string
  atMost: number
}

export interface CountedTriesNeeds {
  database: Database
  clock: Clock
  random: Random
  /** How long a failed one counts; an hour at most, since then it is forgotten. */
  withinMs: number
  /** For people: what to do now. */
  refusal: string
}

const keptMs = 3_600_000

export function createCountedTries({ database, clock, random, withinMs, refusal }: CountedTriesNeeds): CountedTries {
  async function countOne({ sql }: Transaction, { who, atMost }: TriesLimit, tryId: string, nowMs: number) {
    await sql
      .deleteFrom('claim_try')
      .where('who', '=', who)
      .where('at', '<=', nowMs - keptMs)
      .execute()
    const before = await sql
      .selectFrom('claim_try')
      .select('at')
      .where('who', '=', who)
      .where('at', '>', nowMs - withinMs)
      .orderBy('at')
      .execute()
    const oldest = before.at(-atMost)
    if (oldest)
      throw new Failure('too-many-requests', refusal, {
        retryAfterSeconds: Math.max(1, Math.ceil((oldest.at + withinMs - nowMs) / 1000)),
      })
    await sql.insertInto('claim_try').values({ try_id: tryId, who, at: nowMs }).execute()
  }

  return {
    async count(limits) {
      const tryIds = limits.map(() => random.token(12))
      const nowMs = clock.wallNow()
      await database.write(async (tx) => {
        for (const [at, limit] of limits.entries()) await countOne(tx, limit, tryIds[at] ?? '', nowMs)
      })
      return async () => {
        await database.write(({ sql }) => sql.deleteFrom('claim_try').where('try_id', 'in', tryIds).execute())
      }
    },
    async forgetOld() {
      const untilMs = clock.wallNow() - keptMs
      await database.write(({ sql }) => sql.deleteFrom('claim_try').where('at', '<=', untilMs).execute())
    },
  }
}
