/** People as providers of single sign-on know them, and who was removed. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function oidc({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('oidc_identity')
    .addColumn('issuer', 'text', (column) => column.notNull())
    .addColumn('subject', 'text', (column) => column.notNull())
    // Whoever was removed is still known by it, and stays out.
    .addColumn('user_id', 'text', (column) => column.references('account_user.user_id').onDelete('set null'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .addPrimaryKeyConstraint('oidc_identity_key', ['issuer', 'subject'])
    .execute()
  await schema.createIndex('oidc_identity_by_user').on('oidc_identity').column('user_id').execute()
  await schema
    .createTable('removed_user')
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('email_hash', 'text', (column) => column.notNull())
    .addColumn('removed_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('removed_user_key', ['account', 'email_hash'])
    .execute()
}
