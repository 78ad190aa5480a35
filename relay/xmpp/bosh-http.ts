/** BOSH's HTTP: bodies collected within bounds, answers written in one piece. Source: XEP-0124 §5; rows B-001 to B-018. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpAnswer } from './bosh-exchange.ts'

const paths = new Set(['/http-bind', '/http-bind/', '/bosh', '/bosh/'])

/** B-020. A query is ignored. */
export function isBoshPath(url: string): boolean {
  const query = url.indexOf('?')
  return paths.has(query < 0 ? url : url.slice(0, query))
}

/** A body over its limit is read and thrown away up to so many times the limit, so that its sender hears why. */
const patience = 16

/**
 * Collects a request's body, whether its length was told or it comes in chunks (B-005).
 *
 * @param done is called once, with undefined for a body over `maxBytes`; never for one that breaks off
 */
export function collectBody(request: IncomingMessage, maxBytes: number, done: (bytes: Uint8Array | undefined) => void) {
  let chunks: Uint8Array[] = []
  let length = 0
  const take = (chunk: Uint8Array) => {
    length += chunk.length
    if (length <= maxBytes) chunks.push(chunk)
    else chunks = []
    if (length > patience * maxBytes) request.destroy()
  }
  const finish = () => {
    // What is held for half a minute should not hold its body as well.
    request.removeListener('data', take).removeListener('end', finish)
    const [first] = chunks
    const bytes = first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks)
    chunks = []
    done(length <= maxBytes ? bytes : undefined)
  }
  request.on('data', take).on('end', finish).on('error', ignore)
}

/** Nobody is left to answer; 'close' of the response tells whoever needs to know. */
function ignore() {}

/** B-075, B-076: no encoding is offered, so none is taken. */
export function isEncoded(request: IncomingMessage): boolean {
  const encoding = request.headers['content-encoding']
  return encoding !== undefined && encoding.trim().toLowerCase() !== 'identity'
}

/** Which pages of other sites may read answers (B-016, B-017). */
export interface Cors {
  origins: ReadonlySet<string>
}

export function createCors(origins: readonly string[]): Cors {
  return { origins: new Set(origins) }
}

/** Nothing where CORS is off; credentials are never allowed, so `*` may stand. */
function corsHeaders({ origins }: Cors, request: IncomingMessage): string[] {
  if (origins.size === 0) return []
  const { origin } = request.headers
  if (origins.has('*')) return ['Access-Control-Allow-Origin', '*']
  const allowed = origin !== undefined && origins.has(origin) ? ['Access-Control-Allow-Origin', origin] : []
  return ['Vary', 'Origin', ...allowed]
}

/** Answers once, head and body in one write, with the length told (B-004). Who has hung up is not answered. */
export function writeAnswer(response: ServerResponse, answer: HttpAnswer, cors: Cors) {
  const { status, contentType, body, retryAfterSeconds } = answer
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(body)),
    ...commonHeaders,
    ...(retryAfterSeconds === undefined ? [] : ['Retry-After', String(retryAfterSeconds)]),
    ...corsHeaders(cors, response.req),
  ])
  response.end(body)
}

/** A page elsewhere may bring a browser here by a form, and what the answer holds must be no page of ours (S-W4). */
const commonHeaders = [
  ...['Cache-Control', 'no-store', 'X-Accel-Buffering', 'no', 'X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"],
]

const methods = 'GET, HEAD, OPTIONS, POST'

/** Whatever is not POST: a browser's preflight, a person's look, or a mistake (B-015, B-016). */
export function answerOtherMethod(request: IncomingMessage, response: ServerResponse, cors: Cors) {
  switch (request.method) {
    case 'OPTIONS': {
      const preflight = [
        ...['Access-Control-Allow-Methods', 'POST, OPTIONS, GET'],
        ...['Access-Control-Allow-Headers', 'content-type'],
        ...['Access-Control-Max-Age', '86400'],
      ]
      const allowed = cors.origins.size > 0 ? preflight : []
      response.writeHead(204, ['Allow', methods, ...commonHeaders, ...allowed, ...corsHeaders(cors, request)]).end()
      return
    }
    case 'GET':
    case 'HEAD': {
      const body = 'This is a BOSH endpoint (XEP-0124): devices connect here with POST requests.\n'
      return writeAnswer(response, { status: 200, contentType: 'text/plain; charset=utf-8', body }, cors)
    }
    default:
      response.writeHead(405, ['Allow', methods, 'Content-Length', '0', ...commonHeaders]).end()
  }
}
