/** Documents whose bytes are objects of an S3-compatible storage: which they are, and which are nobody's. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function storedParts({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createTable('stored_part')
    .addColumn('blob', 'text', (column) => column.notNull())
    .addColumn('start', 'bigint', (column) => column.notNull())
    .addColumn('bytes', 'integer', (column) => column.notNull())
    .addColumn('object', 'text', (column) => column.notNull())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addPrimaryKeyConstraint('stored_part_key', ['blob', 'start'])
    .execute()
  await schema
    .createTable('loose_object')
    .addColumn('object', 'text', (column) => column.primaryKey())
    .addColumn('at', 'bigint', (column) => column.notNull())
    .execute()
}
