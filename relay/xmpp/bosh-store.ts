/** Where BOSH sessions are written down; decides nothing but that the newest of a device stays. */
import type { CompiledQuery, InsertQueryBuilder, Kysely } from 'kysely'
import type { Database } from '../database/database.ts'
import type { SessionRow, Tables } from '../database/tables.ts'
import type { EndedSession, KeptSessionStore } from './bosh-keeper.ts'
import type { KeptSession } from './bosh-restored.ts'

export function createKeptSessionStore({ read, write }: Database): KeptSessionStore {
  /** Made once: there may be hundreds to write, many times a second. */
  let upsert: CompiledQuery | undefined

  async function save(sql: Kysely<Tables>, session: KeptSession): Promise<void> {
    const row = rowOf(session)
    upsert ??= saving(sql, row).compile()
    await sql.executeQuery({ ...upsert, parameters: Object.values(row) })
  }

  async function remove(sql: Kysely<Tables>, { device, key }: EndedSession): Promise<void> {
    await sql.deleteFrom('session').where('device', '=', device).where('key', '=', key).execute()
  }

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
        for (const session of changed) await save(sql, session)
        for (const session of ended) await remove(sql, session)
      })
    },
  }
}

function rowOf({ device, key, epoch, savedAt, ...rest }: KeptSession): SessionRow {
  return { device, key, epoch, saved_at: savedAt, state: JSON.stringify(rest) }
}

function saving(sql: Kysely<Tables>, row: SessionRow): InsertQueryBuilder<Tables, 'session', unknown> {
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
