/** Devices that show a PIN, and what became of it. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function pairing({ schema }: Kysely<Tables>): Promise<void> {
  // No reference to the device: it arises with the pairing.
  await schema
    .createTable('pairing')
    .addColumn('pairing_id', 'text', (column) => column.primaryKey())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('pin', 'text', (column) => column.notNull())
    .addColumn('token', 'text', (column) => column.notNull())
    .addColumn('local_url', 'text', (column) => column.notNull())
    .addColumn('addresses', 'text', (column) => column.notNull())
    .addColumn('seen', 'text', (column) => column.notNull())
    .addColumn('veiled', 'integer', (column) => column.notNull())
    .addColumn('network', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('phase', 'text', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('doubts', 'text', (column) => column.notNull())
    .addColumn('refused_check', 'text')
    .addColumn('refused_at', 'bigint')
    .addColumn('account', 'text', (column) => column.references('account.id'))
    .addColumn('asker', 'text')
    .execute()
  await schema.createIndex('pairing_by_token').on('pairing').column('token').execute()
  await schema.createIndex('pairing_by_pin').on('pairing').columns(['phase', 'pin']).execute()
  await schema.createIndex('pairing_by_network').on('pairing').columns(['phase', 'network']).execute()
  await schema.createIndex('pairing_by_device').on('pairing').column('device').execute()
  // How many accounts have devices behind one address.
  await schema.createIndex('device_by_address').on('device').column('address').execute()
}
