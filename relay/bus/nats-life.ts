/** One life of the connection to NATS: it ends when the server is gone or silent, and everything that waits for it ends with it. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import { errors, type Msg, type NatsConnection, type Subscription as NatsSubscription } from '@nats-io/transport-node'
import { BusError } from './bus.ts'
import { permissionSentence } from './nats-failure.ts'

export interface Life {
  isOver(): boolean
  publish(subject: string, frame: Buffer, reply?: string): void
  /** Resolves when the server has got everything before. @throws {BusError} `disconnected` when the life ends first */
  flush(): Promise<void>
  /** @returns undefined: it is over */
  subscribe(subject: string, hear: (message: Msg) => void): NatsSubscription | undefined
  maxPayload(): number
  backlogBytes(): number
  /** What the server did not permit, as a sentence. */
  forbidden(): string | undefined
  /** At once; twice does nothing. */
  end(): void
}

export interface LifeNeeds {
  nats: NatsConnection
  namespace: string
  clock: Clock
  log: Log
  /** Called once, when it has ended by itself. */
  onLost(): void
}

/** After so many bytes the server is asked whether it has taken them. */
const askEveryBytes = 2 ** 20
/** What the server's protocol adds to a frame, about. */
const lineBytes = 128
const lookEveryMs = 1_000
/** So often in a row nothing was heard of a server that was asked to say something: it is gone. */
const maxSilentLooks = 4
/** NATS' own. */
const defaultMaxPayload = 2 ** 20
const logEveryMs = 1_000

export function beginLife(needs: LifeNeeds): Life {
  const { nats, namespace, clock, log, onLost } = needs
  const waiting = new Set<(error: BusError) => void>()
  let isOver = false
  let sentBytes = 0
  let askedBytes = 0
  let takenBytes = 0
  let wasHeard = true
  let isAsking = false
  let silentLooks = 0
  let lookTimer: Timer | undefined
  let forbidden: string | undefined
  let loggedAtMs = Number.NEGATIVE_INFINITY

  function end(): void {
    if (isOver) return
    isOver = true
    lookTimer?.cancel()
    for (const reject of waiting) reject(lost())
    waiting.clear()
    inBackground(log, 'bus.close-failed', () => nats.close())
  }

  function lose(): void {
    if (isOver) return
    end()
    onLost()
  }

  /** The library's own promise stays open for ever when the connection breaks. */
  function flush(): Promise<void> {
    if (isOver) return Promise.reject(lost())
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const upTo = sentBytes
    waiting.add(reject)
    nats.flush().then(() => {
      waiting.delete(reject)
      wasHeard = true
      takenBytes = Math.max(takenBytes, upTo)
      resolve()
    }, lose)
    return promise
  }

  function askForLife(): void {
    if (isAsking) return
    isAsking = true
    flush().then(() => {
      isAsking = false
    }, nobodyWaits)
  }

  /** Counts looks, not time: a process that was busy for seconds itself has not heard anybody either. */
  function look(): void {
    silentLooks = wasHeard ? 0 : silentLooks + 1
    wasHeard = false
    if (silentLooks >= maxSilentLooks) {
      log.warn('bus.silent', 'NATS has been silent for seconds: the connection is given up.')
      lose()
      return
    }
    lookTimer = clock.at(clock.now() + lookEveryMs, look)
    askForLife()
  }

  function note(error: Error): void {
    const isPermission = error instanceof errors.PermissionViolationError
    const sentence = isPermission ? permissionSentence(error, namespace) : `NATS says: ${error.message}.`
    if (isPermission) forbidden = sentence
    if (clock.now() - loggedAtMs < logEveryMs) return
    loggedAtMs = clock.now()
    log.error(isPermission ? 'bus.forbidden' : 'bus.server-error', sentence)
  }

  async function watch(): Promise<void> {
    for await (const status of nats.status()) {
      if (status.type === 'error') note(status.error)
      else if (status.type === 'disconnect' || status.type === 'close') lose()
    }
  }

  inBackground(log, 'bus.watch-failed', watch)
  void nats.closed().then(lose)
  look()

  return {
    isOver: () => isOver,
    publish(subject, frame, reply) {
      if (isOver) return
      nats.publish(subject, frame, reply === undefined ? {} : { reply })
      sentBytes += frame.length + lineBytes
      if (sentBytes - askedBytes < askEveryBytes) return
      askedBytes = sentBytes
      flush().catch(nobodyWaits)
    },
    flush,
    subscribe(subject, hear) {
      if (isOver || nats.isClosed()) return undefined
      return nats.subscribe(subject, {
        callback(error, message) {
          // An error is a missing permission, which `watch` has logged.
          if (error) return
          wasHeard = true
          hear(message)
        },
      })
    },
    // A server whose configuration is read again tells the new bound.
    maxPayload: () => nats.info?.max_payload ?? defaultMaxPayload,
    backlogBytes: () => sentBytes - takenBytes,
    forbidden: () => forbidden,
    end,
  }
}

function lost(): BusError {
  return new BusError('disconnected', 'The connection to NATS was lost.', false)
}

/** Of a flush that only counts: that the connection is lost is told by `onLost`. */
function nobodyWaits(): void {}
