/** Programs that services host, and what is launched of them on devices. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function launches({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('program')
    .addColumn('account', 'text', (column) => column.notNull().references('account.id'))
    .addColumn('program', 'text', (column) => column.notNull())
    .addColumn('title', 'text', (column) => column.notNull())
    .addColumn('description', 'text')
    .addColumn('asks', 'text', (column) => column.notNull())
    .addColumn('tag', 'text')
    .addColumn('webhook_id', 'text', (column) => column.notNull().references('webhook.webhook_id'))
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('program_key', ['account', 'program'])
    .execute()
  await schema
    .createTable('launch')
    .addColumn('launch_id', 'text', (column) => column.primaryKey())
    .addColumn('account', 'text', (column) => column.notNull())
    .addColumn('program', 'text', (column) => column.notNull())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('asks', 'text', (column) => column.notNull())
    .addColumn('information', 'text')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .addColumn('launched_at', 'bigint')
    .addColumn('run_at', 'bigint')
    .addColumn('outcome', 'text')
    .addColumn('reason', 'text')
    .addForeignKeyConstraint(
      'launch_of_program',
      ['account', 'program'],
      'program',
      ['account', 'program'],
      (constraint) => constraint.onDelete('cascade'),
    )
    .execute()
  await schema
    .createIndex('launch_by_program')
    .on('launch')
    .columns(['account', 'program', 'created_at', 'launch_id'])
    .execute()
  await schema.createIndex('launch_by_device').on('launch').column('device').execute()
  // Those that are under way: few, and each gone with its answer.
  await schema
    .createTable('launch_run')
    .addColumn('call_id', 'text', (column) => column.primaryKey())
    .addColumn('device', 'text', (column) => column.notNull())
    .addColumn('started_at', 'bigint', (column) => column.notNull())
    .execute()
  await schema.createIndex('launch_run_by_device').on('launch_run').column('device').execute()
}
