/** Why something was ordered, as facts beside the sentences. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function orderFacts({ schema }: Kysely<Tables>): Promise<void> {
  await schema.alterTable('supply_order').addColumn('facts', 'text').execute()
}
