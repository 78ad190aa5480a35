/**
 * Why services may be performed for a device (B8): its owner has claimed it and then pressed the button there, or, where nobody
 * claimed it by its code, has consented in so many words.
 */
import type { Transaction } from '../database/writer.ts'

export type Mandate =
  | { kind: 'instruction'; sinceAt: number; claimId: string; claimedBy: string; claimedAt: number }
  | { kind: 'consent'; sinceAt: number; givenBy: string; registration: string }

export interface Owned {
  account: string
  registration: string
  /** Of the newest secret that it had when it was released last; null: it never was. */
  secret_version: number | null
}

/** Nobody else reads of this device, or orders for it, until the commit. @returns undefined: there is no such device */
export function ownedBy({ sql }: Transaction, device: string): Promise<Owned | undefined> {
  return sql
    .selectFrom('device')
    .select(['account', 'registration', 'secret_version'])
    .where('id', '=', device)
    .forNoKeyUpdate()
    .executeTakeFirst()
}

/** It was claimed by its code, so the press at it is what counts, and no consent. Claims from before a release say nothing of who has it now. */
export function newestClaim({ sql }: Pick<Transaction, 'sql'>, device: string, { secret_version }: Owned) {
  return sql
    .selectFrom('claim')
    .selectAll()
    .where('device', '=', device)
    .where('version', '>', secret_version ?? 0)
    .orderBy('claimed_at', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** What decides of it, of one device as of many. */
export interface MandateFacts {
  registration: string
  /** It was claimed by its code, since it was released last. */
  isClaimed: boolean
  instructedAt: number | null
  consentedAt: number | null
}

export type MandateStanding =
  | { missing: null; kind: Mandate['kind']; sinceAt: number }
  | { missing: 'owner' | 'instruction' | 'consent' }

export function standingOf({ registration, isClaimed, instructedAt, consentedAt }: MandateFacts): MandateStanding {
  if (registration !== 'second' && registration !== 'enrolled') return { missing: 'owner' }
  if (isClaimed)
    return registration === 'second' && instructedAt !== null
      ? { missing: null, kind: 'instruction', sinceAt: instructedAt }
      : { missing: 'instruction' }
  return consentedAt === null ? { missing: 'consent' } : { missing: null, kind: 'consent', sinceAt: consentedAt }
}

/** @returns undefined: nothing is performed for it */
export async function mandateFor(
  tx: Pick<Transaction, 'sql'>,
  device: string,
  owned: Owned,
): Promise<Mandate | undefined> {
  const { registration } = owned
  const claim = await newestClaim(tx, device, owned)
  const consent = await tx.sql.selectFrom('consent').selectAll().where('device', '=', device).executeTakeFirst()
  const standing = standingOf({
    registration,
    isClaimed: claim !== undefined,
    instructedAt: claim?.instructed_at ?? null,
    consentedAt: consent?.given_at ?? null,
  })
  if (standing.missing !== null) return undefined
  const { kind, sinceAt } = standing
  if (kind === 'instruction')
    return claim && { kind, sinceAt, claimId: claim.claim_id, claimedBy: claim.claimed_by, claimedAt: claim.claimed_at }
  return consent && { kind, sinceAt, givenBy: consent.given_by, registration }
}
