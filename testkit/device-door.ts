/** The real BOSH door and stream, with as little relay behind them as an agent needs: everything that arrives is kept. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { deriveKeys, ns, renderXml, xml } from '@fairlead/protocol/xmpp'
import { createAddresses, networkOf } from '../relay/http/addresses.ts'
import { createBosh } from '../relay/xmpp/bosh.ts'
import type { Credentials, Line, Lines } from '../relay/xmpp/carrier.ts'
import { openStream } from '../relay/xmpp/stream.ts'

export interface DeviceDoorOptions {
  /** Device ID to secret. */
  devices: Record<string, string>
  port?: number
  waitSeconds?: number
  inactivitySeconds?: number
  survivalTimeoutSeconds?: number
  /** Looked at before anything else: true when it has answered the request itself. */
  intercept?(request: IncomingMessage, response: ServerResponse): boolean
}

/** One plain HTTP call of a device. */
export interface Call {
  path: string
  body: Record<string, unknown>
  device: string
}

export interface DeviceDoor extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** What became of the sessions, in order: `bound a`, `connected a`, `leaving a mode-off`, `ended a terminated`. */
  readonly events: string[]
  readonly calls: Call[]
  /** The last answer to each request. */
  readonly answers: Map<string, Record<string, unknown>>
  /** What survival notifications are told; the truth by default. */
  recognizes: ((sid: string) => boolean | 'silence') | undefined
  /** Pushes a request to a connected device. */
  push(device: string, requestId: string, request: Record<string, unknown>): void
  lineOf(device: string): Line | undefined
}

const domain = 'relay.test'

export async function openDeviceDoor(options: DeviceDoorOptions): Promise<DeviceDoor> {
  const credentials = new Map<string, Credentials>()
  for (const [id, secret] of Object.entries(options.devices))
    credentials.set(id, await deriveKeys(secret, randomBytes(16), 4096))
  const lines = new Map<string, Line>()
  const events: string[] = []
  const calls: Call[] = []
  const answers = new Map<string, Record<string, unknown>>()
  let token = 0

  const heard: Lines = {
    claim: () => ({ epoch: events.length }),
    bound(line) {
      events.push(`bound ${line.device}`)
      const earlier = lines.get(line.device)
      lines.set(line.device, line)
      earlier?.end('conflict')
    },
    connected(line) {
      events.push(`connected ${line.device}`)
    },
    alive() {},
    leaving: (line, status) => void events.push(`leaving ${line.device} ${status}`),
    written() {},
    acknowledged() {},
    answered() {},
    ended(line, end) {
      events.push(`ended ${line.device} ${end}`)
      if (lines.get(line.device) === line) lines.delete(line.device)
    },
  }
  const streamNeeds = {
    domain,
    version: 'test',
    anonymous: false,
    insecureTransport: false,
    fakeKey: randomBytes(32),
    iterations: 4096,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    logIn: {
      findCredentials: async (id: string) => {
        const found = credentials.get(id)
        return found ? [found] : []
      },
      checkSecret: async (id: string, secret: string) => options.devices[id] === secret,
      basisOf: (id: string) => credentials.get(id),
      versionOf: () => 1,
      loggedIn() {},
    },
    lines: heard,
  }
  const bosh = createBosh({
    domain,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    options: {
      waitSeconds: options.waitSeconds ?? 30,
      inactivitySeconds: options.inactivitySeconds ?? 60,
      maxBodyBytes: 256 * 1024,
      corsOrigins: [],
    },
    originOf: createAddresses([]).originOf,
    networkOf,
    openStream: (carrier) => openStream(streamNeeds, carrier),
  })

  const relay: Pick<DeviceDoor, 'recognizes'> = { recognizes: undefined }

  async function answerCall(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = JSON.parse(await textOf(request)) as Record<string, unknown>
    const [device = '', secret = ''] = Buffer.from(
      request.headers.authorization?.slice('Basic '.length) ?? '',
      'base64',
    )
      .toString()
      .split(':')
    const path = request.url ?? ''
    calls.push({ path, body, device })
    if (options.devices[device] === undefined || options.devices[device] !== secret)
      return reply(response, 401, { code: 'unauthorized' })
    if (path === '/device/v1/register') {
      const survivalTimeoutSeconds = options.survivalTimeoutSeconds ?? 60
      return reply(response, 200, { registration: 'enrolled', survivalTimeoutSeconds, jid: `${device}@${domain}` })
    }
    if (path === '/device/v1/survival') {
      const sid = String(body['sid'])
      const verdict = relay.recognizes?.(sid) ?? lines.get(device)?.id === sid
      return verdict === 'silence' ? undefined : reply(response, 200, { recognized: verdict })
    }
    answers.set(decodeURIComponent(path.split('/').at(-1) ?? ''), body)
    return reply(response, 200, {})
  }

  const server = createServer((request, response) => {
    if (options.intercept?.(request, response) || bosh.handle(request, response)) return
    answerCall(request, response).catch((error) => response.destroy(error))
  })
  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  return Object.assign(relay, {
    url: `http://127.0.0.1:${port}`,
    port,
    events,
    calls,
    answers,
    lineOf: (device: string) => lines.get(device),
    push(device: string, requestId: string, request: Record<string, unknown>) {
      const line = lines.get(device)
      if (!line) throw new Error(`${device} is not here`)
      const type = request['get'] ? 'get' : 'set'
      const to = `${device}@${domain}/${line.resource}`
      const content = xml('request', ns.request, {}, JSON.stringify(request))
      line.send(renderXml(xml('iq', ns.client, { type, id: requestId, from: domain, to }, content)), ++token)
    },
    async [Symbol.asyncDispose]() {
      if (!server.listening) return
      bosh.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts).toString()
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
