/** One HTTP call to the relay: JSON in, JSON out, refusals thrown. */
import { NoRelayError, type ProblemBody, RelayError } from './error.ts'

export interface Relay {
  /** `https://relay.example`, without a path. */
  url: string
  /** Left out on a page of the relay itself: then it is whoever has signed in there. */
  key?: string | undefined
  /** Another `fetch`, for a proxy or a test. */
  fetch?: typeof globalThis.fetch
}

export interface Call {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  query?: Record<string, string | number | readonly string[] | undefined>
  /** JSON. */
  body?: unknown
  /** Instead of it: octets, with their `content-type` among the headers. */
  raw?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

export interface Answered<Body> {
  status: number
  headers: Headers
  body: Body
}

/** @throws {RelayError} the relay refused @throws {NoRelayError} no relay answered */
export async function call<Body>(relay: Relay, request: Call): Promise<Answered<Body>> {
  const response = await send(relay, request)
  const text = await tryToReach(relay, request, () => response.text())
  if (response.status === 204) return { status: 204, headers: response.headers, body: undefined as Body }
  const body = readBody(relay, request, response, text)
  if (response.ok) return { status: response.status, headers: response.headers, body: body as Body }
  throw new RelayError(body as ProblemBody, response.headers)
}

/** What a bare response that is none of the good ones says. @throws {NoRelayError} it is no relay's */
export async function refusalIn(relay: Relay, request: Call, response: Response): Promise<RelayError> {
  const text = await tryToReach(relay, request, () => response.text())
  return new RelayError(readBody(relay, request, response, text) as ProblemBody, response.headers)
}

/** The bare response, for streams; its status may be any. @throws {NoRelayError} */
export async function send(relay: Relay, request: Call): Promise<Response> {
  const { method = 'GET', path, query, body, raw, headers, signal } = request
  const url = new URL(path, relay.url)
  for (const [name, value] of Object.entries(query ?? {}))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) url.searchParams.append(name, String(one))
  const init: RequestInit = {
    method,
    // Made here, so that a key which no header can carry is not taken for a relay that does not answer.
    headers: new Headers({
      ...(relay.key !== undefined && { authorization: `Bearer ${relay.key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(raw && { body: raw }),
    ...(signal && { signal }),
  }
  return tryToReach(relay, request, () => (relay.fetch ?? globalThis.fetch)(url, init))
}

/** What something in front of a relay answers that has lost patience with it, or cannot reach it. */
const gatewayStatuses = new Set([502, 503, 504, 524])
/** Nothing has left: there was nobody to take it. */
const neverLeft = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CERT_|UNABLE_TO_|SELF_SIGNED|ERR_TLS/

/** A relay may be gone before it answers, and in the middle of its answer. */
async function tryToReach<Got>(relay: Relay, { method, signal }: Call, reach: () => Promise<Got>): Promise<Got> {
  try {
    return await reach()
  } catch (error) {
    if (signal?.aborted) throw error
    const reason = reasonOf(error)
    const doubt = mayHaveChanged(method) && !neverLeft.test(`${reason} ${codeOf(error)}`) ? ` ${mayBeDone}` : ''
    throw new NoRelayError(`No relay answers at ${relay.url}: ${reason}.${doubt}`, { cause: error })
  }
}

const mayHaveChanged = (method: Call['method']) => method === 'POST' || method === 'PATCH'
const mayBeDone = 'What was asked for may or may not have been done.'

function readBody(relay: Relay, { method }: Call, response: Response, text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    if (response.ok || (typeof body === 'object' && body !== null && 'code' in body)) return body
  } catch {
    // Not JSON: said below, with what answered instead.
  }
  if (gatewayStatuses.has(response.status))
    throw new NoRelayError(
      `Something in front of ${relay.url} answered in place of the relay (HTTP ${response.status}): it waits too short a time, or the relay behind it is gone.${mayHaveChanged(method) ? ` ${mayBeDone}` : ''}`,
    )
  throw new NoRelayError(`What answers at ${relay.url} is not a Fairlead relay (HTTP ${response.status}).`)
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause)
}

/** As in Node: `ECONNREFUSED`; of what lies beneath, where there is one. */
function codeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
