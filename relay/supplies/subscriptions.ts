/** Subscriptions of services (B8): what they want to be told of, and where. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type {
  CreatedSubscription,
  NewSubscription,
  Page,
  PageQuery,
  Subscription,
  SubscriptionChange,
  WebhookSecret,
  WebhookTry,
} from '@fairlead/protocol/contract'
import type { Act, TellAudit } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import { cursorOf, placeOf } from '../database/page.ts'
import type { SubscriptionRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { accountFor } from '../enrolment/owner.ts'
import { reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { fareInWords, type Webhooks, type WebhookView } from '../webhooks/webhooks.ts'

export interface Subscriptions {
  /**
   * @throws {Failure} `unknown-device`, `not-found`: the account; `invalid-request`: the webhook leads to a private network;
   *   `too-many-requests`: the account has as many as it may
   */
  create(caller: Caller, order: NewSubscription, address: string): Promise<CreatedSubscription>
  /** By age. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, page: PageQuery): Promise<Page<Subscription>>
  /** @throws {Failure} `not-found`, also for another account's; so do all below */
  find(caller: Caller, subscriptionId: string): Promise<Subscription>
  change(caller: Caller, subscriptionId: string, change: SubscriptionChange, address: string): Promise<Subscription>
  remove(caller: Caller, subscriptionId: string, address: string): Promise<void>
  /** A new secret; for a day each call is signed with the one before as well. */
  rotate(caller: Caller, subscriptionId: string, address: string): Promise<WebhookSecret>
  /** Sends a signed ping. @returns what came of it */
  test(caller: Caller, subscriptionId: string): Promise<WebhookTry>
}

export interface SubscriptionsNeeds {
  database: Database
  clock: Clock
  random: Random
  webhooks: Webhooks
  audit: TellAudit
  accountExists(account: string): boolean
  /** @throws {Failure} `unknown-device`, also for another tenant's */
  mustFindDevice(caller: Caller, device: string): { account: string }
  /** Somebody waits for what this device reads. */
  lookSoon(tx: Transaction, device: string): Promise<void>
}

/** Each reading of a device is held against all of its account's. */
const mostOfAccount = 200

