/** Where the audit log lies; decides nothing. */
import type { AuditQuery } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { AuditRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

export type AuditStore = ReturnType<typeof createAuditStore>

type Filter = Pick<AuditQuery, 'account' | 'device' | 'actor' | 'action' | 'from' | 'to'>

/** Numbers of entries. */
interface Stretch {
  from: number
  before: number
}

export function createAuditStore({ read }: Database) {
  return {
    /** Newest first, of those from `from` on and before `before`. @param own undefined: of all accounts */
    find(own: string | undefined, filter: Filter, { from, before }: Stretch, limit: number): Promise<AuditRow[]> {
      const [kind, id] = partsOf(filter.actor)
      return read
        .selectFrom('audit')
        .selectAll()
        .$if(own !== undefined, (query) => query.where('account', '=', own ?? ''))
        .$if(filter.account !== undefined, (query) => query.where('account', '=', filter.account ?? ''))
        .$if(filter.device !== undefined, (query) => query.where('device', '=', filter.device ?? ''))
        .$if(kind !== undefined, (query) => query.where('actor_kind', '=', kind ?? ''))
        .$if(id !== undefined, (query) => query.where('actor_id', '=', id ?? ''))
        .$if(filter.action !== undefined, (query) => query.where('action', '=', filter.action ?? ''))
        .$if(filter.from !== undefined, (query) => query.where('at', '>=', Date.parse(filter.from ?? '')))
        .$if(filter.to !== undefined, (query) => query.where('at', '<', Date.parse(filter.to ?? '')))
        .where('seq', '>=', from)
        .where('seq', '<', before)
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute()
    },

    /**
     * Of the newest entries about a device, the last of each actor.
     *
     * @returns how many were looked at, too
     */
    async lastOfEach(account: string, device: string, most: number) {
      const newest = read
        .selectFrom('audit')
        .select(['actor_kind', 'actor_id', 'at'])
        .where('device', '=', device)
        .where('account', '=', account)
        .orderBy('seq', 'desc')
        .limit(most)
        .as('newest')
      const rows = await read
        .selectFrom(newest)
        .select(({ fn }) => [
          ...(['actor_kind', 'actor_id'] as const),
          fn.max('at').as('last_at'),
          fn.min('at').as('first_at'),
          fn.countAll<number>().as('count'),
        ])
        .groupBy(['actor_kind', 'actor_id'])
        .execute()
      return rows.map((row) => ({
        ...row,
        last_at: Number(row.last_at),
        first_at: Number(row.first_at),
        count: Number(row.count),
      }))
    },

    /** Oldest first. */
    after(seq: number, limit: number): Promise<AuditRow[]> {
      return read.selectFrom('audit').selectAll().where('seq', '>', seq).orderBy('seq').limit(limit).execute()
    },

    /** The oldest that is kept; undefined when none is. */
    oldest(): Promise<Pick<AuditRow, 'seq' | 'at'> | undefined> {
      return read.selectFrom('audit').select(['seq', 'at']).orderBy('seq').limit(1).executeTakeFirst()
    },

    /** Of the newest that ever was. */
    head(): Promise<{ seq: number; hash: string }> {
      return read.selectFrom('audit_head').select(['seq', 'hash']).executeTakeFirstOrThrow()
    },

    /** The last of which nothing up to it is younger than `beforeMs`, at most `most` after the oldest; undefined: there is none. */
    async lastBefore(beforeMs: number, most: number): Promise<AuditRow | undefined> {
      const oldest = read.selectFrom('audit').selectAll().orderBy('seq').limit(most).as('oldest')
      const young = await read
        .selectFrom(oldest)
        .select('seq')
        .where('at', '>=', beforeMs)
        .orderBy('seq')
        .limit(1)
        .executeTakeFirst()
      return read
        .selectFrom(oldest)
        .selectAll()
        .where('seq', '<', young?.seq ?? Number.MAX_SAFE_INTEGER)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
    },

    /** @returns false: another node was quicker */
    async removeUpTo({ sql }: Transaction, seq: number): Promise<boolean> {
      const removed = await sql.deleteFrom('audit').where('seq', '<=', seq).executeTakeFirst()
      return removed.numDeletedRows > 0n
    },
  }
}

function partsOf(actor: string | undefined): [kind: string | undefined, id: string | undefined] {
  const at = actor?.indexOf(':') ?? -1
  return actor === undefined || at < 0 ? [actor, undefined] : [actor.slice(0, at), actor.slice(at + 1)]
}
