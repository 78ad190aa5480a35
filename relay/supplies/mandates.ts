/** For which devices services are performed, and what is missing for the others: `mandate.ts` for many at once, as a list. */
import type { Mandate, MandatesQuery, Page } from '@fairlead/protocol/contract'
import type { ExpressionBuilder } from 'kysely'
import type { Database } from '../database/database.ts'
import { readCursor, writeCursor } from '../database/page.ts'
import type { Tables } from '../database/tables.ts'
import { tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'

export interface Mandates {
  /** By ID. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, query: MandatesQuery): Promise<Page<Mandate>>
}

interface Standing {
  id: string
  account: string
  registration: string
  /** Of the newest claim since it was released last. */
  claim_id: string | null
  instructed_at: number | null
  consented_at: number | null
}

export function createMandates({ read }: Database): Mandates {
  function standings() {
    return read
      .selectFrom('device')
      .leftJoin('consent', 'consent.device', 'device.id')
      .select(['device.id', 'device.account', 'device.registration', 'consent.given_at as consented_at'])
      .select((device) => [
        newestClaim(device).select('claim_id').as('claim_id'),
        newestClaim(device).select('instructed_at').as('instructed_at'),
      ])
  }

  return {
    async list(caller, { account, device, missing, limit, cursor }) {
      const own = tenantOf(caller)
      let query = read.selectFrom(standings().as('standing')).selectAll()
      if (own !== undefined) query = query.where('account', '=', own)
      if (account !== undefined) query = query.where('account', '=', account)
      if (device !== undefined) query = query.where('id', '=', device)
      if (cursor !== undefined) query = query.where('id', '>', readCursor(cursor))
      if (missing !== undefined)
        query = query.where(({ eb, and, or, not }) => {
          const pressed = and([
            eb('claim_id', 'is not', null),
            eb('registration', '=', 'second'),
            eb('instructed_at', 'is not', null),
          ])
          const consented = and([
            eb('claim_id', 'is', null),
            eb('registration', 'in', ['second', 'enrolled']),
            eb('consented_at', 'is not', null),
          ])
          return missing === 'true' ? not(or([pressed, consented])) : or([pressed, consented])
        })
      const rows: Standing[] = await query
        .orderBy('id')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const end = page.at(-1)
      return { items: page.map(viewOf), nextCursor: rows.length > limit && end ? writeCursor(end.id) : null }
    },
  }
}

function newestClaim({ selectFrom }: ExpressionBuilder<Tables, 'device'>) {
  return selectFrom('claim')
    .whereRef('claim.device', '=', 'device.id')
    .whereRef('claim.version', '>', ({ fn, val }) => fn.coalesce('device.secret_version', val(0)))
    .orderBy('claimed_at', 'desc')
    .limit(1)
}

function viewOf(standing: Standing): Mandate {
  const { id: device, account, claim_id, instructed_at, consented_at } = standing
  const missing = missingOf(standing)
  const at = claim_id === null ? consented_at : instructed_at
  if (missing !== null || at === null) return { device, account, missing, kind: null, sinceAt: null }
  const kind = claim_id === null ? 'consent' : 'instruction'
  return { device, account, missing, kind, sinceAt: new Date(at).toISOString() }
}

function missingOf({ registration, claim_id, instructed_at, consented_at }: Standing): Mandate['missing'] {
  if (registration !== 'second' && registration !== 'enrolled') return 'owner'
  if (claim_id !== null) return registration === 'second' && instructed_at !== null ? null : 'instruction'
  return consented_at === null ? 'consent' : null
}
