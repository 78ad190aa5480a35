/** Where webhooks and their messages lie, by the clock of the record; decides nothing. */
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { recordNow } from '../database/record-clock.ts'
import type { WebhookMessageRow, WebhookRow, WebhookTryRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type WebhookStore = ReturnType<typeof createWebhookStore>

/** How the calls to a webhook fare. */
export interface Fare extends Pick<WebhookTryRow, 'at' | 'status' | 'error'> {
  webhook_id: string
  taken_at: number | null
  /** null: the last call was taken. */
  failing_since_at: number | null
}

export interface Taking {
  lease: string
  leaseMs: number
  limit: number
  ofAccount: number
  busy: readonly string[]
}

export function createWebhookStore(database: Database) {
  const { read, write } = database
  const now = recordNow(database)
  const in_ = (ms: number) => sql<number>`${now} + ${Math.floor(ms)}`

  return {
    async add({ sql }: Transaction, row: WebhookRow): Promise<void> {
      await sql.insertInto('webhook').values(row).execute()
    },

    find(webhookId: string): Promise<WebhookRow | undefined> {
      return read.selectFrom('webhook').selectAll().where('webhook_id', '=', webhookId).executeTakeFirst()
    },

    urls(webhookIds: readonly string[]) {
      return read.selectFrom('webhook').select(['webhook_id', 'url']).where('webhook_id', 'in', webhookIds).execute()
    },

    async move({ sql }: Transaction, webhookId: string, url: string): Promise<void> {
      await sql.updateTable('webhook').set({ url }).where('webhook_id', '=', webhookId).execute()
    },

    /** @returns undefined: it is gone */
    rotate({ sql }: Transaction, webhookId: string, atMs: number): Promise<WebhookRow | undefined> {
      return sql
        .updateTable('webhook')
        .set(({ eb }) => ({ version: eb('version', '+', 1), rotated_at: atMs }))
        .where('webhook_id', '=', webhookId)
        .returningAll()
        .executeTakeFirst()
    },

    async remove({ sql }: Transaction, webhookId: string): Promise<void> {
      await sql.deleteFrom('webhook').where('webhook_id', '=', webhookId).execute()
    },

    async enqueue(
      { sql }: Transaction,
      message: Pick<WebhookMessageRow, 'message_id' | 'webhook_id' | 'account' | 'body'>,
    ) {
      const rest = { state: 'waiting', created_at: now, next_at: now, tries: 0, lease: null, leased_until: 0 }
      await sql
        .insertInto('webhook_message')
        .values({ ...message, ...rest })
        .execute()
    },

    /** Something waits for whoever takes it. */
    async isDue(): Promise<boolean> {
      const found = await read
        .selectFrom('webhook_message')
        .select('message_id')
        .where('state', '=', 'waiting')
        .where('next_at', '<=', now)
        .where('leased_until', '<=', now)
        .limit(1)
        .executeTakeFirst()
      return found !== undefined
    },

    /**
     * Those that are due are this lease's: of several nodes one has each, and what another is just taking is passed over.
     *
     * @param busy accounts of which none is taken; of each of the others as many as are said
     */
    async take({ sql }: Transaction, { lease, leaseMs, limit, ofAccount, busy }: Taking): Promise<WebhookMessageRow[]> {
      const inLine = sql
        .selectFrom('webhook_message')
        .select([
          'message_id',
          ({ fn }) =>
            fn
              .agg<number>('row_number')
              .over((over) => over.partitionBy('account').orderBy('next_at'))
              .as('place'),
        ])
        .where('state', '=', 'waiting')
        .where('next_at', '<=', now)
        .where('leased_until', '<=', now)
        .$if(busy.length > 0, (query) => query.where('account', 'not in', busy))
      const due = await sql
        .selectFrom('webhook_message')
        .select('message_id')
        .where('message_id', 'in', (query) =>
          query.selectFrom(inLine.as('in_line')).select('in_line.message_id').where('in_line.place', '<=', ofAccount),
        )
        // Another may have taken it since the line was looked at.
        .where('state', '=', 'waiting')
        .where('leased_until', '<=', now)
        .orderBy('next_at')
        .limit(limit)
        .forUpdate()
        .skipLocked()
        .execute()
      if (due.length === 0) return []
      return sql
        .updateTable('webhook_message')
        .set({ lease, leased_until: in_(leaseMs) })
        .where(
          'message_id',
          'in',
          due.map(({ message_id }) => message_id),
        )
        .returningAll()
        .execute()
    },

    /** Of a process that is no more, where there is no other. */
    async freeLeases(): Promise<void> {
      await write(({ sql }) =>
        sql
          .updateTable('webhook_message')
          .set({ lease: null, leased_until: 0 })
          .where('lease', 'is not', null)
          .execute(),
      )
    },

    /** @returns how long ago it was made; undefined: another has taken it meanwhile, and says what becomes of it */
    async ageIfMine({ sql: tx }: Transaction, messageId: string, lease: string): Promise<number | undefined> {
      const row = await tx
        .selectFrom('webhook_message')
        .select(sql<number>`${now} - created_at`.as('age'))
        .where('message_id', '=', messageId)
        .where('lease', '=', lease)
        .where('state', '=', 'waiting')
        .forUpdate()
        .executeTakeFirst()
      return row && Number(row.age)
    },

    async addTry({ sql }: Transaction, row: WebhookTryRow): Promise<void> {
      await sql.insertInto('webhook_try').values(row).execute()
    },

    /** @param nextMs until it is tried again; undefined: it is not */
    async settle({ sql }: Transaction, messageId: string, state: string, nextMs: number | undefined): Promise<void> {
      await sql
        .updateTable('webhook_message')
        .set(({ eb }) => ({
          ...{ state, lease: null, leased_until: 0, tries: eb('tries', '+', 1) },
          ...(nextMs !== undefined && { next_at: in_(nextMs) }),
        }))
        .where('message_id', '=', messageId)
        .execute()
    },

    waitingFor({ sql }: Transaction, webhookId: string): Promise<WebhookMessageRow[]> {
      return sql
        .selectFrom('webhook_message')
        .selectAll()
        .where('webhook_id', '=', webhookId)
        .where('state', '=', 'waiting')
        .forUpdate()
        .execute()
    },

    messages(messageIds: readonly string[]) {
      return read
        .selectFrom('webhook_message')
        .select(['message_id', 'state', 'next_at'])
        .where('message_id', 'in', messageIds)
        .execute()
    },

    tries(messageIds: readonly string[]): Promise<WebhookTryRow[]> {
      return read
        .selectFrom('webhook_try')
        .selectAll()
        .where('message_id', 'in', messageIds)
        .orderBy('message_id')
        .orderBy('number')
        .execute()
    },

    /** The last try of each, with when one was taken last, and the first that failed since then. */
    async fares(webhookIds: readonly string[]): Promise<Fare[]> {
      const isTaken = sql<boolean>`webhook_try.status between 200 and 299`
      const tried = read
        .selectFrom('webhook_message')
        .innerJoin('webhook_try', 'webhook_try.message_id', 'webhook_message.message_id')
        .where('webhook_message.webhook_id', 'in', webhookIds)
        .select(['webhook_id', 'at', 'status', 'error'])
        .select([
          sql<number | null>`max(case when ${isTaken} then at end) over (partition by webhook_id)`.as('taken_at'),
          sql<number>`row_number() over (partition by webhook_id order by at desc, number desc)`.as('place'),
        ])
      const failing = read
        .selectFrom(tried.as('tried'))
        .selectAll()
        .select(
          sql<
            number | null
          >`min(case when taken_at is null or at > taken_at then at end) over (partition by webhook_id)`.as(
            'failing_since_at',
          ),
        )
      return read
        .selectFrom(failing.as('fare'))
        .select(['webhook_id', 'at', 'status', 'error', 'taken_at', 'failing_since_at'])
        .where('place', '=', 1)
        .execute()
    },
  }
}
