/** The relay's event stream as an async iterable that continues by itself after a broken connection, without a gap. */
import type { EventData } from '@fairlead/protocol/contract'
import { type Relay, send } from './call.ts'
import { NoRelayError, type ProblemBody, RelayError } from './error.ts'

export interface RelayEvent {
  /** Give it as `lastEventId` to continue after it. */
  id: string | undefined
  type: string
  data: EventData
}

export interface EventsOptions {
  device?: string
  type?: string
  lastEventId?: string
  signal?: AbortSignal
  /** Pause before connecting again, in milliseconds; default 1,000. */
  retryMs?: number
  /** A connection on which nothing was heard for so long is lost; default 40,000: the relay says something every 15 s. */
  maxSilenceMs?: number
  /** Told when a connection stands, and when it is lost and why: for who shows that to people. */
  changed?: (state: StreamState) => void
}

export type StreamState = { connected: true } | { connected: false; error: unknown }

/**
 * Ends when `signal` is aborted; goes on through broken connections and restarts of the relay.
 * An event of type `reset` means that some were missed: look again at what matters.
 *
 * @throws {RelayError} when the relay refuses (wrong key, too many streams)
 */
export async function* events(relay: Relay, options: EventsOptions = {}): AsyncGenerator<RelayEvent, void, undefined> {
  let lastEventId = options.lastEventId
  const { signal, retryMs = 1_000 } = options
  while (!signal?.aborted) {
    let lost: unknown
    try {
      for await (const { id, event } of connection(relay, {
        ...options,
        ...(lastEventId !== undefined && { lastEventId }),
      })) {
        lastEventId = id ?? lastEventId
        if (event) yield event
      }
    } catch (error) {
      if (error instanceof RelayError && error.status < 500) throw error
      // Anything else is a broken connection: the stream goes on where it stopped.
      lost = error
    }
    if (signal?.aborted) return
    options.changed?.({ connected: false, error: lost })
    await pause(retryMs, signal)
  }
}

/** What stands between two empty lines. Without an event its ID only says up to where the stream has been read. */
interface Block {
  id: string | undefined
  event: RelayEvent | undefined
}

async function* connection(relay: Relay, options: EventsOptions): AsyncGenerator<Block> {
  const response = await send(relay, {
    path: '/v1/events',
    query: { device: options.device, type: options.type },
    headers: {
      accept: 'text/event-stream',
      ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
    },
    signal: options.signal,
  })
  if (!response.ok) throw new RelayError((await response.json()) as ProblemBody, response.headers)
  if (!response.body) throw new NoRelayError('The event stream has no body.')
  options.changed?.({ connected: true })
  yield* readBlocks(response.body, options.maxSilenceMs ?? 40_000)
}

/** Source: HTML Living Standard, server-sent events, "interpreting an event stream". */
async function* readBlocks(body: ReadableStream<Uint8Array>, maxSilenceMs: number): AsyncGenerator<Block> {
  const decoder = new TextDecoder()
  // Not `for await`: not every browser can walk through a stream.
  const reader = body.getReader()
  let text = ''
  try {
    for (;;) {
      const { done, value } = await orSilence(reader.read(), maxSilenceMs)
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split(/\r?\n\r?\n/)
      text = blocks.pop() ?? ''
      yield* blocks.map(readBlock)
    }
  } finally {
    // Ends the connection when the reader of the events stops; a broken one has nothing left to end.
    await reader.cancel().catch(() => {})
  }
}

/** @throws {NoRelayError} nothing was heard for too long, though no connection was closed */
async function orSilence<Got>(heard: Promise<Got>, maxSilenceMs: number): Promise<Got> {
  const { promise: silence, reject } = Promise.withResolvers<never>()
  const timeout = setTimeout(() => reject(new NoRelayError('The relay has fallen silent.')), maxSilenceMs)
  try {
    return await Promise.race([heard, silence])
  } finally {
    clearTimeout(timeout)
  }
}

function readBlock(block: string): Block {
  const fields = new Map<string, string>()
  for (const line of block.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
    if (name) fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value)
  }
  const id = fields.get('id')
  const data = fields.get('data')
  if (data === undefined) return { id, event: undefined }
  return { id, event: { id, type: fields.get('event') ?? 'message', data: JSON.parse(data) } }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timeout)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done, { once: true })
  })
}
