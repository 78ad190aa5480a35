/** A forward HTTP proxy as companies have them: absolute URIs and CONNECT, and it closes what has been idle too long (A16). */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { listenOnFreePort } from './listen.ts'

export interface HttpProxyOptions {
  /** Closes a connection on which nothing moves for so long, in milliseconds; 0: never. */
  cutIdleAfterMs?: number
  /** `user:password` that it asks for with 407. */
  credentials?: string
  /** Refuses CONNECT with 403, as some do for other ports than 443. */
  refuseConnect?: boolean
  /** Where to listen; a proxy in a network of its own needs its own address. */
  host?: string
}

export interface HttpProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** What went through, in order: `CONNECT host:port` or `POST http://host/path`. */
  readonly visits: string[]
  /** `cut`: tunnels, and connections on which an answer was awaited; `closed`: those that merely lay idle. */
  readonly counts: { cut: number; closed: number; refused: number }
  set(changed: { cutIdleAfterMs: number }): void
}

/** Hop-by-hop, RFC 9110 §7.6.1: not for the server behind. */
const hopByHop = ['connection', 'proxy-connection', 'proxy-authorization', 'keep-alive']

export async function openHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  let cutIdleAfterMs = options.cutIdleAfterMs ?? 0
  const visits: string[] = []
  const counts = { cut: 0, closed: 0, refused: 0 }
  const clients = new Set<Socket>()
  const awaiting = new Set<Socket>()

  const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 }, (incoming, response) => {
    awaiting.add(incoming.socket)
    response.on('close', () => awaiting.delete(incoming.socket))
    // Either side has gone away in the middle: to the other it is a broken connection.
    forward(incoming, response).catch(() => response.destroy())
  })

  server.on('connection', (client: Socket) => {
    clients.add(client)
    client.on('close', () => clients.delete(client))
    client.setTimeout(cutIdleAfterMs)
  })
  // With a listener of its own, the server leaves the connection to it.
  server.on('timeout', (client: Socket) => {
    if (awaiting.has(client)) counts.cut++
    else counts.closed++
    client.destroy()
  })

  const mayPass = (incoming: IncomingMessage) =>
    options.credentials === undefined ||
    incoming.headers['proxy-authorization'] === `Basic ${Buffer.from(options.credentials).toString('base64')}`

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!mayPass(incoming)) {
      counts.refused++
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end('Who are you?\n')
      return
    }
    const target = URL.parse(incoming.url ?? '')
    if (target?.protocol !== 'http:') {
      counts.refused++
      response.writeHead(400).end('This is a proxy: ask with an absolute http: URI, or CONNECT.\n')
      return
    }
    visits.push(`${incoming.method} ${target.href}`)
    const headers = Object.fromEntries(Object.entries(incoming.headers).filter(([name]) => !hopByHop.includes(name)))
    const outgoing = request(target, { method: incoming.method ?? 'GET', headers: { ...headers, host: target.host } })
    response.on('close', () => outgoing.destroy())
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    outgoing.on('response', resolve).on('error', reject)
    const [answer] = await Promise.all([promise, pipeline(incoming, outgoing)])
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders).flushHeaders()
    await pipeline(answer, response)
  }

  server.on('connect', (incoming, client: Socket, head) => {
    const refuse = (status: string) => {
      counts.refused++
      client.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
    }
    client.on('error', () => {})
    if (!mayPass(incoming))
      return refuse('407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"')
    if (options.refuseConnect) return refuse('403 Forbidden')
    visits.push(`CONNECT ${incoming.url}`)
    const { hostname, port } = new URL(`http://${incoming.url}`)
    const behind = connect(Number(port || 80), hostname, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      behind.write(head)
      behind.pipe(client).pipe(behind)
    })
    behind.on('error', () => refuse('502 Bad Gateway'))
    client.setTimeout(cutIdleAfterMs).on('timeout', () => {
      counts.cut++
      client.destroy()
    })
    client.on('close', () => behind.destroy())
    behind.on('close', () => client.destroy())
  })

  const listening = await listenOnFreePort(server, options.host)
  return {
    port: listening.port,
    url: listening.url,
    visits,
    counts,
    set(changed) {
      cutIdleAfterMs = changed.cutIdleAfterMs
      for (const client of clients) client.setTimeout(cutIdleAfterMs)
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      await listening[Symbol.asyncDispose]()
    },
  }
}
