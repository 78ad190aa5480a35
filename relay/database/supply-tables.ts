/** The tables of readings, subscriptions, orders and webhooks (`tables.ts` has the rules). */
import type { Selectable } from 'kysely'

export interface SupplyTables {
  consent: ConsentTable
  look: LookTable
  reading: ReadingTable
  subscription: SubscriptionTable
  supply_order: SupplyOrderTable
  watch: WatchTable
  webhook: WebhookTable
  webhook_message: WebhookMessageTable
  webhook_try: WebhookTryTable
}

/** Where a service wants to be told. Its secret is derived, and stands nowhere. */
interface WebhookTable {
  webhook_id: string
  account: string
  url: string
  /** Of its secret. */
  version: number
  /** The secret before this one is good for a while longer. */
  rotated_at: number | null
}

/** What a webhook is told; retried until it is taken. Times by the clock of the record, which all nodes share. */
interface WebhookMessageTable {
  /** The receiver sees the same one each time. */
  message_id: string
  webhook_id: string
  account: string
  /** As it is signed and sent. */
  body: string
  /** `waiting`, `taken` or `failed`. */
  state: string
  created_at: number
  next_at: number
  tries: number
  /** Of who is delivering it, until `leased_until`. */
  lease: string | null
  leased_until: number
}

interface WebhookTryTable {
  message_id: string
  number: number
  at: number
  status: number | null
  error: string | null
}

/** A level or counter, from when until when it read so. It is its account's: who owns the device next sees none of it. */
interface ReadingTable {
  account: string
  device: string
  object: string
  at: number
  until_at: number
  /** JSON. */
  value: string
  /** Of the first time: `event`, `register` or `poll`. */
  source: string
}

/** Devices that the relay is to ask soon, whichever node has them. */
interface LookTable {
  device: string
  due_at: number
}

/** What a service wants to be told of (B8). */
interface SubscriptionTable {
  subscription_id: string
  account: string
  name: string
  /** Null: all devices of the account. */
  device: string | null
  /** JSON. */
  conditions: string
  webhook_id: string
  /** 1: nothing is ordered. */
  paused: number
  created_at: number
}

/** How far a subscription is with a device: its evidence, and which cartridge it is. */
interface WatchTable {
  subscription_id: string
  device: string
  /** JSON: the order machine's. */
  state: string
}

/** The owner lets services be performed for a device that has no claim (B8). */
interface ConsentTable {
  device: string
  /** The key's ID, `user ID`, or `admin`. */
  given_by: string
  given_at: number
}

/** One for each subscription, device, object and cartridge. */
interface SupplyOrderTable {
  /** Its message has the same ID. */
  order_id: string
  subscription_id: string
  account: string
  device: string
  object: string
  life: number
  /** JSON. */
  value: string
  /** JSON: list of sentences. */
  reasons: string
  /** JSON: what the sentences say, one by one; null: it was ordered before these were kept. */
  facts: string | null
  created_at: number
}

export type ReadingRow = Selectable<ReadingTable>
export type SubscriptionRow = Selectable<SubscriptionTable>
export type SupplyOrderRow = Selectable<SupplyOrderTable>
export type WebhookRow = Selectable<WebhookTable>
export type WebhookMessageRow = Selectable<WebhookMessageTable>
export type WebhookTryRow = Selectable<WebhookTryTable>
