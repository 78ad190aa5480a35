/** Jobs, their documents, and documents that come in parts. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function jobs(database: Kysely<Tables>): Promise<void> {
  const { schema } = database
  // No reference to the device: what became of its jobs is told after it is gone.
  await schema
    .createTable('job')
    .addColumn('job_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('number', 'integer', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('held_for', 'text')
    .addColumn('cancel_asked', 'integer', (column) => column.notNull())
    .addColumn('priority', 'integer', (column) => column.notNull())
    .addColumn('ticket', 'text', (column) => column.notNull())
    .addColumn('states', 'text', (column) => column.notNull())
    .addColumn('pages_done', 'integer')
    .addColumn('reason', 'text')
    .addColumn('format', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('digest', 'text')
    .addColumn('digest_until', 'bigint')
    .addColumn('abilities_version', 'text')
    .addColumn('sent_by', 'text', (column) => column.notNull())
    .addColumn('user_name', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .addColumn('changed_at', 'bigint', (column) => column.notNull())
    .addColumn('due', 'integer', (column) => column.notNull())
    .addColumn('key_owner', 'text')
    .addColumn('idempotency_key', 'text')
    .addColumn('fingerprint', 'text')
    .execute()
  await schema.createIndex('job_by_number').on('job').columns(['device', 'number']).unique().execute()
  await schema.createIndex('job_by_account').on('job').columns(['account', 'created_at', 'job_id']).execute()
  await schema.createIndex('job_by_device').on('job').columns(['device', 'created_at', 'job_id']).execute()
  await schema.createIndex('job_by_time').on('job').columns(['created_at', 'job_id']).execute()
  await schema
    .createIndex('job_by_key')
    .on('job')
    .columns(['key_owner', 'device', 'idempotency_key'])
    .unique()
    .execute()
  // Few of very many: those that somebody has to look after.
  await schema.createIndex('job_by_due').on('job').column('device').where(sql<boolean>`due = 1`).execute()
  await schema.createIndex('job_by_digest').on('job').column('digest').where(sql<boolean>`digest is not null`).execute()
  await schema
    .createIndex('job_by_expiry')
    .on('job')
    .column('expires_at')
    .where(sql<boolean>`state in ('waiting', 'notified')`)
    .execute()
  await schema
    .createTable('job_number')
    .addColumn('device', 'text', (column) => column.primaryKey())
    .addColumn('last', 'integer', (column) => column.notNull())
    .execute()
  await documents(database)
}

async function documents({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('document')
    .addColumn('digest', 'text', (column) => column.primaryKey())
    .addColumn('blob', 'text', (column) => column.notNull().unique())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .createTable('blob_part')
    .addColumn('blob', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    // Each database has its own word for it, and SQLite takes any.
    .addColumn('content', sql`bytea`, (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('blob_part_key', ['blob', 'start'])
    .execute()
  await schema
    .createTable('upload')
    .addColumn('upload_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('asker', 'text', (column) => column.notNull())
    .addColumn('blob', 'text', (column) => column.notNull().unique())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('content_type', 'text', (column) => column.notNull())
    .addColumn('expires_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('upload_by_expiry').on('upload').column('expires_at').execute()
}
