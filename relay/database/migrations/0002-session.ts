/** BOSH sessions are written down, so that devices go on with them after a crash of the relay. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function session({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('session')
    .addColumn('device', 'text', (column) => column.primaryKey())
    .addColumn('key', 'text', (column) => column.notNull())
    .addColumn('epoch', 'bigint', (column) => column.notNull())
    .addColumn('state', 'text', (column) => column.notNull())
    .execute()
}
