/** The BOSH door on a real port, with a small stream behind it that answers what it is asked. For tests only. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createHandClock, type HandClock, type Log, silentLog, systemRandom } from '@fairlead/base'
import { findChild, isElement, ns, renderXml, type Xml, xml } from '@fairlead/protocol/xmpp'
import { type Bosh, type BoshNeeds, createBosh } from './bosh.ts'
import { type Attributes, bodyText } from './bosh-play.ts'
import type { Carrier, LineEnd, Stream } from './carrier.ts'

export interface Stand extends AsyncDisposable {
  readonly bosh: Bosh
  readonly clock: HandClock
  readonly port: number
  readonly url: string
  /** The streams that were opened, oldest first. */
  readonly streams: EchoStream[]
  /** Sends a body; the answer may be long in coming. */
  post(body: string, headers?: Record<string, string>): Promise<Answer>
  create(attributes?: Attributes, payload?: string): Promise<Answer>
  /** A session that is logged in: its sid, and the next rid. */
  logIn(attributes?: Attributes): Promise<{ sid: string; rid: number }>
  /** Bytes as they are, on a connection of their own; what comes back until the other side closes or `enough`. */
  raw(text: string | Uint8Array, enough?: (received: string) => boolean): Promise<string>
}

export interface Answer {
  status: number
  text: string
  headers: Headers
  attribute(name: string): string | undefined
}

/** A stream that opens, logs anybody in, answers pings, echoes messages, and breaks when told to. */
export interface EchoStream extends Stream {
  readonly carrier: Carrier
  readonly heard: Xml[]
  readonly events: string[]
  end?: { end: LineEnd; unsent: readonly number[]; unknown: readonly number[] }
}

/** A device on this machine, in the clear. */
export const loopback = { address: '127.0.0.1', loopback: true, secure: false }

/** A device elsewhere, over TLS. */
export const overTls = { address: '192.0.2.7', loopback: false, secure: true }

type Options = Partial<Omit<BoshNeeds, 'options'>> & { options?: Partial<BoshNeeds['options']> }

export async function openStand(more: Options = {}): Promise<Stand> {
  const clock = createHandClock()
  const streams: EchoStream[] = []
  const log: Log = silentLog
  const bosh = createBosh({
    domain: 'localhost',
    clock,
    random: systemRandom,
    log,
    originOf: () => loopback,
    networkOf: (address) => address,
    openStream(carrier, watch) {
      const stream = createEchoStream(carrier, watch)
      streams.push(stream)
      return stream
    },
    ...more,
    options: {
      waitSeconds: 30,
      inactivitySeconds: 60,
      maxBodyBytes: 256 * 1024,
      corsOrigins: [],
      ...more.options,
    },
  })
  const server = createServer((request, response) => {
    if (!bosh.handle(request, response)) response.writeHead(404).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}/http-bind`

  const post: Stand['post'] = async (body, headers = {}) => {
    const response = await fetch(url, { method: 'POST', body, headers })
    return readAnswer(response, await response.text())
  }
  const create: Stand['create'] = (attributes = {}, payload = '') =>
    post(bodyText({ to: 'localhost', rid: 1000, wait: 30, hold: 1, ver: '1.6', ...attributes }, payload))

  return {
    bosh,
    clock,
    port,
    url,
    streams,
    post,
    create,
    async logIn(attributes) {
      const sid = (await create(attributes)).attribute('sid') ?? ''
      await post(bodyText({ sid, rid: 1001 }, logInPayload))
      return { sid, rid: 1002 }
    },
    raw: (text, enough) => exchangeRaw(port, text, enough),
    async [Symbol.asyncDispose]() {
      bosh.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Both in one body: bind is accepted directly after success (B-194). */
export const logInPayload =
  `<auth xmlns='${ns.sasl}' mechanism='ANONYMOUS'/>` +
  `<iq type='set' id='bind' xmlns='jabber:client'><bind xmlns='${ns.bind}'/></iq>`

export function ping(id: string): string {
  return `<iq type='get' id='${id}' to='localhost' xmlns='jabber:client'><ping xmlns='${ns.ping}'/></iq>`
}

/** Waits for something that happens on its own, in real time; throws after ten seconds. */
export async function until(isSo: () => boolean): Promise<void> {
  const patienceMs = 10_000
  const startMs = performance.now()
  while (!isSo()) {
    if (performance.now() - startMs > patienceMs) throw new Error('waited in vain')
    await pause(2)
  }
}

function readAnswer(response: Response, text: string): Answer {
  const start = /^<body[^>]*>/.exec(text)?.[0] ?? ''
  return {
    status: response.status,
    text,
    headers: response.headers,
    attribute: (name) => new RegExp(`\\s${name}='([^']*)'`).exec(start)?.[1],
  }
}

async function exchangeRaw(
  port: number,
  text: string | Uint8Array,
  enough: (received: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.write(text)
  let received = ''
  try {
    for await (const chunk of socket) {
      received += chunk
      if (enough(received)) break
    }
  } catch (error) {
    // A cut connection is an answer too.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error
  }
  socket.destroy()
  return received
}

export function createEchoStream(carrier: Carrier, watch: { bound(): void }): EchoStream {
  const heard: Xml[] = []
  const events: string[] = []
  const stream: EchoStream = {
    carrier,
    heard,
    events,
    open(header) {
      events.push(`open ${header.to}`)
      carrier.send(renderXml(xml('features', ns.stream, {}, xml('bind', ns.bind))), 0)
    },
    receive(element) {
      heard.push(element)
      events.push(`receive ${element.name}`)
      const answer = answerTo(element)
      if (findChild(element, 'bind', ns.bind)) watch.bound()
      if (answer) carrier.send(renderXml(answer), 0)
      if (element.name === 'break') throw new Error('broken on request')
      if (element.name === 'end') carrier.end('conflict')
    },
    alive: () => void events.push('alive'),
    waiting: () => void events.push('waiting'),
    written: (token) => void events.push(`written ${token}`),
    acknowledged: (token) => void events.push(`acknowledged ${token}`),
    ended(end, unsent, unknown) {
      events.push(`ended ${end}`)
      stream.end = { end, unsent, unknown }
    },
  }
  return stream
}

function answerTo(element: Xml): Xml | undefined {
  if (element.name === 'auth') return xml('success', ns.sasl)
  if (element.name === 'message') return element
  if (element.name !== 'iq' || element.ns !== ns.client) return undefined
  const id = element.attributes.get('id')
  const isBind = findChild(element, 'bind', ns.bind) !== undefined
  const jid = xml('bind', ns.bind, {}, xml('jid', ns.bind, {}, 'printer@localhost/1'))
  const known = element.children.filter(isElement).length > 0
  return xml('iq', ns.client, { type: known ? 'result' : 'error', id }, ...(isBind ? [jid] : []))
}
