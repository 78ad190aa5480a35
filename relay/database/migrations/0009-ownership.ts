/** Devices that their owners have released, and those that somebody has reset at the device itself. */
import type { Kysely } from 'kysely'
import type { Tables } from '../tables.ts'

export async function ownership({ schema }: Kysely<Tables>): Promise<void> {
  const columns = ['released_at', 'reserved_until', 'secret_version', 'reset_asked_at', 'reset_due_at'] as const
  for (const column of columns) await schema.alterTable('device').addColumn(column, 'bigint').execute()
  await schema.alterTable('device').addColumn('reserved_for', 'text').execute()
  await schema.createIndex('device_by_reset').on('device').column('reset_due_at').execute()
}
