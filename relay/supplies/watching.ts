/** What is read of a device goes into its history, and to the subscriptions that wait for it: in one transaction with what it leads to. */
import type { Clock, Random } from '@fairlead/base'
import type { Condition, Json, ReadingSource } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import { theRelay } from '../audit/actor.ts'
import type { SubscriptionRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Journal } from '../events/journal.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { plain } from './conditions.ts'
import { type Mandate, mandateFor, ownedBy } from './mandate.ts'
import { newOrderMachine, type OrderEffect, type OrderEvent, type OrderMachine, step } from './order-machine.ts'
import { isMeasured, printedObject, type Readings } from './readings.ts'
import { factsOf, sentenceOf } from './reasons.ts'

export interface Observed {
  values: Readonly<Record<string, Json>>
  /** Milliseconds since 1970; not ahead of now. */
  at: number
  source: ReadingSource
}

export interface Watching {
  observe(tx: Transaction, device: string, observed: Observed): Promise<void>
  /** The device has printed; it tells how much, and not what that has used up. */
  printed(tx: Transaction, device: string, pages: number, at: number): Promise<void>
  /** The relay is to ask the device at this moment, if anybody has subscribed to it. */
  lookSoon(tx: Transaction, device: string): Promise<void>
}

export interface WatchingNeeds {
  clock: Clock
  random: Random
  journal: Journal
  audit: TellAudit
  readings: Readings
  webhooks: Pick<Webhooks, 'enqueue'>
}

/** A level is a number or a word. */
const longestValue = 256

export function createWatching(needs: WatchingNeeds): Watching {
  const { clock, random, journal, audit, readings, webhooks } = needs

  async function observe(tx: Transaction, device: string, { values, at, source }: Observed): Promise<void> {
    const owned = await ownedBy(tx, device)
    if (!owned) return
    const { account } = owned
    const subscriptions = await subscriptionsTo(tx, account, device)
    const awaited = new Set(subscriptions.flatMap(({ conditions }) => conditions.map(({ object }) => object)))
    const told = Object.entries(values).filter(
      ([object, value]) => (isMeasured(object) || awaited.has(object)) && object !== printedObject && isLevel(value),
    )
    await readings.keep(tx, { account, device, at, source }, told)
    const mandate = subscriptions.length === 0 ? undefined : await mandateFor(tx, device, owned)
    for (const subscription of subscriptions) {
      const mine = told.filter(([object]) => subscription.conditions.some((condition) => condition.object === object))
      const news = mine.map(([object, value]) => ({ object, value, at, source }))
      if (news.length > 0) await weigh(tx, device, subscription, mandate, news)
    }
  }

  async function weigh(
    tx: Transaction,
    device: string,
    subscription: Subscribed,
    mandate: Mandate | undefined,
    told: OrderEvent['told'],
  ): Promise<void> {
    if (!(await isStillThere(tx, subscription))) return
    const state = await stateOf(tx, device, subscription)
    const effects: OrderEffect[] = []
    const isPaused = subscription.row.paused === 1
    step(state, { kind: 'read', told, wantedSinceAt: mandate?.sinceAt, isPaused }, clock.wallNow(), effects)
    for (const effect of effects)
      if (effect.kind === 'look') await look(tx, device, effect.atMs)
      else if (mandate) await order(tx, device, subscription, mandate, effect)
    await saveState(tx, device, subscription, state)
  }

  async function order(
    tx: Transaction,
    device: string,
    { row, conditions }: Subscribed,
    mandate: Mandate,
    effect: Extract<OrderEffect, { kind: 'order' }>,
  ): Promise<void> {
    const { subscription_id, account, name, webhook_id } = row
    const orderId = random.token(16)
    const createdAt = clock.wallNow()
    const object = conditions[0]?.object ?? ''
    const value = effect.evidence[0]?.last.value ?? null
    const facts = factsOf({ mandate, subscription: name, conditions, order: effect })
    const reasons = facts.map((fact) => sentenceOf(fact, device))
    const added = await tx.sql
      .insertInto('supply_order')
      .values({
        ...{ order_id: orderId, subscription_id, account, device, object, life: effect.life },
        ...{ value: JSON.stringify(value), reasons: JSON.stringify(reasons) },
        ...{ facts: JSON.stringify(facts), created_at: createdAt },
      })
      .onConflict((on) => on.columns(['subscription_id', 'device', 'object', 'life']).doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 1n) return
    const at = new Date(createdAt).toISOString()
    const body = { type: 'order.created', orderId, device, account, object, value, reasons, at }
    await webhooks.enqueue(tx, { webhookId: webhook_id, account }, orderId, body)
    const change = { orderId, subscriptionId: subscription_id, object, life: effect.life, state: 'waiting' }
    journal.append(tx, { type: 'order.changed', account, device, at: createdAt, facts: change })
    audit(tx, { action: 'order.made', account, device, subject: orderId, actor: theRelay })
  }

  return {
    observe,

    async printed(tx, device, pages, at) {
      const owned = await ownedBy(tx, device)
      if (!owned) return
      await readings.countPrinted(tx, { account: owned.account, device, at, source: 'event' }, pages)
      await lookIfWanted(tx, owned.account, device, clock.wallNow())
    },

    async lookSoon(tx, device) {
      const owned = await ownedBy(tx, device)
      if (owned) await lookIfWanted(tx, owned.account, device, clock.wallNow())
    },
  }
}

