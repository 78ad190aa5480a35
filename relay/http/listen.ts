/** Listens with Node's HTTP parser at its strictest; with TLS, both HTTPS and plain HTTP on one port. */
import { constants } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer } from 'node:tls'
import { Failure } from '@fairlead/base'
import { problemContentType, problemType } from '@fairlead/protocol/contract'
import { type Acceptors, mayShare, openAcceptors, proveFree, untilNobodyComes } from './acceptors.ts'
import { answerHeaders } from './answer-headers.ts'
import { createConnectionBounds } from './connection-bounds.ts'
import { sayContinue } from './expect-continue.ts'

export interface ListenNeeds {
  host: string
  /** 0: any free one. */
  port: number
  tls?: TlsTexts | undefined
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Whether an upgrade is taken there; elsewhere the header is ignored, as RFC 9110 §7.8 allows. */
  takesUpgrade(request: IncomingMessage): boolean
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Other limits than S-D1's, for tests that cannot wait so long. */
  limits?: Partial<Limits>
}

/** PEM. */
export interface TlsTexts {
  certificate: string
  key: string
  /** Who signs the certificates of devices; without it no client is asked for one. */
  clientCa?: string
}

export interface Listener {
  /** The one that was got. */
  port: number
  /**
   * Takes no new connection, and ends those that there are after their next answer: whoever sends on one that is ended
   * while it is idle does not know whether it was heard.
   */
  leave(): void
  /** @returns how many requests have come, and how many connections there are */
  use(): { requests: number; connections: number }
  /** Takes no new connection, and ends idle ones at once. Resolves when the last one is gone. */
  close(): Promise<void>
  /** Ends every connection, whatever it does. */
  cut(): void
}

/** S-D1. The body must arrive within 20 s, a document at a bearable rate; how long the answer takes is the route's. */
const usualLimits = {
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  keepAliveTimeout: 75_000,
  maxHeaderSize: 8192,
  connectionsCheckingInterval: 5000,
  insecureHTTPParser: false,
  // Refused by `http.ts` in words; Node's own refusal has none, and HTTP/1.0 may leave it out (B-001).
  requireHostHeader: false,
}

/** Who takes nothing for so long has gone, or means no good. Node needs twice as long to be sure. */
const usualStalledMs = 30_000

/** All devices come back at once after a restart: performance.md, "what is known to matter". */
const backlog = 16_384

/** TLS 1.2 with forward secrecy and authenticated encryption only, or 1.3 (S-W6). The first that a client has is taken. */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':')

type Limits = typeof usualLimits & { stalledMs: number }

/** @throws {Failure} `unavailable` with one sentence when the address cannot be had */
export async function listen(needs: ListenNeeds): Promise<Listener> {
  const { stalledMs, requestTimeout, ...limits } = { ...usualLimits, stalledMs: usualStalledMs, ...needs.limits }
  // Node's own time-out of requests knows none that is long on purpose: it is kept by the bounds below.
  const options: ServerOptions = { ...limits, requestTimeout: 0, shouldUpgradeCallback: needs.takesUpgrade }
  const server = createServer(options)
  // Counted by `http.ts` instead: beyond this number Node drops headers in silence, a trusted proxy's among them.
  server.maxHeadersCount = 0
  server.maxRequestsPerSocket = 0
  server.on('upgrade', needs.upgrade)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => sayMalformed(error, socket))
  if (needs.tls) addTls(server, needs.tls)

  // Our own list, because Node forgets a connection once it is a WebSocket.
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const bounds = createConnectionBounds({
    stalledMs,
    requestMs: requestTimeout,
    checkMs: limits.connectionsCheckingInterval,
    late: (socket) => sayMalformed({ name: '', message: '', code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket),
  })
  let requests = 0
  server.on('request', (request, response) => take(request, response))
  server.on('checkContinue', (request, response) => take(request, response, sayContinue))
  let stopping: ReturnType<typeof stop> | undefined
  /** Takes no new connection. Before that, whoever is told to make one would come here. */
  let isDeaf = false
  const { port, acceptors } = await open(server, needs)

  function take(request: IncomingMessage, response: ServerResponse, first?: (response: ServerResponse) => void): void {
    requests++
    if (isDeaf) response.shouldKeepAlive = false
    if (bounds.isTooMany(request, response)) return
    first?.(response)
    needs.handle(request, response)
  }

  async function stop(): Promise<{ closed: Promise<unknown> }> {
    await untilNobodyComes([server, ...acceptors.servers])
    const closed = Promise.all([once(server, 'close'), acceptors.close()])
    // Not HTTP's own: it would end idle connections as well.
    NetServer.prototype.close.call(server)
    isDeaf = true
    return { closed }
  }

  return {
    port,
    cut() {
      for (const socket of sockets) socket.destroy()
    },
    leave() {
      stopping ??= stop()
    },
    use: () => ({ requests, connections: sockets.size }),
    async close() {
      stopping ??= stop()
      const { closed } = await stopping
      server.close()
      await closed
      bounds[Symbol.dispose]()
    },
  }
}

