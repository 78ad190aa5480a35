/** When people last proved who they are, where they are signed in, which accounts demand a second factor, and links for a new password. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function proof({ schema }: Kysely<Tables>): Promise<void> {
  for (const column of ['proven_at', 'factor_at'] as const)
    await schema.alterTable('user_session').addColumn(column, 'bigint').execute()
  for (const column of ['network', 'browser'] as const)
    await schema.alterTable('user_session').addColumn(column, 'text').execute()
  await schema
    .alterTable('account')
    .addColumn('require_second_factor', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
  await schema
    .createTable('password_reset')
    .addColumn('user_id', 'text', (column) =>
      column.primaryKey().references('account_user.user_id').onDelete('cascade'),
    )
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('ends_factor', 'integer', (column) => column.notNull())
    .addColumn('made_by', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('password_reset_by_hash').unique().on('password_reset').column('hash').execute()
}
