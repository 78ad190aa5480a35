/** The way to NATS, kept open: made again when it is lost, with every subscription, and with nothing of what was in it. */
import { type Clock, Failure, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import type { Msg, Subscription as NatsSubscription } from '@nats-io/transport-node'
import { atMost } from './at-most.ts'
import { dial, dialUntilThere } from './nats-dial.ts'
import { beginLife, type Life } from './nats-life.ts'
import type { NatsAddress } from './nats-url.ts'
import type { Carrier } from './outgoing.ts'

export interface Keeper extends Carrier, AsyncDisposable {
  isConnected(): boolean
  /** Survives the connection. @returns ends it, and resolves when nothing comes any more */
  subscribe(subject: string, hear: (message: Msg) => void): () => Promise<void>
  /** What the server did not permit, as a sentence. */
  forbidden(): string | undefined
  disconnects(): number
}

export interface KeeperNeeds {
  address: NatsAddress
  /** What NATS' own monitoring shows. */
  name: string
  namespace: string
  clock: Clock
  random: Random
  log: Log
  /** Called at each change. */
  onConnection(connected: boolean): void
}

interface Wanted {
  subject: string
  hear: (message: Msg) => void
  /** In the newest life, if that is not over. */
  subscription: NatsSubscription | undefined
}

/** Between two tries to reach the server: from a tenth of it, by chance, so that the nodes do not come all at once. */
const longestPauseMs = 1_000
/** A server that hangs is not waited for at the end. */
const lastWordMs = 1_000

/** @throws {Failure} `unavailable`, one sentence */
export async function openKeeper(needs: KeeperNeeds): Promise<Keeper> {
  const { address, name, clock, random, log, onConnection } = needs
  const wanted = new Set<Wanted>()
  let isOpen = true
  let isConnected = true
  let disconnects = 0
  let endPause = () => {}
  let life = begin(await dial(address, name))

  function begin(nats: Parameters<typeof beginLife>[0]['nats']): Life {
    const begun = beginLife({ ...needs, nats, onLost: () => begun === life && isConnected && lost() })
    return begun
  }

  function lost(): void {
    disconnects++
    setConnected(false)
    log.warn('bus.lost', 'The connection to NATS is lost; it is tried again until it is there.')
    inBackground(log, 'bus.reconnect-failed', reconnect)
  }

  function setConnected(connected: boolean): void {
    if (isConnected === connected) return
    isConnected = connected
    onConnection(connected)
  }

  async function reconnect(): Promise<void> {
    const lostAtMs = clock.now()
    for (let hasToldWhy = false; isOpen; ) {
      const pauseMs = Math.ceil(longestPauseMs * (0.1 + 0.9 * random.fraction()))
      await pause(pauseMs / 5)
      try {
        const next = begin(await dialUntilThere(address, name, pauseMs, () => isOpen))
        if (await take(next)) return log.info('bus.back', 'NATS is there again.', { goneMs: clock.now() - lostAtMs })
      } catch (error) {
        if (!isOpen || !(error instanceof Failure) || hasToldWhy) continue
        hasToldWhy = true
        log.error('bus.away', error.message)
      }
    }
  }

  /** @returns whether it is the one that counts from now on */
  async function take(next: Life): Promise<boolean> {
    // It is subscribed in before it counts: nobody who comes meanwhile is left out.
    life = next
    for (const one of wanted) one.subscription = next.subscribe(one.subject, one.hear)
    await next.flush().catch(() => next.end())
    if (!isOpen) next.end()
    if (next.isOver()) return false
    setConnected(true)
    return true
  }

  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer: Timer = clock.at(clock.now() + ms, resolve)
    endPause = () => {
      timer.cancel()
      resolve()
    }
    await promise
  }

  async function sayLastWord(): Promise<void> {
    for (const { subscription } of wanted) subscription?.unsubscribe()
    await atMost(
      clock,
      lastWordMs,
      life.flush().catch(() => {}),
    )
  }

  return {
    isConnected: () => isConnected,
    publish: (subject, frame, reply) => life.publish(subject, frame, reply),
    flush: () => life.flush(),
    maxPayload: () => life.maxPayload(),
    backlogBytes: () => life.backlogBytes(),
    forbidden: () => life.forbidden(),
    disconnects: () => disconnects,

    subscribe(subject, hear) {
      const one: Wanted = { subject, hear, subscription: life.subscribe(subject, hear) }
      wanted.add(one)
      return async () => {
        if (!wanted.delete(one) || !one.subscription) return
        if (one.subscription.isClosed()) return
        // Its own promise stays open when the connection breaks first; `closed` does not.
        void one.subscription.drain().catch(() => {})
        await one.subscription.closed
      }
    },

    async [Symbol.asyncDispose]() {
      if (!isOpen) return
      isOpen = false
      endPause()
      if (isConnected) await sayLastWord()
      setConnected(false)
      life.end()
    },
  }
}
