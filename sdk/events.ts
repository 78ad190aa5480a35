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
}

/** One block of the stream; an id alone moves the place from which the stream goes on. */
interface Block {
  id: string | undefined
  event: RelayEvent | undefined
}

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
    try {
      for await (const block of connection(relay, { ...options, ...(lastEventId !== undefined && { lastEventId }) })) {
        lastEventId = block.id ?? lastEventId
        if (block.event) yield block.event
      }
    } catch (error) {
      if (error instanceof RelayError && error.status < 500) throw error
      if (signal?.aborted) return
      // Anything else is a broken connection: the stream goes on where it stopped.
    }
    await pause(retryMs, signal)
  }
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
  yield* readBlocks(response.body)
}

/** Source: HTML Living Standard, server-sent events, "interpreting an event stream". */
async function* readBlocks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Block> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    const blocks = text.split(/\r?\n\r?\n/)
    text = blocks.pop() ?? ''
    yield* blocks.map(readBlock)
  }
}

function readBlock(block: string): Block {
  const fields = new Map<string, string>()
  for (const line of block.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? []
    if (name) fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value)
  }
  const [id, data] = [fields.get('id'), fields.get('data')]
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
