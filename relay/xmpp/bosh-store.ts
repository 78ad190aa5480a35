/** Where sessions are written down; decides nothing but that the newest of a device stays. */
import { sql as expression, type Kysely } from 'kysely'
import type { Database } from '../database/database.ts'
import { gather } from '../database/gathered.ts'
import { prepareFor } from '../database/prepared.ts'
import { recordNow } from '../database/record-clock.ts'
import type { NewSessionRow, SessionRow, Tables } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import { epochStep } from './carrier.ts'
import type { KeptSession } from './kept-session.ts'
import type { EndedSession, KeptSessionStore } from './session-keeper.ts'

export interface Adopted {
  kept: KeptSession
  /** It comes from a node where it is ONLINE. */
  isOnline: boolean
}

/** What several nodes do with kept sessions besides. */
export interface SharedSessionStore extends KeptSessionStore {
  /** The session with this key, and the node that has it; 0: none. */
  find(key: string): Promise<{ device: string; node: number } | undefined>
  /**
   * Takes a free one, for a device that has had none since.
   *
   * @param from the node that has it is found to be silent, and the device itself says that it comes from there: as with any new
   *   session, the record decides who is the newest
   * @returns with its new epoch; undefined: another node was faster, or the device has a newer one
   */
  adopt(key: string, from?: number): Promise<Adopted | undefined>
  /** Sessions of this node that any node may go on with. */
  handOver(sessions: readonly KeptSession[]): Promise<void>
  /** Any node may go on with what this one had. */
  free(node: number): Promise<void>
  /** Those that nobody came for in that time, by the clock of the record: that of the node which let go of them may be an hour away. */
  forgetFree(olderThanMs: number): Promise<{ device: string; epoch: number }[]>
}

/**
 * @param node the number of this node, as it is now
 * @param moved told in the transaction that takes over the session of a device that stays ONLINE
 */
export function createKeptSessionStore(
  database: Database,
  node: () => number,
  moved: (tx: Transaction, account: string, device: string) => void = () => {},
): SharedSessionStore {
  const { read, write } = database
  const now = recordNow(database)
  const save = prepareFor(upsert)
  const remove = prepareFor((sql, { device, key, epoch }: EndedSession) =>
    sql.deleteFrom('session').where('device', '=', device).where('key', '=', key).where('epoch', '<=', epoch),
  )

  return {
    async load() {
      const rows = await read.selectFrom('session').selectAll().execute()
      const alive = await read.selectFrom('setting').select('value').where('name', '=', aliveAt).executeTakeFirst()
      return { sessions: rows.map(sessionOf), aliveAt: Number(alive?.value ?? 0) }
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
        // In one order: two nodes that keep the same devices do not wait for each other crosswise.
        const here = { node: node(), free_since: null, handed_over: 0 }
        // Sent behind each other where the database allows it: all of them cost one round trip.
        await Promise.all([
          ...byDevice(changed).map((session) => save(sql, { ...rowOf(session), ...here })),
          ...byDevice(ended).map(({ device, key, epoch }) => remove(sql, { device, key, epoch })),
        ])
      })
    },

    // When a node dies, all that it had are asked for again and again until it is found dead.
    find: gather(async (keys) => {
      const rows = await read.selectFrom('session').select(['key', 'device', 'node']).where('key', 'in', keys).execute()
      return new Map(rows.map(({ key, ...found }) => [key, found]))
    }),

    adopt(key, from = 0) {
      return write(async (tx) => {
        const { sql } = tx
        const row = await sql
          .updateTable('session')
          .set(({ eb }) => ({ node: node(), free_since: null, handed_over: 0, epoch: eb('epoch', '+', epochStep) }))
          .where('key', '=', key)
          .where('node', 'in', [0, from])
          .returningAll()
          .executeTakeFirst()
        if (!row) return undefined
        const counted = await sql
          .updateTable('device')
          .set({ epoch: row.epoch, node: node() })
          .where('id', '=', row.device)
          .where('epoch', '=', row.epoch - epochStep)
          .returning(['account', 'state'])
          .executeTakeFirst()
        if (counted) {
          const isOnline = counted.state === 'online'
          if (isOnline) moved(tx, counted.account, row.device)
          return { kept: sessionOf(row), isOnline }
        }
        await remove(sql, { device: row.device, key: row.key, epoch: row.epoch })
        return undefined
      })
    },

    async handOver(sessions) {
      await write(async ({ sql }) => {
        const { at } = await sql.selectNoFrom(now.as('at')).executeTakeFirstOrThrow()
        const free = { node: 0, free_since: Number(at), handed_over: 1 }
        await Promise.all(byDevice(sessions).map((session) => save(sql, { ...rowOf(session), ...free })))
      })
    },

    async free(from) {
      await write(({ sql }) =>
        sql.updateTable('session').set({ node: 0, free_since: now }).where('node', '=', from).execute(),
      )
    },

    async forgetFree(olderThanMs) {
      return write(({ sql }) =>
        sql
          .deleteFrom('session')
          .where('node', '=', 0)
          .where('free_since', '<', expression<number>`${now} - ${olderThanMs}`)
          .returning(['device', 'epoch'])
          .execute(),
      )
    },
  }
}

function byDevice<Item extends { device: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((one, other) => (one.device < other.device ? -1 : 1))
}

function sessionOf({ device, key, epoch, state }: Pick<SessionRow, 'device' | 'key' | 'epoch' | 'state'>): KeptSession {
  return { device, key, epoch, ...JSON.parse(state) }
}

/** Name of the setting that says when the relay was last known to live. */
const aliveAt = 'relay-alive-at'

function rowOf({ device, key, epoch, ...rest }: KeptSession): NewSessionRow {
  return { device, key, epoch, state: JSON.stringify(rest) }
}

function upsert(sql: Kysely<Tables>, row: NewSessionRow) {
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
          node: ref('excluded.node'),
          free_since: ref('excluded.free_since'),
          handed_over: ref('excluded.handed_over'),
        }))
        .whereRef('excluded.epoch', '>=', 'session.epoch'),
    )
}
