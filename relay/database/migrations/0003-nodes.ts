/** Several nodes on one record: who they are and what they know, who holds which session, and one journal whose numbers are in the order of commits. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function nodes(database: Kysely<Tables>): Promise<void> {
  const { schema } = database
  await schema
    .createTable('node')
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .addColumn('incarnation', 'text', (column) => column.notNull().unique())
    .addColumn('home', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'text', (column) => column.notNull())
    .addColumn('schema', 'integer', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .addColumn('seen_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema
    .alterTable('schema_version')
    .addColumn('compatible_from', 'integer', (column) => column.notNull().defaultTo(3))
    .execute()
  await schema.alterTable('session').addColumn('node', 'integer', holder).execute()
  await schema.alterTable('session').addColumn('free_since', 'bigint').execute()
  await schema.alterTable('session').addColumn('handed_over', 'integer', holder).execute()
  await schema.alterTable('device').addColumn('node', 'integer', holder).execute()
  await schema.alterTable('request').addColumn('node', 'integer', holder).execute()
  await schema.alterTable('event').addColumn('node', 'integer', holder).execute()
  await schema.alterTable('request').addColumn('place', 'integer', holder).execute()
  await schema.createIndex('session_by_key').on('session').column('key').execute()
  await schema.createIndex('session_by_node').on('session').column('node').execute()
  await schema.createIndex('request_by_outcome').on('request').columns(['outcome', 'device']).execute()

  await schema
    .createTable('journal_head')
    .addColumn('seq', 'bigint', (column) => column.notNull())
    .execute()
  await sql`insert into journal_head (seq) select coalesce(max(seq), 0) from event`.execute(database)
}

/** 0 is nobody, and the one node of a relay that has no others. */
const holder = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)
