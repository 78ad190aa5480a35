/** PINs that are shown now are found among all of the day, however many there were. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function pairingExpiry({ schema }: Kysely<Tables>): Promise<void> {
  await schema.createIndex('pairing_by_expiry').on('pairing').columns(['phase', 'expires_at']).execute()
}
