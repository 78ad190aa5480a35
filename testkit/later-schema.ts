/**
 * Loaded before a program (`node --import`), it makes of it one of later versions: it knows two schema versions more. The
 * first only adds; the second takes away what programs of today could use, and waits until none of them is there.
 */
import { allMigrations, type Migration } from '../relay/database/migrations/migrations.ts'

const today = allMigrations.length

const adding: Migration = {
  async take({ schema }) {
    for (const table of ['device', 'request', 'event'] as const)
      await schema
        .alterTable(table)
        .addColumn('colour', 'text', (column) => column.notNull().defaultTo('grey'))
        .execute()
  },
}

/** An index only, since the rest of the program is today's. Who may run beside it is what counts. */
const takingAway: Migration = {
  async take({ schema }) {
    await schema.dropIndex('request_by_device').execute()
  },
  compatibleFrom: today + 2,
}

Object.assign(allMigrations, [...allMigrations, adding, takingAway])
