/** Where nodes are written down, by the clock of the record; decides nothing but whose lease is over. */
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { refusePassed } from '../database/migrations/schema-version.ts'
import { recordNow } from '../database/record-clock.ts'
import type { Peer, PeerRow } from './membership-machine.ts'
import { leaseMs } from './membership-machine.ts'

export interface NodeIdentity {
  incarnation: string
  home: string
  name: string
  version: string
}

export type NodeStore = ReturnType<typeof createNodeStore>

/** Name of the setting with the number given out last: one that was in use lately is not given out again. */
const lastNumber = 'last-node-number'

export function createNodeStore(database: Database) {
  const { write, schema } = database
  const now = recordNow(database)

  return {
    /**
     * @returns its number, and those of whoever had this home before: they are dead from now on
     * @throws {Failure} `unavailable`: a newer program has changed the record meanwhile
     */
    enlist({ incarnation, home, name, version }: NodeIdentity): Promise<{ number: number; predecessors: number[] }> {
      return write(async (tx) => {
        await refusePassed(tx.sql, schema.known)
        const before = await tx.sql
          .updateTable('node')
          .set({ state: 'dead' })
          .where('home', '=', home)
          .where('incarnation', '<>', incarnation)
          .returning('number')
          .execute()
        const { value } = await tx.sql
          .insertInto('setting')
          .values({ name: lastNumber, value: '1' })
          .onConflict((conflict) =>
            conflict
              .column('name')
              .doUpdateSet({ value: sql`cast(cast(setting.value as integer) % 65535 + 1 as text)` }),
          )
          .returning('value')
          .executeTakeFirstOrThrow()
        const number = Number(value)
        await tx.sql
          .insertInto('node')
          .values({
            number,
            incarnation,
            home,
            name,
            version,
            schema: schema.known,
            state: 'serving',
            started_at: now,
            seen_at: now,
          })
          .execute()
        return { number, predecessors: before.map((row) => row.number) }
      })
    },

    /**
     * Before all that waits: this node may do none of it without its lease.
     *
     * @returns the others; undefined: this node has no row any more, or is to be dead
     */
    renew(incarnation: string, state: 'serving' | 'leaving'): Promise<PeerRow[] | undefined> {
      return write(async (tx) => {
        const renewed = await tx.sql
          .updateTable('node')
          .set({ seen_at: now, state })
          .where('incarnation', '=', incarnation)
          .where('state', '<>', 'dead')
          .executeTakeFirst()
        if (renewed.numUpdatedRows !== 1n) return undefined
        const rows = await tx.sql
          .selectFrom('node')
          .select(['number', 'incarnation', 'name', 'state', sql<number>`${now} - seen_at`.as('age')])
          .where('incarnation', '<>', incarnation)
          .execute()
        return rows.map(({ age, state, ...peer }) => ({
          peer: { ...peer, state: state as Peer['state'] },
          ageMs: Number(age),
        }))
      }, 'first')
    },

    /** @returns false: its lease is good, or it is gone */
    declareDead(incarnation: string): Promise<boolean> {
      return write(async (tx) => {
        const declared = await tx.sql
          .updateTable('node')
          .set({ state: 'dead' })
          .where('incarnation', '=', incarnation)
          .where((is) => is.or([is('state', '=', 'dead'), is('seen_at', '<', sql<number>`${now} - ${leaseMs}`)]))
          .executeTakeFirst()
        return declared.numUpdatedRows === 1n
      })
    },

    async remove(number: number): Promise<void> {
      await write((tx) => tx.sql.deleteFrom('node').where('number', '=', number).execute())
    },
  }
}
