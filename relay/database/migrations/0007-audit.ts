/** The audit log: a chain of entries, and where it ends. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function audit(database: Kysely<Tables>): Promise<void> {
  const { schema } = database
  // No reference to accounts or devices: what was done to them is told after they are gone.
  await schema
    .createTable('audit')
    .addColumn('seq', 'bigint', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('account', 'text')
    .addColumn('actor_kind', 'text', (column) => column.notNull())
    .addColumn('actor_id', 'text')
    .addColumn('action', 'text', (column) => column.notNull())
    .addColumn('device', 'text')
    .addColumn('request_id', 'text')
    .addColumn('subject', 'text')
    .addColumn('result', 'text', (column) => column.notNull())
    .addColumn('address', 'text')
    .addColumn('salt', 'text', (column) => column.notNull())
    .addColumn('previous', 'text', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  await schema.createIndex('audit_by_account').on('audit').columns(['account', 'seq']).execute()
  await schema.createIndex('audit_by_device').on('audit').columns(['device', 'seq']).execute()
  await schema
    .createTable('audit_head')
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .addColumn('hash', 'text', (column) => column.notNull())
    .execute()
  await sql`insert into audit_head (seq, hash) values (0, ${sql.lit('0'.repeat(64))})`.execute(database)
}
