/** Requests that are remembered on disk: with a key, asynchronous or deferred. It decides nothing. */
import { Failure } from '@fairlead/base'
import type { Kysely } from 'kysely'
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

/** @returns the row that was there before; undefined: added */
async function addOrFind(sql: Kysely<Tables>, row: RequestRow): Promise<RequestRow | undefined> {
  const { account, key_owner, device, idempotency_key } = row
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const added = await sql
      .insertInto('request')
      .values(row)
      .onConflict((on) => on.doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows === 1n) return undefined
    const there = await ofKey(sql, { account, keyOwner: key_owner ?? '', device, key: idempotency_key ?? '' })
    if (there) return there
    if (await isBarred(sql, row.request_id))
      throw new Failure('unavailable', 'The node that was asked has given this request up: nothing was sent.')
  }
  throw new Error(`The request ${row.request_id} is there already, under another key or none.`)
}

/** Another node has said of it that it was not sent, and will not be. */
async function isBarred(sql: Kysely<Tables>, requestId: string): Promise<boolean> {
  const ended = sql.selectFrom('request').select('outcome').where('request_id', '=', requestId)
  return (await ended.where('outcome', '=', 'not-sent').executeTakeFirst()) !== undefined
}

/** Requests that are removed at once. */
const forgetStep = 2_000

/** The one in the way may have been removed by another node between two statements; not again and again. */
const maxAttempts = 3

/** @param node the number of this node, as it is now */
export function createRequestStore({ read, write }: Database, node: () => number) {
  let lastPlace = 0

  /** Unless it has left from another node, which was quicker than this one. */
  const takeBack = (requestId: string) =>
    write(({ sql }) =>
      sql
        .deleteFrom('request')
        .where('request_id', '=', requestId)
        .where('outcome', '=', 'pending')
        .where((is) => is.or([is('sent_at', 'is', null), is('node', 'in', [0, node()])]))
        .execute(),
    )

  const pending = () =>
    read.selectFrom('request').selectAll().where('outcome', '=', 'pending').orderBy('accepted_at').orderBy('place')

  return {
    /**
     * @returns the row that has this idempotency key already; undefined: added, and on disk
     * @param added in the transaction that adds it
     * @throws {Failure} `unavailable`: refused, and taken back should it be there all the same
     */
    add(row: RequestRow, added: (tx: Transaction) => void = () => {}): Promise<RequestRow | undefined> {
      const placed = { ...row, place: ++lastPlace }
      const adding = write(async (tx) => {
        const there = await addOrFind(tx.sql, placed)
        if (!there) added(tx)
        return there
      })
      // A disk that broke while it synced may have it: its key would be taken until the next start, and it might leave then.
      adding
        .catch(() => takeBack(row.request_id))
        .catch(() => {
          // Nothing can be written at all: there is nothing more to be done about it.
        })
      return adding
    },

    /** It has ended before anybody has written it down, and is never to leave. @returns false: somebody has */
    async bar(row: RequestRow): Promise<boolean> {
      const barred = await write(({ sql }) =>
        sql
          .insertInto('request')
          .values({ ...row, place: ++lastPlace })
          .onConflict((on) => on.doNothing())
          .executeTakeFirst(),
      )
      return barred.numInsertedOrUpdatedRows === 1n
    },

    findByKey(scope: KeyScope): Promise<RequestRow | undefined> {
      return ofKey(read, scope)
    },

    find(requestId: string): Promise<RequestRow | undefined> {
      return read.selectFrom('request').selectAll().where('request_id', '=', requestId).executeTakeFirst()
    },

    /**
     * Deferred: it is about to leave. Written before it leaves, so that neither a crash nor another node sends it twice.
     *
     * @returns false: it has left already, or has ended
     */
    async leave(requestId: string, sentAt: number): Promise<boolean> {
      const left = await write(({ sql }) =>
        sql
          .updateTable('request')
          .set({ sent_at: sentAt, node: node() })
          .where('request_id', '=', requestId)
          .where('outcome', '=', 'pending')
          .where('sent_at', 'is', null)
          .executeTakeFirst(),
      )
      return left.numUpdatedRows === 1n
    },

    /** It has come back, and waits for its device again. @returns false: it is another node's, or has ended */
    async comeBack(requestId: string): Promise<boolean> {
      const back = await write(({ sql }) =>
        sql
          .updateTable('request')
          .set({ sent_at: null, node: 0 })
          .where('request_id', '=', requestId)
          .where('outcome', '=', 'pending')
          .where('node', 'in', [0, node()])
          .executeTakeFirst(),
      )
      return back.numUpdatedRows === 1n
    },

    /** @returns false: it has left from another node, or has ended there: nothing is written */
    async end({ sql }: Transaction, requestId: string, change: Partial<RequestRow>): Promise<boolean> {
      const ended = await sql
        .updateTable('request')
        .set(change)
        .where('request_id', '=', requestId)
        .where('outcome', '=', 'pending')
        .where((is) => is.or([is('sent_at', 'is', null), is('node', 'in', [0, node()])]))
        .executeTakeFirst()
      return ended.numUpdatedRows === 1n
    },

    /** More is known of one that has ended. @returns false: it was answered already */
    async amend({ sql }: Transaction, requestId: string, change: Partial<RequestRow>): Promise<boolean> {
      const amended = await sql
        .updateTable('request')
        .set(change)
        .where('request_id', '=', requestId)
        .where('outcome', '<>', 'answered')
        .executeTakeFirst()
      return amended.numUpdatedRows === 1n
    },

    /** Deferred ones that wait for these devices, whichever node took them. */
    waitingOf(devices: readonly string[]): Promise<RequestRow[]> {
      return pending().where('sent_at', 'is', null).where('device', 'in', devices).execute()
    },

    /** Those that have left, or were about to, at a node that is no more; from now on they are this node's to end. */
    takeInHandOf(from: number): Promise<RequestRow[]> {
      return write(({ sql }) =>
        sql
          .updateTable('request')
          .set({ node: node() })
          .where('node', '=', from)
          .where('outcome', '=', 'pending')
          .where('sent_at', 'is not', null)
          .returningAll()
          .execute(),
      )
    },

    /** Deferred ones whose time was over before that. */
    expired(at: number): Promise<RequestRow[]> {
      return pending().where('sent_at', 'is', null).where('deliver_until', '<', at).limit(500).execute()
    },

    /** In the order in which they were taken, also those of one millisecond (G3). */
    pending: (): Promise<RequestRow[]> => pending().execute(),

    /** A step at a time: a long delete would hold up everybody's writes, and a server would give it up. */
    async forgetOld(nowMs: number): Promise<void> {
      for (let removed = forgetStep; removed === forgetStep; )
        removed = await write(async ({ sql }) => {
          const old = sql
            .selectFrom('request')
            .select('request_id')
            .where('keep_until', '<', nowMs)
            .where('outcome', '<>', 'pending')
            .limit(forgetStep)
          const { numDeletedRows } = await sql
            .deleteFrom('request')
            .where('request_id', 'in', old)
            .executeTakeFirstOrThrow()
          return Number(numDeletedRows)
        })
    },
  }
}
