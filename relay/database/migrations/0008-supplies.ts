/** Levels over time, subscriptions to them, what was ordered, and webhooks on their way. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function supplies(database: Kysely<Tables>): Promise<void> {
  await webhooks(database)
  await readings(database)
  await orders(database)
}

async function webhooks({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('webhook')
    .addColumn('webhook_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('url', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('rotated_at', 'bigint')
    .execute()
  // No reference to the webhook: what became of a message is told after that is gone.
  await schema
    .createTable('webhook_message')
    .addColumn('message_id', 'text', (column) => column.primaryKey())
    .addColumn('webhook_id', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('next_at', 'bigint', (column) => column.notNull())
    .addColumn('tries', 'integer', (column) => column.notNull())
    .addColumn('lease', 'text')
    .addColumn('leased_until', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('webhook_message_by_next').on('webhook_message').columns(['state', 'next_at']).execute()
  await schema
    .createIndex('webhook_message_by_webhook')
    .on('webhook_message')
    .columns(['webhook_id', 'state'])
    .execute()
  await schema
    .createTable('webhook_try')
    .addColumn('message_id', 'text', (column) =>
      column.notNull().references('webhook_message.message_id').onDelete('cascade'),
    )
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('status', 'integer')
    .addColumn('error', 'text')
    .addPrimaryKeyConstraint('webhook_try_key', ['message_id', 'number'])
    .execute()
}

async function readings({ schema }: Kysely<Tables>): Promise<void> {
  // No reference to the device: its history is its account's, and goes on when it is claimed again.
  await schema
    .createTable('reading')
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('object', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('until_at', 'bigint', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('source', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('reading_key', ['account', 'device', 'object', 'at'])
    .execute()
  await schema.createIndex('reading_by_time').on('reading').columns(['account', 'device', 'at']).execute()
  await schema.createIndex('reading_by_end').on('reading').column('until_at').execute()
  await schema
    .createTable('look')
    .addColumn('device', 'text', (column) => column.primaryKey().references('device.id').onDelete('cascade'))
    .addColumn('due_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('look_by_time').on('look').column('due_at').execute()
}

async function orders({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('subscription')
    .addColumn('subscription_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('device', 'text')
    .addColumn('conditions', 'text', (column) => column.notNull())
    .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhook.webhook_id'))
    .addColumn('paused', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('subscription_by_account').on('subscription').column('account').execute()
  // No reference to the device: which cartridge was ordered for is known after it was given away and claimed again.
  await schema
    .createTable('watch')
    .addColumn('subscription_id', 'text', (column) =>
      column.notNull().references('subscription.subscription_id').onDelete('cascade'),
    )
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('watch_key', ['subscription_id', 'device'])
    .execute()
  await schema
    .createTable('consent')
    .addColumn('device', 'text', (column) => column.primaryKey().references('device.id').onDelete('cascade'))
    .addColumn('given_by', 'text', (column) => column.notNull())
    .addColumn('given_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('supply_order')
    .addColumn('order_id', 'text', (column) => column.primaryKey())
    .addColumn('subscription_id', 'text', (column) => column.notNull())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('object', 'text', (column) => column.notNull())
    .addColumn('life', 'integer', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('reasons', 'text', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  // One for each cartridge, whoever else tries at the same moment (B8).
  await schema
    .createIndex('supply_order_once')
    .on('supply_order')
    .columns(['subscription_id', 'device', 'object', 'life'])
    .unique()
    .execute()
  await schema.createIndex('supply_order_by_time').on('supply_order').columns(['account', 'created_at']).execute()
}
