/** What the relay remembers of who is invited; it decides nothing. */
import type { Database } from '../database/database.ts'
import type { InvitationRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type InvitationStore = ReturnType<typeof createInvitationStore>

export function createInvitationStore({ read }: Database) {
  return {
    /** @param account undefined: of all */
    list(account: string | undefined, nowMs: number): Promise<InvitationRow[]> {
      const all = read.selectFrom('invitation').selectAll().where('expires_at', '>', nowMs)
      return (account === undefined ? all : all.where('account', '=', account)).execute()
    },

    find(invitationId: string): Promise<InvitationRow | undefined> {
      return read.selectFrom('invitation').selectAll().where('invitation_id', '=', invitationId).executeTakeFirst()
    },

    findByHash(hash: string, nowMs: number): Promise<InvitationRow | undefined> {
      return read
        .selectFrom('invitation')
        .selectAll()
        .where('hash', '=', hash)
        .where('expires_at', '>', nowMs)
        .executeTakeFirst()
    },

    /** @returns the newest of that address, however it was written */
    findOfAddress({ sql }: Transaction, account: string, emailLower: string, nowMs: number) {
      return sql
        .selectFrom('invitation')
        .selectAll()
        .where('account', '=', account)
        .where(({ fn }) => fn<string>('lower', ['email']), '=', emailLower)
        .where('expires_at', '>', nowMs)
        .orderBy('created_at', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** One for each address: those before are dead. */
    async put({ sql }: Transaction, row: InvitationRow): Promise<void> {
      await sql.deleteFrom('invitation').where('account', '=', row.account).where('email', '=', row.email).execute()
      await sql.insertInto('invitation').values(row).execute()
    },

    /** @returns false: somebody has used it or taken it back */
    async remove({ sql }: Transaction, invitationId: string): Promise<boolean> {
      const removed = await sql.deleteFrom('invitation').where('invitation_id', '=', invitationId).executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    async removeBy({ sql }: Transaction, invitedBy: string): Promise<void> {
      await sql.deleteFrom('invitation').where('invited_by', '=', invitedBy).execute()
    },

    async forgetExpired({ sql }: Transaction, nowMs: number): Promise<void> {
      await sql.deleteFrom('invitation').where('expires_at', '<=', nowMs).execute()
    },
  }
}
