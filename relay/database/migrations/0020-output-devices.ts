/** Devices that IPP proxies serve, what these want to be told of, and which of them has a job. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function outputDevices({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('job').addColumn('holder', 'text').execute()
  await schema
    .createTable('output_device')
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('uuid', 'text', (column) => column.notNull())
    .addColumn('heard_at', 'bigint', (column) => column.notNull())
    .addColumn('attributes', 'text', (column) => column.notNull())
    .addColumn('identify_at', 'bigint')
    .addPrimaryKeyConstraint('output_device_key', ['device', 'uuid'])
    .execute()
  await schema
    .createTable('output_subscription')
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('events', 'text', (column) => column.notNull())
    .addColumn('lease_until', 'bigint')
    .addColumn('asked_at', 'bigint', (column) => column.notNull())
    .addColumn('sequence', 'integer', (column) => column.notNull())
    .addColumn('told', 'text', (column) => column.notNull())
    .addColumn('untaken', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('output_subscription_key', ['device', 'number'])
    .execute()
}