export function createSubscriptions(needs: SubscriptionsNeeds): Subscriptions {
  const { database, clock, random, webhooks, audit } = needs
  const { read, write } = database

  async function mustFind(caller: Caller, subscriptionId: string): Promise<SubscriptionRow> {
    const row = await read
      .selectFrom('subscription')
      .selectAll()
      .where('subscription_id', '=', subscriptionId)
      .executeTakeFirst()
    if (!row || !reaches(caller, row.account)) throw notThere()
    return row
  }

  async function viewsOf(rows: readonly SubscriptionRow[]): Promise<Subscription[]> {
    const webhookViews = await webhooks.viewsOf(rows.map(({ webhook_id }) => webhook_id))
    return rows.map((row) => viewOf(row, webhookViews.get(row.webhook_id) ?? { url: '', ...fareInWords() }))
  }

  function ownerOf(caller: Caller, { device, account }: NewSubscription): string {
    const owner = device === undefined ? undefined : needs.mustFindDevice(caller, device).account
    if (owner !== undefined && account !== undefined && account !== owner)
      throw new Failure('unknown-device', `There is no device ${device} in the account ${account}.`)
    return accountFor(caller, owner ?? account, needs.accountExists)
  }

  function tell(
    tx: Transaction,
    action: Act['action'],
    { subscription_id, account, device }: SubscriptionRow,
    caller: Caller,
    address: string,
  ): void {
    const what = { action, account, subject: subscription_id, ...(device !== null && { device }) }
    audit(tx, { ...what, actor: actorOf(caller), address })
  }

  async function mustHaveRoom({ sql }: Transaction, account: string): Promise<void> {
    const { count } = await sql
      .selectFrom('subscription')
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .where('account', '=', account)
      .executeTakeFirstOrThrow()
    if (Number(count) >= mostOfAccount)
      throw new Failure('too-many-requests', `The account has ${mostOfAccount} subscriptions: remove one first.`, {
        retryAfterSeconds: 60,
      })
  }

  return {
    async create(caller, order, address) {
      const account = ownerOf(caller, order)
      const { url } = order.webhook
      await webhooks.mustBeReachable(url, 'body.webhook.url')
      return write(async (tx) => {
        await mustHaveRoom(tx, account)
        const { webhookId, secret } = await webhooks.add(tx, { account, url })
        const row = {
          ...{ subscription_id: random.token(16), account, name: order.name, device: order.device ?? null },
          ...{ conditions: JSON.stringify(order.conditions), webhook_id: webhookId, paused: 0 },
          created_at: clock.wallNow(),
        }
        await tx.sql.insertInto('subscription').values(row).execute()
        tell(tx, 'subscription.made', row, caller, address)
        if (row.device !== null) await needs.lookSoon(tx, row.device)
        const webhook = { url, ...fareInWords() }
        return { ...viewOf(row, webhook), webhook: { ...webhook, secret } }
      })
    },

    async list(caller, { limit, cursor }) {
      const account = tenantOf(caller)
      let query = read.selectFrom('subscription').selectAll()
      if (account !== undefined) query = query.where('account', '=', account)
      if (cursor !== undefined) {
        const [at, id] = placeOf(cursor)
        query = query.where(({ eb, or, and }) =>
          or([eb('created_at', '>', at), and([eb('created_at', '=', at), eb('subscription_id', '>', id)])]),
        )
      }
      const rows = await query
        .orderBy('created_at')
        .orderBy('subscription_id')
        .limit(limit + 1)
        .execute()
      const page = rows.slice(0, limit)
      const end = page.at(-1)
      const nextCursor = rows.length > limit && end ? cursorOf(end.created_at, end.subscription_id) : null
      return { items: await viewsOf(page), nextCursor }
    },

    async find(caller, subscriptionId) {
      const [view] = await viewsOf([await mustFind(caller, subscriptionId)])
      if (!view) throw notThere()
      return view
    },

    async change(caller, subscriptionId, { paused }, address) {
      const row = await mustFind(caller, subscriptionId)
      await write(async (tx) => {
        await tx.sql
          .updateTable('subscription')
          .set({ paused: paused ? 1 : 0 })
          .where('subscription_id', '=', subscriptionId)
          .execute()
        tell(tx, 'subscription.changed', row, caller, address)
        if (!paused && row.device !== null) await needs.lookSoon(tx, row.device)
      })
      const [view] = await viewsOf([{ ...row, paused: paused ? 1 : 0 }])
      if (!view) throw notThere()
      return view
    },

    async remove(caller, subscriptionId, address) {
      const row = await mustFind(caller, subscriptionId)
      await write(async (tx) => {
        const removed = await tx.sql
          .deleteFrom('subscription')
          .where('subscription_id', '=', subscriptionId)
          .executeTakeFirst()
        if (removed.numDeletedRows !== 1n) throw notThere()
        tell(tx, 'subscription.removed', row, caller, address)
        await webhooks.remove(tx, row.webhook_id)
      })
    },

    async rotate(caller, subscriptionId, address) {
      const row = await mustFind(caller, subscriptionId)
      return write(async (tx) => {
        const secret = await webhooks.rotate(tx, row.webhook_id)
        if (secret === undefined) throw notThere()
        tell(tx, 'subscription.rotated', row, caller, address)
        return { secret }
      })
    },

    async test(caller, subscriptionId) {
      const { account, webhook_id } = await mustFind(caller, subscriptionId)
      const at = new Date(clock.wallNow()).toISOString()
      return webhooks.tell(webhook_id, { type: 'ping', subscriptionId, account, at })
    },
  }
}

function viewOf(row: SubscriptionRow, webhook: WebhookView): Subscription {
  return {
    subscriptionId: row.subscription_id,
    account: row.account,
    name: row.name,
    device: row.device,
    conditions: JSON.parse(row.conditions),
    webhook,
    paused: row.paused === 1,
    createdAt: new Date(row.created_at).toISOString(),
  }
}

function notThere(): Failure {
  return new Failure('not-found', 'There is no such subscription.')
}
