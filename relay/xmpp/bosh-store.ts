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
    async load() {
      const rows = await read.selectFrom('session').selectAll().execute()
      const alive = await read.selectFrom('setting').select('value').where('name', '=', aliveAt).executeTakeFirst()
      const sessions = rows.map(({ device, key, epoch, state }) => ({ device, key, epoch, ...JSON.parse(state) }))
      return { sessions, aliveAt: Number(alive?.value ?? 0) }
    },

    async saveAlive(at) {
      const row = { name: aliveAt, value: String(at) }
      await write(({ sql }) =>
        sql
          .insertInto('setting')
          .values(row)
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: row.value }))
          .execute(),
      )
    },

    async save(changed, ended) {
      await write(async ({ sql }) => {
        for (const session of changed) await save(sql, rowOf(session))
        for (const { device, key } of ended) await remove(sql, { device, key })
      })
    },
  }
}

/** Name of the setting that says when the relay was last known to live. */
const aliveAt = 'relay-alive-at'

function rowOf({ device, key, epoch, ...rest }: KeptSession): SessionRow {
  return { device, key, epoch, state: JSON.stringify(rest) }
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
          state: ref('excluded.state'),
        }))
        .whereRef('excluded.epoch', '>=', 'session.epoch'),
    )
}