interface Subscribed {
  row: SubscriptionRow
  conditions: readonly Condition[]
}

async function subscriptionsTo({ sql }: Transaction, account: string, device: string): Promise<Subscribed[]> {
  const rows = await sql
    .selectFrom('subscription')
    .selectAll()
    .where('account', '=', account)
    .where(({ eb, or }) => or([eb('device', 'is', null), eb('device', '=', device)]))
    .orderBy('subscription_id')
    .execute()
  return rows.map((row) => ({ row, conditions: JSON.parse(row.conditions) }))
}

/** It is not removed before what is written here of it is there. */
async function isStillThere({ sql }: Transaction, { row }: Subscribed): Promise<boolean> {
  const found = await sql
    .selectFrom('subscription')
    .select('subscription_id')
    .where('subscription_id', '=', row.subscription_id)
    .forKeyShare()
    .executeTakeFirst()
  return found !== undefined
}

async function stateOf({ sql }: Transaction, device: string, { row, conditions }: Subscribed): Promise<OrderMachine> {
  const found = await sql
    .selectFrom('watch')
    .select('state')
    .where('subscription_id', '=', row.subscription_id)
    .where('device', '=', device)
    .executeTakeFirst()
  return found ? { ...JSON.parse(found.state), conditions } : newOrderMachine(conditions)
}

async function saveState(
  { sql }: Transaction,
  device: string,
  { row }: Subscribed,
  state: OrderMachine,
): Promise<void> {
  const { conditions: _, ...kept } = state
  const text = JSON.stringify(kept)
  await sql
    .insertInto('watch')
    .values({ subscription_id: row.subscription_id, device, state: text })
    .onConflict((on) => on.columns(['subscription_id', 'device']).doUpdateSet({ state: text }))
    .execute()
}

/** The sooner of two moments counts. */
async function look({ sql }: Transaction, device: string, atMs: number): Promise<void> {
  await sql
    .insertInto('look')
    .values({ device, due_at: atMs })
    .onConflict((on) => on.column('device').doUpdateSet({ due_at: atMs }).where('look.due_at', '>', atMs))
    .execute()
}

async function lookIfWanted(tx: Transaction, account: string, device: string, atMs: number): Promise<void> {
  const wanted = await subscriptionsTo(tx, account, device)
  if (wanted.some(({ row }) => row.paused === 0)) await look(tx, device, atMs)
}

function isLevel(value: Json): boolean {
  const inside = plain(value)
  return inside !== null && typeof inside !== 'object' && JSON.stringify(value).length <= longestValue
}
