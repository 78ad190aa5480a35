/** Requests of this process that wait for their answers: each ends once, with an answer or with the reason why there is none. */
import type { Clock, Timer } from '@fairlead/base'
import { BusError, type BusErrorKind, type Message, maxPendingRequests } from './bus.ts'

/** One request that waits. */
export interface Ask {
  readonly id: number
  /** Whether it has left this process. */
  sent: boolean
  isOver: boolean
  timer: Timer | undefined
  resolve(answer: Message): void
  reject(error: unknown): void
  /** The batch that it left in; so that the batch is forgotten with the last of its requests. */
  batch: Batch | undefined
}

interface Batch {
  readonly id: string
  readonly asks: readonly Ask[]
  open: number
}

export interface Asks {
  /** @throws {BusError} `disconnected` when too many wait, `timeout` when no time is left */
  open(subject: string, timeoutMs: number): { ask: Ask; answer: Promise<Message> }
  /** Late, repeated or unknown: nothing happens. */
  answered(id: number, message: Message): void
  /** It ends with a failure that came from where it was answered. */
  failed(id: number, failure: unknown): void
  fail(ask: Ask, kind: BusErrorKind, words: string): void
  /** These leave together. @returns the batch's name, for `nobodyHeard` */
  leave(asks: readonly Ask[]): string
  nobodyHeard(batch: string): void
  /** Everything that waits fails: the bus is gone. */
  failAll(words: string): void
}

export function createAsks(clock: Clock, limit = maxPendingRequests): Asks {
  const waiting = new Map<number, Ask>()
  const batches = new Map<string, Batch>()
  let lastId = 0
  let lastBatch = 0

  function nextId(): number {
    do lastId = (lastId + 1) >>> 0
    while (waiting.has(lastId))
    return lastId
  }

  function end(ask: Ask): void {
    ask.isOver = true
    ask.timer?.cancel()
    waiting.delete(ask.id)
    if (ask.batch && --ask.batch.open === 0) batches.delete(ask.batch.id)
  }

  function fail(ask: Ask, kind: BusErrorKind, words: string): void {
    if (ask.isOver) return
    end(ask)
    ask.reject(new BusError(kind, words, kind !== 'no-responders' && kind !== 'too-large' && ask.sent))
  }

  return {
    open(subject, timeoutMs) {
      if (waiting.size >= limit)
        throw new BusError('disconnected', `${limit} requests wait on the bus already: try again later.`, false)
      if (!(timeoutMs > 0)) throw new BusError('timeout', `There was no time left to ask ${subject}.`, false)
      const { promise, resolve, reject } = Promise.withResolvers<Message>()
      const ask: Ask = {
        id: nextId(),
        sent: false,
        isOver: false,
        timer: undefined,
        resolve,
        reject,
        batch: undefined,
      }
      ask.timer = clock.at(clock.now() + timeoutMs, () =>
        fail(ask, 'timeout', `Nobody answered at ${subject} within ${timeoutMs} ms.`),
      )
      waiting.set(ask.id, ask)
      return { ask, answer: promise }
    },

    answered(id, message) {
      const ask = waiting.get(id)
      if (!ask) return
      end(ask)
      ask.resolve(message)
    },

    failed(id, failure) {
      const ask = waiting.get(id)
      if (!ask) return
      end(ask)
      ask.reject(failure)
    },

    fail,

    leave(asks) {
      const batch: Batch = { id: (++lastBatch).toString(36), asks, open: asks.length }
      for (const ask of asks) ask.batch = batch
      batches.set(batch.id, batch)
      return batch.id
    },

    nobodyHeard(id) {
      for (const ask of batches.get(id)?.asks ?? []) fail(ask, 'no-responders', 'Nobody on the bus answers for that.')
    },

    failAll(words) {
      for (const ask of [...waiting.values()]) fail(ask, 'disconnected', words)
    },
  }
}