async function open(server: Server, needs: ListenNeeds): Promise<{ port: number; acceptors: Acceptors }> {
  const { host } = needs
  try {
    // Port 0 is chosen by the kernel, which takes none that is shared.
    if (mayShare && needs.port !== 0) await proveFree({ host, port: needs.port })
    server.listen({ host, port: needs.port, backlog, reusePort: mayShare })
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const take = (socket: Socket) => void server.emit('connection', socket)
    return { port, acceptors: await openAcceptors({ host, port, backlog }, take) }
  } catch (error) {
    throw new Failure('unavailable', whyNot(error, needs), { cause: error })
  }
}

function whyNot(error: unknown, { host, port }: ListenNeeds): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE')
    return `Port ${port} at ${host} is taken by another program: give another one with --listen.`
  if (code === 'EACCES')
    return `Port ${port} at ${host} needs rights that this program does not have: take one above 1023.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `This machine has no address ${host} to listen on.`
  return `Listening at ${host}:${port} failed: ${error instanceof Error ? error.message : String(error)}.`
}

/** First byte of a TLS record of type handshake (RFC 8446 §5.1); no HTTP method starts with it. */
const tlsHandshake = 0x16
/** Nobody who says nothing is kept longer. */
const firstByteTimeoutMs = 10_000

/**
 * Gives each connection to the language that its first byte speaks. Both end at the one HTTP server, because only a
 * server that listens itself has its time-outs watched by Node.
 */
function addTls(server: Server, tls: TlsTexts): void {
  const [speakHttp] = server.listeners('connection')
  if (!speakHttp) throw new Error('This Node takes HTTP connections in another way than the one known here.')
  server.removeAllListeners('connection')
  const secure = createTlsServer(
    {
      cert: tls.certificate,
      key: tls.key,
      ciphers,
      minVersion: 'TLSv1.2',
      handshakeTimeout: firstByteTimeoutMs,
      ALPNProtocols: ['http/1.1'],
      // Whoever is on a connection at its beginning stays the same to its end (S-W6).
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      // Asked for, not demanded: browsers and services come without one.
      ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
    },
    (socket) => speakHttp.call(server, socket),
  )
  // Scanners and cut connections; there is nobody left to tell.
  secure.on('tlsClientError', (_error, socket) => socket.destroy())

  server.on('connection', (socket: Socket) => {
    const giveUp = () => socket.destroy()
    socket.on('error', giveUp)
    socket.on('end', giveUp)
    socket.setTimeout(firstByteTimeoutMs, giveUp)
    socket.once('data', (first) => {
      socket.setTimeout(0)
      for (const event of ['error', 'end', 'timeout']) socket.off(event, giveUp)
      socket.pause()
      socket.unshift(first)
      if (first[0] === tlsHandshake) secure.emit('connection', socket)
      else speakHttp.call(server, socket)
      process.nextTick(() => socket.resume())
    })
  })
}

/** What is no HTTP gets one plain answer and the connection ends: what follows could be anything (S-W1). */
function sayMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const [status, words, detail] = malformed(error.code)
  const code = status === 431 ? 'too-large' : 'invalid-request'
  const problem = JSON.stringify({ type: problemType(code), title: words, status, code, detail })
  const headers = Object.entries({
    'content-type': problemContentType,
    'content-length': Buffer.byteLength(problem),
    ...answerHeaders,
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${words}\r\n${headers.join('')}\r\n${problem}`)
}

function malformed(code: string | undefined): [number, string, string] {
  if (code === 'HPE_HEADER_OVERFLOW') return [431, 'Request Header Fields Too Large', 'Send at most 8 KiB of headers.']
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return [408, 'Request Timeout', 'The request did not arrive in time.']
  return [400, 'Bad Request', 'This is not HTTP as RFC 9112 has it.']
}
