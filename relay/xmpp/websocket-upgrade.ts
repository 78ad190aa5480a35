/** Who may open a WebSocket here: sub-protocol and origin, before anything is spent on it. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** Why an upgrade is refused, in HTTP's words. */
export interface UpgradeRefusal {
  status: 400 | 403 | 503
  text: string
  /** With 503. */
  retryAfterSeconds?: number
}

const reasons = { 400: 'Bad Request', 403: 'Forbidden', 503: 'Service Unavailable' } as const

/**
 * The sub-protocol is required (RFC 7395 §3.1, W-001). A browser says where its page is from, and that must be
 * known here (W-007); who says nothing is no browser.
 *
 * @param origins as browsers write them, in lower case: `https://console.example`; `*` is every one
 */
export function refusalOfUpgrade(request: IncomingMessage, origins: readonly string[]): UpgradeRefusal | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  if (findSubprotocol(offered) === undefined) return { status: 400, text: 'Offer the WebSocket sub-protocol "xmpp".' }
  const { origin } = request.headers
  if (origin !== undefined && !origins.includes('*') && !origins.includes(origin.toLowerCase()))
    return { status: 403, text: 'Pages of this origin may not connect; --cors-origin names those that may.' }
  return undefined
}

/** As it was offered: a client compares the answer with its own spelling. */
export function findSubprotocol(offered: Iterable<string>): string | undefined {
  return [...offered].find((name) => name.toLowerCase() === 'xmpp')
}

/** Answers in plain HTTP and closes. */
export function refuseUpgrade(socket: Duplex, { status, text, retryAfterSeconds = 5 }: UpgradeRefusal): void {
  const head = [
    `HTTP/1.1 ${status} ${reasons[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    'X-Content-Type-Options: nosniff',
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    // RFC 6455 §4.4: whoever speaks another version learns of it.
    ...(status === 400 ? ['Sec-WebSocket-Version: 13'] : []),
    ...(status === 503 ? [`Retry-After: ${retryAfterSeconds}`] : []),
  ]
  socket.once('error', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}
