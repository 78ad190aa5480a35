/** Brings messages to their receivers: each at least once, by one node at a time, with a pause that grows, for three days. */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { WebhookMessageRow, WebhookRow } from '../database/supply-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import type { Posted } from './post.ts'
import type { WebhookStore } from './store.ts'

export interface Delivering extends Disposable {
  /** Something is there to be delivered. */
  wake(): void
}

/** What became of a try, in the transaction that says so; `waiting`: there will be another. */
export type Tried = (tx: Transaction, messageId: string, state: 'waiting' | 'taken' | 'failed') => Promise<void>

export interface DeliveringNeeds {
  database: Database
  store: WebhookStore
  clock: Clock
  random: Random
  log: Log
  /** Resolves always. */
  call(webhook: WebhookRow, messageId: string, body: string, stopping: AbortSignal): Promise<Posted>
  tried: Tried
}

/** For what nodes that died have left, and what is to be tried again. */
const lookEveryMs = 1_000
const mostAtOnce = 32
/** Of one account; while there are as many, no more are begun. */
const mostOfAccount = 4
/** Longer than a call may take: whoever has had it for so long is no more. */
const leaseMs = 30_000
const giveUpMs = 3 * 24 * 3_600_000
const firstPauseMs = 2_000
const longestPauseMs = 4 * 3_600_000

export function createDelivering(needs: DeliveringNeeds): Delivering {
  const { database, store, clock, random, log } = needs
  const stopping = new AbortController()
  /** By ID, with their accounts. */
  const underWay = new Map<string, string>()
  let looking: Promise<void> | undefined
  let lookAgain = false

  /** The half of it is certain and the other half chance: a receiver that comes back is not met by everything at once. */
  function pauseMs(tries: number): number {
    const ceilingMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 20))
    return ceilingMs / 2 + random.fraction() * (ceilingMs / 2)
  }

  async function look(): Promise<void> {
    while (!stopping.signal.aborted && underWay.size < mostAtOnce && (await store.isDue())) {
      const lease = random.token(16)
      const limit = mostAtOnce - underWay.size
      const how = { lease, leaseMs, limit, ofAccount: mostOfAccount, busy: busyAccounts() }
      const taken = await database.write((tx) => store.take(tx, how))
      for (const message of taken) start(message, lease)
      if (taken.length === 0) return
    }
  }

  /** A tenant whose receivers answer nothing must not hold up the others. */
  function busyAccounts(): string[] {
    const byAccount = Map.groupBy(underWay.values(), (account) => account)
    return [...byAccount].filter(([, calls]) => calls.length >= mostOfAccount).map(([account]) => account)
  }

  function start(message: WebhookMessageRow, lease: string): void {
    underWay.set(message.message_id, message.account)
    inBackground(log, 'webhooks.not-told', async () => {
      try {
        await deliver(message, lease)
      } catch (error) {
        // What became of it could not be written down: it is told again, with the same ID.
        if (!stopping.signal.aborted && !(error instanceof Failure)) throw error
      } finally {
        underWay.delete(message.message_id)
        wake()
      }
    })
  }

  async function deliver(message: WebhookMessageRow, lease: string): Promise<void> {
    const { message_id, webhook_id, body, tries } = message
    const webhook = await store.find(webhook_id)
    const posted = webhook
      ? await needs.call(webhook, message_id, body, stopping.signal)
      : { error: 'The webhook was removed.' }
    // It was cut off by the end of this process, which says nothing of its receiver: the next one tries again.
    if (stopping.signal.aborted && !isTaken(posted)) return
    const at = clock.wallNow()
    await database.write(async (tx) => {
      const ageMs = await store.ageIfMine(tx, message_id, lease)
      if (ageMs === undefined) return
      const { status, error } = { status: null, error: null, ...posted }
      await store.addTry(tx, { message_id, number: tries + 1, at, status, error })
      const nextMs = pauseMs(tries)
      const isOver = !webhook || ageMs + nextMs > giveUpMs
      const state = isTaken(posted) ? 'taken' : isOver ? 'failed' : 'waiting'
      await store.settle(tx, message_id, state, state === 'waiting' ? nextMs : undefined)
      await needs.tried(tx, message_id, state)
    })
  }

  function wake(): void {
    if (stopping.signal.aborted) return
    if (looking) {
      lookAgain = true
      return
    }
    looking = look()
      .catch((error) => {
        // A record that is away tells of itself, and a process that ends has closed it: the next look is in a second.
        const isExpected = stopping.signal.aborted || error instanceof Failure
        if (!isExpected) log.error('webhooks.not-looked', 'What is to be delivered could not be read.', error)
      })
      .finally(() => {
        looking = undefined
        if (!lookAgain) return
        lookAgain = false
        wake()
      })
  }

  const timer = every(clock, lookEveryMs, wake)
  return {
    wake,
    [Symbol.dispose]() {
      stopping.abort()
      timer[Symbol.dispose]()
    },
  }
}

function isTaken(posted: Posted): boolean {
  return 'status' in posted && posted.status >= 200 && posted.status < 300
}
