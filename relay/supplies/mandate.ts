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

/** @returns undefined: nothing is performed for it */
export async function mandateFor(
  tx: Pick<Transaction, 'sql'>,
  device: string,
  owned: Owned,
): Promise<Mandate | undefined> {
  const { registration } = owned
  const claim = await newestClaim(tx, device, owned)
  if (claim) {
    const { claim_id, claimed_by, claimed_at, instructed_at } = claim
    if (registration !== 'second' || instructed_at === null) return undefined
    const about = { claimId: claim_id, claimedBy: claimed_by, claimedAt: claimed_at }
    return { kind: 'instruction', sinceAt: instructed_at, ...about }
  }
  if (registration !== 'second' && registration !== 'enrolled') return undefined
  const consent = await tx.sql.selectFrom('consent').selectAll().where('device', '=', device).executeTakeFirst()
  return consent && { kind: 'consent', sinceAt: consent.given_at, givenBy: consent.given_by, registration }
}
