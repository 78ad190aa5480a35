/** What is performed for one device, and why it may be: for people who ask who has to do with it. */
import type { Database } from '../database/database.ts'
import { type Mandate, mandateFor } from './mandate.ts'

export interface ServicesOf {
  /** By age. */
  subscriptions: {
    subscriptionId: string
    name: string
    paused: boolean
    ofAllDevices: boolean
    lastOrderedAt: string | null
  }[]
  /** Undefined: nothing is performed for it. */
  mandate: { kind: Mandate['kind']; sinceAt: number; by: string } | undefined
}

export function createServicesOf({ read }: Database) {
  return async (account: string, device: string): Promise<ServicesOf> => {
    const [rows, orders, owned] = await Promise.all([
      read
        .selectFrom('subscription')
        .select(['subscription_id', 'name', 'paused', 'device'])
        .where('account', '=', account)
        .where(({ eb, or }) => or([eb('device', 'is', null), eb('device', '=', device)]))
        .orderBy('created_at')
        .orderBy('subscription_id')
        .execute(),
      read
        .selectFrom('supply_order')
        .select(({ fn }) => ['subscription_id', fn.max('created_at').as('at')])
        .where('account', '=', account)
        .where('device', '=', device)
        .groupBy('subscription_id')
        .execute(),
      read
        .selectFrom('device')
        .select(['account', 'registration', 'secret_version'])
        .where('id', '=', device)
        .executeTakeFirst(),
    ])
    const lastOrders = new Map(orders.map(({ subscription_id, at }) => [subscription_id, Number(at)]))
    // It may have been given away a moment ago.
    const mandate = owned?.account === account ? await mandateFor({ sql: read }, device, owned) : undefined
    return {
      subscriptions: rows.map((row) => {
        const at = lastOrders.get(row.subscription_id)
        return {
          ...{ subscriptionId: row.subscription_id, name: row.name, paused: row.paused === 1 },
          ofAllDevices: row.device === null,
          lastOrderedAt: at === undefined ? null : new Date(at).toISOString(),
        }
      }),
      mandate: mandate && {
        ...{ kind: mandate.kind, sinceAt: mandate.sinceAt },
        by: mandate.kind === 'consent' ? mandate.givenBy : mandate.claimedBy,
      },
    }
  }
}
