/** Where BOSH sessions are written down; decides nothing but that the newest of a device stays. */
import type { Kysely } from 'kysely'
import type { Database } from '../database/database.ts'
import { prepareFor } from '../database/prepared.ts'
import type { SessionRow, Tables } from '../database/tables.ts'
import type { EndedSession, KeptSessionStore } from './bosh-keeper.ts'
import type { KeptSession } from './bosh-restored.ts'

export function createKeptSessionStore({ read, write }: Database): KeptSessionStore {
  const save = prepareFor(upsert)
  const remove = prepareFor((sql, { device, key }: EndedSession) =>
    sql.deleteFrom('session').where('device', '=', device).where('key', '=', key),
  )

  return {
    async all() {
      const rows = await read.selectFrom('session').selectAll().execute()
      return rows.map(({ device, key, epoch, saved_at, state }) => ({
        device,
        key,
        epoch,
        savedAt: saved_at,
        ...JSON.parse(state),
      }))
    },

    async save(changed, ended) {
      await write(async ({ sql }) => {
        for (const session of changed) await save(sql, rowOf(session))
        for (const { device, key } of ended) await remove(sql, { device, key })
      })
    },
  }
}

function rowOf({ device, key, epoch, savedAt, ...rest }: KeptSession): SessionRow {
  return { device, key, epoch, saved_at: savedAt, state: JSON.stringify(rest) }
}

function upsert(sql: Kysely<Tables>, row: SessionRow) {
  return sql
    .insertInto('session')
    .values(row)
    .onConflict((conflict) =>
      conflict
        .column('device')
        .doUpdateSet(({ ref }) => ({
          key: ref('excluded.key'),
          epoch: ref('excluded.epoch'),
          saved_at: ref('excluded.saved_at'),
          state: ref('excluded.state'),
        }))
        .whereRef('excluded.epoch', '>=', 'session.epoch'),
    )
}
