/** Devices that come with a factory code, the maker's lists, and who has claimed what. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function enrolment({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('factory_code')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('added_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('factory_code_key', ['device', 'code'])
    .execute()
  // No reference to the device: it arises with the claim.
  await schema
    .createTable('target')
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('code', 'text', (column) => column.notNull())
    .addColumn('model', 'text')
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .addColumn('claim_id', 'text')
    .addPrimaryKeyConstraint('target_key', ['device', 'code'])
    .execute()
  await schema.createIndex('target_by_code').on('target').column('code').execute()
  await schema.createIndex('target_by_network').on('target').columns(['claim_id', 'network']).execute()
  await schema
    .createTable('claim')
    .addColumn('claim_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('claimed_by', 'text', (column) => column.notNull())
    .addColumn('claimed_at', 'bigint', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('instructed_at', 'bigint')
    .execute()
  await schema.createIndex('claim_by_device').on('claim').columns(['device', 'claimed_at']).execute()
  await schema
    .createTable('claim_try')
    .addColumn('try_id', 'text', (column) => column.primaryKey())
    .addColumn('who', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('claim_try_by_who').on('claim_try').columns(['who', 'at']).execute()
}
