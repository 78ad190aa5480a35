/** A service that calls the relay's API with plain HTTP, as any program would: no SDK between it and the wire. */

export interface Reply {
  status: number
  headers: Headers
  /** JSON read, or the text where it is none; undefined for an empty body. */
  body: unknown
}

/** What a device was asked, and what became of it. */
export interface RequestReply extends Reply {
  outcome: string | null
  requestId: string | null
}

export interface Service {
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  read(path: string): Promise<Reply>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>
  /** The first request (A8): `{ get: ['model'] }`, `{ set: { location: 'here' } }`. */
  ask(device: string, request: object, headers?: Record<string, string>): Promise<RequestReply>
}

export function createService(relayUrl: string, key: string): Service {
  return serviceOf((method, path, body, headers) =>
    callRelay(relayUrl, method, path, body, { authorization: `Bearer ${key}`, ...headers }),
  )
}

/** One call, with these headers and no others. */
export async function callRelay(
  relayUrl: string,
  method: string,
  path: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Reply> {
  const answer = await fetch(relayUrl + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await answer.text()
  const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '')
  return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text || undefined }
}

/** Whoever calls, and whatever they show. */
export function serviceOf(call: Service['call']): Service {
  return {
    call,
    read: (path) => call('GET', path),
    post: (path, body, headers) => call('POST', path, body, headers),
    async ask(device, request, headers) {
      const reply = await call('POST', `/v1/devices/${device}/requests`, request, headers)
      return {
        ...reply,
        outcome: reply.headers.get('fairlead-outcome'),
        requestId: reply.headers.get('fairlead-request-id'),
      }
    },
  }
}
