/** Webhooks: signed calls to where services want to be told, from a durable outbox, at least once and with one ID. */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import type { Subscription, WebhookTry } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import { keptSecret } from '../database/kept-secret.ts'
import type { WebhookTryRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { createAddressGuard } from './address-guard.ts'
import { createDelivering, type Tried } from './delivering.ts'
import { type Awaited, type Posted, post, whyNotReachable } from './post.ts'
import { createSigning } from './signing.ts'
import { createWebhookStore, type Fare } from './store.ts'

export interface Webhooks extends Disposable {
  /** @param field for the words @throws {Failure} `invalid-request`: it leads to where nobody may send the relay (S-W2) */
  mustBeReachable(url: string, field: string): Promise<void>
  /** @returns its ID, and its secret, which is shown this once */
  add(tx: Transaction, webhook: { account: string; url: string }): Promise<{ webhookId: string; secret: string }>
  /** Where each leads, and how the calls to it fare. */
  viewsOf(webhookIds: readonly string[]): Promise<ReadonlyMap<string, WebhookView>>
  /** It leads elsewhere from now on; its secret stays. */
  move(tx: Transaction, webhookId: string, url: string): Promise<void>
  /** The secret before is good for a day longer. @returns undefined: there is no such webhook */
  rotate(tx: Transaction, webhookId: string): Promise<string | undefined>
  /** What was on its way has failed. */
  remove(tx: Transaction, webhookId: string): Promise<void>
  /** To be delivered once this is committed. @param messageId what its receiver knows it by, each time it is tried */
  enqueue(tx: Transaction, to: { webhookId: string; account: string }, messageId: string, body: object): Promise<void>
  /** Now and once, for somebody who waits for it. @throws {Failure} `not-found` */
  tell(webhookId: string, body: object): Promise<WebhookTry>
  /** The same, for what its receiver answers. @param messageId the same for what is the same call. Does not throw for what went wrong there */
  ask(webhookId: string, messageId: string, body: object): Promise<Posted>
  statesOf(messageIds: readonly string[]): Promise<ReadonlyMap<string, MessageState>>
}

export type WebhookView = Subscription['webhook']

export interface MessageState {
  state: string
  tries: WebhookTry[]
  /** Only of one that is waiting. */
  nextTryAt: string | null
}

export interface WebhooksNeeds {
  database: Database
  clock: Clock
  random: Random
  log: Log
  /** CIDRs of private networks that may be called all the same. */
  networks: readonly string[]
  /** Nobody else delivers from this record. */
  isAlone: boolean
  tried: Tried
  /** Left out: over HTTP. */
  send?: Send
}

/** One call to a receiver. Resolves always. */
export type Send = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  stopping: AbortSignal,
  awaited?: Awaited,
) => Promise<Posted>

/** Somebody stands at a device and waits for it. */
const awaited: Awaited = { withinMs: 20_000, mostBytes: 64 * 1024 }

export async function openWebhooks(needs: WebhooksNeeds): Promise<Webhooks> {
  const { database, clock, random } = needs
  const store = createWebhookStore(database)
  const signing = createSigning(await keptSecret(database, random, 'webhook-key'))
  const mayReach = createAddressGuard(needs.networks)
  if (needs.isAlone) await store.freeLeases()
  const stopping = new AbortController()
  const send: Send = needs.send ?? ((...call) => post({ clock, mayReach }, ...call))

  const delivering = createDelivering({
    ...needs,
    store,
    call: (webhook, messageId, body, signal) =>
      send(new URL(webhook.url), signing.headersFor(webhook, messageId, body, clock.wallNow()), body, signal),
  })

  /** @throws {Failure} `not-found` */
  async function call(webhookId: string, messageId: string, body: object, awaited?: Awaited): Promise<Posted> {
    const webhook = await store.find(webhookId)
    if (!webhook) throw new Failure('not-found', 'There is no such webhook any more.')
    const text = JSON.stringify(body)
    const headers = signing.headersFor(webhook, messageId, text, clock.wallNow())
    return send(new URL(webhook.url), headers, text, stopping.signal, awaited)
  }

  return {
    async mustBeReachable(url, field) {
      const why = await whyNotReachable(new URL(url), mayReach)
      if (why !== undefined) throw new Failure('invalid-request', `${field}: ${why}`)
    },

    async add(tx, { account, url }) {
      const row = { webhook_id: random.token(16), account, url, version: 1, rotated_at: null }
      await store.add(tx, row)
      return { webhookId: row.webhook_id, secret: signing.secretOf(row) }
    },

    async viewsOf(webhookIds) {
      if (webhookIds.length === 0) return new Map()
      const [urls, fares] = await Promise.all([store.urls(webhookIds), store.fares(webhookIds)])
      const fareOf = new Map(fares.map((fare) => [fare.webhook_id, fare]))
      return new Map(urls.map(({ webhook_id, url }) => [webhook_id, { url, ...fareInWords(fareOf.get(webhook_id)) }]))
    },

    move: store.move,

    async rotate(tx, webhookId) {
      const row = await store.rotate(tx, webhookId, clock.wallNow())
      return row && signing.secretOf(row)
    },

    async remove(tx, webhookId) {
      const at = clock.wallNow()
      for (const { message_id, tries } of await store.waitingFor(tx, webhookId)) {
        await store.addTry(tx, { message_id, number: tries + 1, at, status: null, error: 'The webhook was removed.' })
        await store.settle(tx, message_id, 'failed', undefined)
        await needs.tried(tx, message_id, 'failed')
      }
      await store.remove(tx, webhookId)
    },

    async enqueue(tx, { webhookId, account }, messageId, body) {
      const text = JSON.stringify(body)
      await store.enqueue(tx, { message_id: messageId, webhook_id: webhookId, account, body: text })
      tx.afterCommit(delivering.wake)
    },

    async tell(webhookId, body) {
      const at = new Date(clock.wallNow()).toISOString()
      return { at, ...(await call(webhookId, random.token(18), body)) }
    },

    ask: (webhookId, messageId, body) => call(webhookId, messageId, body, awaited),

    async statesOf(messageIds) {
      if (messageIds.length === 0) return new Map()
      const [messages, tries] = await Promise.all([store.messages(messageIds), store.tries(messageIds)])
      const triesOf = Map.groupBy(tries, ({ message_id }) => message_id)
      return new Map(
        messages.map(({ message_id, state, next_at }) => {
          const told = (triesOf.get(message_id) ?? []).map(viewOfTry)
          const nextTryAt = state === 'waiting' ? new Date(next_at).toISOString() : null
          return [message_id, { state, tries: told, nextTryAt }]
        }),
      )
    },

    [Symbol.dispose]() {
      stopping.abort()
      delivering[Symbol.dispose]()
    },
  }
}

/** @param fare undefined: it was never called */
export function fareInWords(fare?: Fare): Omit<WebhookView, 'url'> {
  const iso = (ms: number | null | undefined) => (typeof ms === 'number' ? new Date(ms).toISOString() : null)
  return {
    takenAt: iso(fare?.taken_at),
    failingSinceAt: iso(fare?.failing_since_at),
    lastTry: fare ? viewOfTry(fare) : null,
  }
}

function viewOfTry({ at, status, error }: Pick<WebhookTryRow, 'at' | 'status' | 'error'>): WebhookTry {
  return { at: new Date(at).toISOString(), ...(status !== null && { status }), ...(error !== null && { error }) }
}
