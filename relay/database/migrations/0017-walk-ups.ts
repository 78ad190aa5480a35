/** Release codes of people, who is at a device, and jobs that wait for their person. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function walkUps({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('release_code')
    .addColumn('release_code_id', 'text', (column) => column.primaryKey())
    .addColumn('user_id', 'text', (column) => column.notNull().references('account_user.user_id').onDelete('cascade'))
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('last_used_at', 'bigint')
    .execute()
  await schema.createIndex('release_code_by_hash').unique().on('release_code').columns(['account', 'hash']).execute()
  await schema.createIndex('release_code_by_user').on('release_code').column('user_id').execute()
  await schema
    .createTable('walk_up')
    .addColumn('walk_up_id', 'text', (column) => column.primaryKey())
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.unique())
    .addColumn('user_id', 'text', (column) => column.references('account_user.user_id').onDelete('cascade'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('walk_up_by_device').on('walk_up').column('device').execute()
  await schema.createIndex('walk_up_by_user').on('walk_up').column('user_id').execute()
  await schema.createIndex('walk_up_by_expiry').on('walk_up').column('expires_at').execute()
  await schema.alterTable('job').addColumn('for_user', 'text').execute()
  await schema.alterTable('job').addColumn('for_name', 'text').execute()
  await schema
    .createIndex('job_by_person')
    .on('job')
    .columns(['device', 'for_user'])
    .where(sql<boolean>`held_for = 'person'`)
    .execute()
  await schema
    .alterTable('device')
    .addColumn('release_at_device', 'integer', (column) => column.notNull().defaultTo(0))
    .execute()
}
