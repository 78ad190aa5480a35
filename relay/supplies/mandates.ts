/** For which devices services are performed, and what is missing for the others: `mandate.ts` for many at once, as a list. */
import type { Mandate, MandatesQuery, Page } from '@fairlead/protocol/contract'
import type { ExpressionBuilder } from 'kysely'
import type { Database } from '../database/database.ts'
import { readCursor, writeCursor } from '../database/page.ts'
import type { Tables } from '../database/tables.ts'
import { tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { standingOf } from './mandate.ts'

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

/** Looked through at once, where only some of them are wanted. */
const atOnce = 500

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
      let query = standings().orderBy('device.id').limit(atOnce)
      if (own !== undefined) query = query.where('device.account', '=', own)
      if (account !== undefined) query = query.where('device.account', '=', account)
      if (device !== undefined) query = query.where('device.id', '=', device)
      const found: Mandate[] = []
      let after = cursor === undefined ? '' : readCursor(cursor)
      for (let hasMore = true; hasMore && found.length <= limit; ) {
        const rows: Standing[] = await query.where('device.id', '>', after).execute()
        const some = rows.map(viewOf)
        found.push(...some.filter((one) => missing === undefined || (one.missing !== null) === (missing === 'true')))
        after = rows.at(-1)?.id ?? after
        hasMore = rows.length === atOnce
      }
      const items = found.slice(0, limit)
      const end = items.at(-1)
      return { items, nextCursor: found.length > limit && end ? writeCursor(end.device) : null }
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

function viewOf({ id: device, account, registration, ...row }: Standing): Mandate {
  const facts = { registration, isClaimed: row.claim_id !== null }
  const standing = standingOf({ ...facts, instructedAt: row.instructed_at, consentedAt: row.consented_at })
  if (standing.missing !== null) return { device, account, missing: standing.missing, kind: null, sinceAt: null }
  const { kind, sinceAt } = standing
  return { device, account, missing: null, kind, sinceAt: new Date(sinceAt).toISOString() }
}
