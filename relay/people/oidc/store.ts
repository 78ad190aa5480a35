/** What the relay remembers of how providers know people; it decides nothing. */
import type { OidcIdentityRow } from '../../database/people-tables.ts'
import type { Transaction } from '../../database/writer.ts'

export const identities = {
  find({ sql }: Transaction, issuer: string, subject: string): Promise<OidcIdentityRow | undefined> {
    return sql
      .selectFrom('oidc_identity')
      .selectAll()
      .where('issuer', '=', issuer)
      .where('subject', '=', subject)
      .executeTakeFirst()
  },

  async put({ sql }: Transaction, row: OidcIdentityRow): Promise<void> {
    const { user_id, last_used_at } = row
    await sql
      .insertInto('oidc_identity')
      .values(row)
      .onConflict((on) => on.columns(['issuer', 'subject']).doUpdateSet({ user_id, last_used_at }))
      .execute()
  },

  /** @returns false: there is none */
  async removeOf({ sql }: Transaction, userId: string): Promise<boolean> {
    const removed = await sql.deleteFrom('oidc_identity').where('user_id', '=', userId).executeTakeFirst()
    return removed.numDeletedRows > 0n
  },
}
