/** What was ordered, why, and whether whoever is to send it has heard of it. */
import { Failure } from '@fairlead/base'
import type { Order, OrderState, OrdersQuery, Page } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import { cursorOf, placeOf } from '../database/page.ts'
import type { SupplyOrderRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import { reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'

export interface Orders {
  /** The newest first. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, query: OrdersQuery): Promise<Page<Order>>
  /** @throws {Failure} `not-found`, also for another account's */
  find(caller: Caller, orderId: string): Promise<Order>
}

export interface OrdersNeeds {
  database: Database
  webhooks: Pick<Webhooks, 'statesOf'>
}

export function createOrders({ database, webhooks }: OrdersNeeds): Orders {
  const { read } = database

  async function viewsOf(rows: readonly SupplyOrderRow[]): Promise<Order[]> {
    const states = await webhooks.statesOf(rows.map(({ order_id }) => order_id))
    return rows.map((row) => {
      const { state = 'failed', tries = [], nextTryAt = null } = states.get(row.order_id) ?? {}
      return {
        orderId: row.order_id,
        subscriptionId: row.subscription_id,
        account: row.account,
        device: row.device,
        object: row.object,
        value: JSON.parse(row.value),
        life: row.life,
        state: state as OrderState,
        reasons: JSON.parse(row.reasons),
        facts: row.facts === null ? null : JSON.parse(row.facts),
        tries,
        nextTryAt,
        createdAt: new Date(row.created_at).toISOString(),
      }
    })
  }

  return {
    async list(caller, { device, subscription, state, limit, cursor }) {
      const account = tenantOf(caller)
      let query = read.selectFrom('supply_order').selectAll()
      if (account !== undefined) query = query.where('account', '=', account)
      if (device !== undefined) query = query.where('device', '=', device)
      if (subscription !== undefined) query = query.where('subscription_id', '=', subscription)
      if (state !== undefined)
        query = query.where(({ exists, selectFrom }) =>
          // Its message has the same ID, and stays as long as the order.
          exists(
            selectFrom('webhook_message')
              .select('message_id')
              .whereRef('message_id', '=', 'order_id')
              .where('webhook_message.state', '=', state),
          ),
        )
      if (cursor !== undefined) {
        const [at, id] = placeOf(cursor)
        query = query.where(({ eb, or, and }) =>
          or([eb('created_at', '<', at), and([eb('created_at', '=', at), eb('order_id', '<', id)])]),
        )
      }
      const rows = await query
        .orderBy('created_at', 'desc')
        .orderBy('order_id', 'desc')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const end = page.at(-1)
      const nextCursor = rows.length > limit && end ? cursorOf(end.created_at, end.order_id) : null
      return { items: await viewsOf(page), nextCursor }
    },

    async find(caller, orderId) {
      const row = await read.selectFrom('supply_order').selectAll().where('order_id', '=', orderId).executeTakeFirst()
      const [view] = row && reaches(caller, row.account) ? await viewsOf([row]) : []
      if (!view) throw new Failure('not-found', 'There is no such order.')
      return view
    },
  }
}

/** Tells what became of a try, in the transaction that says so: the order is waiting for another one, or that was the last. */
export async function tellOfOrder(
  tx: Transaction,
  journal: Journal,
  orderId: string,
  state: OrderState,
): Promise<void> {
  const row = await tx.sql.selectFrom('supply_order').selectAll().where('order_id', '=', orderId).executeTakeFirst()
  if (!row) return
  const { subscription_id: subscriptionId, account, device, object, life } = row
  journal.append(tx, {
    type: 'order.changed',
    account,
    device,
    facts: { orderId, subscriptionId, object, life, state },
  })
}
