/** Jobs at devices are found by their device: those of silent ones are looked for again and again. */
import { type Kysely, sql } from 'kysely'
import type { Tables } from '../tables.ts'

export async function moreOfJobs({ schema }: Kysely<Tables>): Promise<void> {
  await schema
    .createIndex('job_at_device')
    .on('job')
    .column('device')
    .where(sql<boolean>`state in ('received', 'fetched', 'executing')`)
    .execute()
}
