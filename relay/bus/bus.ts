/**
 * The bus: how the nodes of one relay speak to each other. One interface; in one process it is a function call
 * (`in-process-bus.ts`), between processes NATS carries it (`nats-bus.ts`). `bus.test.ts` is what both promise.
 */

/** What is on the way: a head that is JSON and, beside it, bytes that nobody looks at. Neither may be changed once sent. */
export interface Message {
  head: Head
  body?: Uint8Array
}

/** Arrives as JSON would: without what is undefined, and with dates as text. */
export type Head = Readonly<Record<string, unknown>>

export interface Subscription {
  /**
   * Hears nothing new. Of `serve`: what others have asked before the server knew of the end is still answered, so what
   * stands behind it must be able to refuse.
   */
  end(): void
}

/** A message of everybody's. @param from the sender's `self`, verified */
export type Hear = (message: Message, from: string) => void

/** @param from the asker's `self`, verified @param ageMs how long it was on its way, at least */
export type Answer = (message: Message, from: string, ageMs: number) => Message | Promise<Message>

/** A head and a body together may have so many bytes. */
export const maxMessageBytes = 80 * 2 ** 20

/** So many requests of one process may wait for their answers. */
export const maxPendingRequests = 100_000

export interface Bus extends AsyncDisposable {
  /** This process on the bus: random (128 bits), new with every start; others reach it by `nodeSubject(self)`. */
  readonly self: string
  /**
   * Fire and forget; in order for one subject. Dropped and counted while the bus is gone.
   * @throws {BusError} `too-large`
   */
  publish(subject: string, message: Message): void
  /** Everybody who subscribed hears it, whoever published it, this process too. What `hear` throws is logged. */
  subscribe(subject: string, hear: Hear): Subscription
  /**
   * Answers what is asked of this subject (an *interest*: a device's session is one). A Failure that it throws is thrown
   * at the asker, with code, words, facts and `retryAfterSeconds`; anything else is logged here and is `internal` there.
   *
   * Where several processes serve one subject, each is asked and the first answer counts; in one process the newest
   * `serve` that has not ended.
   */
  serve(subject: string, answer: Answer): Subscription
  /**
   * @param timeoutMs what is left of the asker's own time; with nothing left it fails at once, and was not sent
   * @throws {BusError} it may have been heard if and only if `sent`
   * @throws {Failure} the one that was thrown where it was answered
   */
  request(subject: string, message: Message, timeoutMs: number): Promise<Message>
  /** Resolves when the server knows the subscriptions made before, and all it has had for this process is here. @throws {BusError} `disconnected` */
  flush(): Promise<void>
  isConnected(): boolean
  /** Called at each change, after `isConnected` has changed. */
  onConnection(hear: (connected: boolean) => void): void
  /** What went wrong since the start, for metrics. */
  counts(): BusCounts
}

export interface BusCounts {
  /** Messages that were published and not sent: the bus was gone, or too slow. */
  dropped: number
  /** What arrived and was not believed: by whom it was not signed, or it was heard before. */
  refused: number
  /** Times that the connection was lost. */
  disconnects: number
}

/**
 * - `no-responders`: nobody serves it, and nobody has heard it. At once.
 * - `timeout`: no answer came in time. `sent` unless it was still waiting here for its turn.
 * - `disconnected`: the bus is gone, too slow, or has too many requests that wait; `sent` if it can have left before.
 * - `too-large`: more than `maxMessageBytes`.
 * - `internal`: who answered it has failed at it, and has logged why.
 */
export type BusErrorKind = 'no-responders' | 'timeout' | 'disconnected' | 'too-large' | 'internal'

export class BusError extends Error {
  override readonly name = 'BusError'
  readonly kind: BusErrorKind
  /** Whether somebody can have heard it. */
  readonly sent: boolean

  constructor(kind: BusErrorKind, message: string, sent: boolean) {
    super(message)
    this.kind = kind
    this.sent = sent
  }
}
