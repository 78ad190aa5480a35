/** The first tables. Never edited once released: what comes later is a migration of its own. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function initial(database: Kysely<Tables>): Promise<void> {
  await createAccounts(database)
  await createDevices(database)
  await createRequests(database)
  await database.schema
    .createTable('event')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('account', 'text')
    .addColumn('device', 'text')
    .addColumn('type', 'text', (column) => column.notNull())
    .addColumn('data', 'text', (column) => column.notNull())
    .execute()
  await database.schema
    .createTable('setting')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute()
}

async function createAccounts({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('account')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('name', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('api_key')
    .addColumn('key_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('name', 'text')
    .addColumn('hash', 'text', (column) => column.notNull())
    .addColumn('scopes', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint')
    .addColumn('last_used_at', 'bigint')
    .execute()
}

async function createDevices({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('device')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('model', 'text')
    .addColumn('serial', 'text')
    .addColumn('serial_lower', 'text')
    .addColumn('tags', 'text', (column) => column.notNull())
    .addColumn('registration', 'text', (column) => column.notNull())
    .addColumn('capabilities', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('registered_at', 'bigint')
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('state_since_at', 'bigint', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('last_seen_at', 'bigint')
    .addColumn('address', 'text')
    .addColumn('transport', 'text')
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('device_by_account').on('device').columns(['account', 'id']).execute()

  await schema
    .createTable('device_credential')
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('iterations', 'integer', (column) => column.notNull())
    .addColumn('sha1_stored', 'text', (column) => column.notNull())
    .addColumn('sha1_server', 'text', (column) => column.notNull())
    .addColumn('sha256_stored', 'text', (column) => column.notNull())
    .addColumn('sha256_server', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('good_until', 'bigint')
    .addColumn('used_at', 'bigint')
    .addPrimaryKeyConstraint('device_credential_key', ['device', 'version'])
    .execute()
  await schema
    .createTable('device_object')
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('device_object_key', ['device', 'name'])
    .execute()
  await schema
    .createTable('device_event')
    .addColumn('device', 'text', (column) => column.notNull().references('device.id').onDelete('cascade'))
    .addColumn('id', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('device_event_key', ['device', 'id'])
    .execute()
}

/** No reference to the device: what became of a request can still be asked when the device is gone. */
async function createRequests({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('request')
    .addColumn('request_id', 'text', (column) => column.primaryKey())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('code', 'text')
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('accepted_at', 'bigint', (column) => column.notNull())
    .addColumn('sent_at', 'bigint')
    .addColumn('acknowledged_at', 'bigint')
    .addColumn('answered_at', 'bigint')
    .addColumn('answer', 'text')
    .addColumn('keep_until', 'bigint', (column) => column.notNull())
    .addColumn('deliver_until', 'bigint')
    .addColumn('key_owner', 'text')
    .addColumn('idempotency_key', 'text')
    .addColumn('fingerprint', 'text')
    .addUniqueConstraint('request_once', ['account', 'key_owner', 'device', 'idempotency_key'])
    .execute()
  await schema.createIndex('request_by_device').on('request').columns(['device', 'accepted_at']).execute()
  await schema.createIndex('request_by_keep_until').on('request').column('keep_until').execute()
}
