/** Reads the relay's event stream as a browser does, one event after another. Source: WHATWG HTML §9.2. */

export interface StreamEvent {
  id: string
  type: string
  data: Record<string, unknown>
}

export interface EventStream extends AsyncDisposable {
  readonly status: number
  /** The next event; of this type, if one is named, and the others are passed over. @throws {Error} when the stream ends first */
  next(type?: string): Promise<StreamEvent>
  /** Resolves when the relay has ended it. */
  ended(): Promise<void>
}

export interface EventStreamOptions {
  relayUrl: string
  key?: string
  /** Of somebody who has signed in, instead of a key. */
  cookie?: string | undefined
  /** `device=mfp&type=device.online` */
  query?: string
  lastEventId?: string
  /** Ends it from here. */
  signal?: AbortSignal
}

/** Resolves once the relay has said its first word: whatever happens from now on is told. */
export async function openEventStream(options: EventStreamOptions): Promise<EventStream> {
  const { relayUrl, key, cookie, query, lastEventId } = options
  const closing = new AbortController()
  const signal = options.signal ? AbortSignal.any([closing.signal, options.signal]) : closing.signal
  const headers = {
    ...(key !== undefined && { authorization: `Bearer ${key}` }),
    ...(cookie !== undefined && { cookie }),
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  }
  const answer = await fetch(`${relayUrl}/v1/events${query ? `?${query}` : ''}`, { headers, signal })
  const chunks = answer.body?.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let unread = ''

  async function readBlock(): Promise<string | undefined> {
    for (;;) {
      const end = unread.indexOf('\n\n')
      if (end >= 0) {
        const block = unread.slice(0, end)
        unread = unread.slice(end + 2)
        return block
      }
      const { done, value } = (await chunks?.next()) ?? { done: true }
      if (done) return undefined
      unread += value
    }
  }

  async function readEvent(): Promise<StreamEvent | undefined> {
    for (let block = await readBlock(); block !== undefined; block = await readBlock()) {
      const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      const [id, type, data] = ['id', 'event', 'data'].map((name) => fields.get(name) ?? '')
      if (data) return { id: id ?? '', type: type ?? '', data: JSON.parse(data) }
    }
    return undefined
  }

  if (answer.status === 200) await readBlock()
  return {
    status: answer.status,
    async next(type) {
      for (let event = await readEvent(); event !== undefined; event = await readEvent())
        if (type === undefined || event.type === type) return event
      throw new Error(`The stream ended before ${type ?? 'the next event'}`)
    },
    async ended() {
      while (await readEvent());
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
    },
  }
}
