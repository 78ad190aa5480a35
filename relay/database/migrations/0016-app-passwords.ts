/** App passwords of users. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function appPasswords({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('app_password')
    .addColumn('app_password_id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('account_user.user_id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute()
  await schema.createIndex('app_password_by_hash').unique().on('app_password').column('hash').execute()
  await schema.createIndex('app_password_by_user').on('app_password').column('user_id').execute()
}
