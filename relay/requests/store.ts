/** Requests that are remembered on disk: with a key, asynchronous or deferred. It decides nothing. */
import { type Kysely, sql as rawSql } from 'kysely'
import type { Database } from '../database/database.ts'
import type { RequestRow, Tables } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'

/** How long a finished one is kept. */
export const keepMs = 24 * 3_600_000

export type RequestStore = ReturnType<typeof createRequestStore>

export interface KeyScope {
  account: string
  keyOwner: string
  device: string
  key: string
}

function ofKey(sql: Kysely<Tables>, scope: KeyScope): Promise<RequestRow | undefined> {
  return sql
    .selectFrom('request')
    .selectAll()
    .where('account', '=', scope.account)
    .where('key_owner', '=', scope.keyOwner)
    .where('device', '=', scope.device)
    .where('idempotency_key', '=', scope.key)
    .executeTakeFirst()
}

export function createRequestStore({ read, write }: Database) {
  const takeBack = (requestId: string) =>
    write(({ sql }) => sql.deleteFrom('request').where('request_id', '=', requestId).execute())

  return {
    /**
     * @returns the row that has this idempotency key already; undefined: added, and on disk
     * @throws {Failure} `unavailable`: refused, and taken back should it be there all the same
     */
    add(row: RequestRow): Promise<RequestRow | undefined> {
      const adding = write(async ({ sql }) => {
        const added = await sql
          .insertInto('request')
          .values(row)
          .onConflict((on) => on.doNothing())
          .executeTakeFirst()
        if (added.numInsertedOrUpdatedRows === 1n) return undefined
        const { account, key_owner, device, idempotency_key } = row
        return ofKey(sql, { account, keyOwner: key_owner ?? '', device, key: idempotency_key ?? '' })
      })
      // A disk that broke while it synced may have it: its key would be taken until the next start, and it might leave then.
      adding
        .catch(() => takeBack(row.request_id))
        .catch(() => {
          // Nothing can be written at all: there is nothing more to be done about it.
        })
      return adding
    },

    findByKey(scope: KeyScope): Promise<RequestRow | undefined> {
      return ofKey(read, scope)
    },

    find(requestId: string): Promise<RequestRow | undefined> {
      return read.selectFrom('request').selectAll().where('request_id', '=', requestId).executeTakeFirst()
    },

    /** Deferred: it is about to leave, or has come back. Written before it leaves, so that a crash never sends it twice. */
    async leave(requestId: string, sentAt: number | null): Promise<void> {
      await write(({ sql }) =>
        sql.updateTable('request').set({ sent_at: sentAt }).where('request_id', '=', requestId).execute(),
      )
    },

    update({ sql }: Transaction, requestId: string, change: Partial<RequestRow>): Promise<unknown> {
      return sql.updateTable('request').set(change).where('request_id', '=', requestId).execute()
    },

    /** In the order in which they were taken, also those of one millisecond (G3). */
    pending(): Promise<RequestRow[]> {
      return read
        .selectFrom('request')
        .selectAll()
        .where('outcome', '=', 'pending')
        .orderBy('accepted_at')
        .orderBy(rawSql`rowid`)
        .execute()
    },

    async forgetOld(nowMs: number): Promise<void> {
      await write(({ sql }) =>
        sql.deleteFrom('request').where('keep_until', '<', nowMs).where('outcome', '<>', 'pending').execute(),
      )
    },
  }
}
