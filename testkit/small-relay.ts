/** The relay's real doors in one process, over a list of devices instead of a record: for what needs no more of it. */
import { readFile } from 'node:fs/promises'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { deriveKeys } from '@fairlead/protocol/xmpp'
import { createAddresses, networkOf } from '../relay/http/addresses.ts'
import { openDoor } from '../relay/http/door.ts'
import { probeRoutes } from '../relay/http/probe-routes.ts'
import { createProbes } from '../relay/http/probes.ts'
import { createBosh } from '../relay/xmpp/bosh.ts'
import type { LogIn } from '../relay/xmpp/carrier.ts'
import { openStream } from '../relay/xmpp/stream.ts'
import { createWebSocket } from '../relay/xmpp/websocket.ts'
import type { Certificate } from './certificate.ts'
import { createPushes, type Pushes } from './pushes.ts'

export interface SmallRelayOptions {
  /** IDs to secrets. */
  devices?: Readonly<Record<string, string>>
  certificate?: Certificate
  trustedProxies?: readonly string[]
  /** Its clock: milliseconds since 1970. */
  wallNow?: () => number
}

export interface SmallRelay extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly domain: string
  readonly pushes: Pushes
}

const domain = 'relay.example'
const iterations = 4096

export async function openSmallRelay(options: SmallRelayOptions = {}): Promise<SmallRelay> {
  await using opening = new AsyncDisposableStack()
  const { devices = {}, certificate, trustedProxies = [], wallNow = Date.now } = options
  const common = { clock: systemClock, random: systemRandom, log: silentLog }
  const addresses = createAddresses(trustedProxies)
  const pushes = createPushes(domain)
  const logIn = createLogIn(devices)

  const streamNeeds = {
    ...common,
    domain,
    version: '0.1.0',
    anonymous: false,
    insecureTransport: false,
    fakeKey,
    iterations,
    logIn,
    lines: pushes.lines,
  }
  const bosh = createBosh({
    ...common,
    originOf: addresses.originOf,
    networkOf,
    domain,
    options: { waitSeconds: 30, inactivitySeconds: 60, maxBodyBytes: 262_144, corsOrigins: [] },
    openStream: (carrier) => openStream(streamNeeds, carrier),
  })
  opening.defer(() => bosh.close())
  const webSocket = createWebSocket({
    ...common,
    addressOf: addresses.addressOf,
    isSecure: (request) => addresses.isSecure(request) || addresses.originOf(request).loopback,
    domain,
    options: { corsOrigins: [] },
    openStream: (carrier, watch) => openStream(streamNeeds, carrier, watch),
  })
  opening.defer(() => webSocket.close())

  const stopping = new AbortController()
  const probes = createProbes(systemClock, stopping.signal)
  const door = opening.use(
    await openDoor({
      ...common,
      version: '0.1.0',
      addresses,
      config: {
        listen: { host: '127.0.0.1', port: 0 },
        adminListen: undefined,
        tls: certificate && { certificate: certificate.cert, key: await readFile(certificate.keyPath, 'utf8') },
        corsOrigins: [],
        seenUrls: [],
        insecureTransport: false,
      },
      routes: probeRoutes({ probes, version: '0.1.0', wallNow }),
      bosh: (request, response) => void bosh.handle(request, response),
      webSocket: webSocket.upgrade,
      publicUrl: (port) => `https://127.0.0.1:${port}`,
      whyNotReady: () => undefined,
      findCaller: () => undefined,
      findUser: async () => undefined,
      findDevice: () => undefined,
      checkSecret: logIn.checkSecret,
      signOfLife() {},
      metrics: { httpServed() {}, rejected() {}, render: async () => ({ contentType: 'text/plain', content: '' }) },
    }),
  )
  // First of all at the end: what is held on purpose must not hold up the door.
  opening.defer(() => stopping.abort())

  const opened = opening.move()
  return {
    url: `${certificate ? 'https' : 'http'}://127.0.0.1:${door.port}`,
    port: door.port,
    domain,
    pushes,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

const fakeKey = new Uint8Array(32).fill(1)

function createLogIn(devices: Readonly<Record<string, string>>): LogIn {
  return {
    async findCredentials(device) {
      const secret = devices[device]
      return secret === undefined ? [] : [await deriveKeys(secret, new Uint8Array(16).fill(2), iterations)]
    },
    checkSecret: async (device, secret) => devices[device] === secret,
    basisOf: (device) => (device in devices ? devices : undefined),
    versionOf: () => 1,
    loggedIn() {},
  }
}
