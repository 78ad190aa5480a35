/** Saved views of the fleet: a name and a search, of one user or of an account. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function views({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('saved_view')
    .addColumn('view_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    // What is somebody's own goes with them; what is the account's has no user.
    .addColumn('user_id', 'text', (column) => column.references('account_user.user_id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('search', 'text', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('saved_view_by_account').on('saved_view').columns(['account', 'user_id']).execute()
  await schema.createIndex('saved_view_by_user').on('saved_view').column('user_id').execute()
}
