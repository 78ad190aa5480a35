/** A WebSocket door on a real port, and a client that speaks frames to it. For tests only. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createHandClock, silentLog, systemRandom } from '@fairlead/base'
import {
  beginScram,
  ns,
  proveSecret,
  readSaslAnswer,
  readXml,
  renderOpen,
  renderXml,
  saslElement,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import { type ClientOptions, WebSocket } from 'ws'
import type { Line } from './carrier.ts'
import { openStream } from './stream.ts'
import { bindRequest, createLines, device, domain, secret, streamNeeds } from './stream-trial.ts'
import { createWebSocket, type WebSocketNeeds, type WebSocketOptions } from './websocket.ts'

export type Door = Awaited<ReturnType<typeof openDoor>>

/** @param more what it needs besides, to write down how streams stand */
export async function openDoor(options: Partial<WebSocketOptions> = {}, more: Partial<WebSocketNeeds> = {}) {
  const clock = createHandClock()
  const lines = createLines()
  const needs = streamNeeds({ lines, random: systemRandom, anonymous: true })
  const door = createWebSocket({
    domain,
    clock,
    random: systemRandom,
    log: silentLog,
    options: { corsOrigins: ['https://console.example'], ...options },
    addressOf: (request) => request.socket.remoteAddress ?? '',
    isSecure: () => false,
    openStream: (carrier, watch, restored) => openStream(needs, carrier, watch, restored),
    ...more,
  })
  const server = createServer()
  server.on('upgrade', door.upgrade)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients: Client[] = []
  return {
    door,
    clock,
    lines,
    port,
    url: `ws://127.0.0.1:${port}/xmpp-websocket`,
    async connect(protocols: string[] = ['xmpp'], clientOptions: ClientOptions = {}): Promise<Client> {
      const client = await connect(`ws://127.0.0.1:${port}/xmpp-websocket`, protocols, clientOptions)
      clients.push(client)
      return client
    },
    /** The line that was bound last. */
    line(): Line {
      const news = lines.news.findLast((one) => one.what === 'bound')
      if (!news) throw new Error('Nobody is bound.')
      return news.line
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.socket.terminate()
      door.close()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Client {
  socket: WebSocket
  say(message: Xml | string): void
  /** The next message, which must come within a second. */
  next(): Promise<Xml>
  nextText(): Promise<string>
  /** The code the socket was closed with. */
  closed: Promise<number>
  /** Header, SCRAM, header, as far as the features after it. @returns the id of the stream */
  logIn(password?: string): Promise<string>
  bind(resource?: string): Promise<void>
  /** Asks for management. @returns the SM-ID */
  manage(): Promise<string>
}

async function connect(url: string, protocols: string[], options: ClientOptions): Promise<Client> {
  const socket = new WebSocket(url, protocols, options)
  const inbox: string[] = []
  let arrived = () => {}
  socket.on('message', (data) => {
    inbox.push(String(data))
    arrived()
  })
  socket.on('error', () => {})
  const closed = new Promise<number>((done) => socket.once('close', (code) => done(code)))
  await Promise.race([
    once(socket, 'open'),
    once(socket, 'unexpected-response').then(([, response]) => Promise.reject(new Error(String(response.statusCode)))),
  ])

  async function nextText(): Promise<string> {
    const limit = AbortSignal.timeout(1000)
    while (inbox.length === 0)
      await new Promise<void>((done, fail) => {
        arrived = done
        limit.addEventListener('abort', () => fail(new Error('Nothing came within a second.')), { once: true })
      })
    return inbox.shift() ?? ''
  }
  const next = async () => readXml(await nextText())
  const say = (message: Xml | string) => socket.send(typeof message === 'string' ? message : renderXml(message))

  return {
    socket,
    say,
    next,
    nextText,
    closed,
    async logIn(password = secret) {
      say(renderOpen({ to: domain }))
      await next()
      await next()
      const scram = beginScram(device, systemRandom.token(18))
      say(saslElement('auth', scram.message, 'SCRAM-SHA-256'))
      const challenge = readSaslAnswer(await next())
      if (challenge?.kind !== 'challenge') throw new Error('That was no challenge.')
      const proof = await proveSecret(scram, challenge.data, password, 'sha256')
      say(saslElement('response', proof.message))
      const answer = await next()
      if (answer.name !== 'success') throw new Error(renderXml(answer))
      say(renderOpen({ to: domain }))
      const opened = await next()
      await next()
      return opened.attributes.get('id') ?? ''
    },
    async bind(resource) {
      say(bindRequest(resource))
      await next()
    },
    async manage() {
      say(xml('enable', ns.sm, { resume: 'true' }))
      return (await next()).attributes.get('id') ?? ''
    },
  }
}

/** Waits for what must become true within a second, a turn at a time. */
export async function eventually(holds: () => boolean): Promise<void> {
  const limit = AbortSignal.timeout(1000)
  while (!holds()) {
    if (limit.aborted) throw new Error('It did not become true within a second.')
    await new Promise((done) => setImmediate(done))
  }
}
