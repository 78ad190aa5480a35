/** Jobs that are printed again, and an index: those of silent devices are looked for again and again. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function moreOfJobs({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('job').addColumn('again_of', 'text').execute()
  await schema.alterTable('job').addColumn('again_as', 'text').execute()
  await schema
    .createIndex('job_at_device')
    .on('job')
    .column('device')
    .where(sql<boolean>`state in ('received', 'fetched', 'executing')`)
    .execute()
}
