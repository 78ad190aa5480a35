/** A door over real sockets with a few routes of its own, for tests only. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { Failure, type Log, systemClock, systemRandom } from '@fairlead/base'
import { DeviceParams, Json, RequestAnswered, ServiceRequest } from '@fairlead/protocol/contract'
import { z } from 'zod'
import { createMetrics } from '../metrics.ts'
import { createAddresses } from './addresses.ts'
import { type Door, type DoorConfig, type DoorNeeds, openDoor } from './door.ts'
import { type Caller, type Route, route, type Scope } from './route.ts'

export const adminKey = 'admin-key-of-the-test'
export const readKey = 'key-that-may-read'
export const writeKey = 'key-that-may-write'
export const device = { id: 'mfp-1', secret: 'secret:of the device' }

export interface TestDoor extends AsyncDisposable {
  door: Door
  url: string
  /** What was logged as an error. */
  errors: { msg: string; facts: unknown; error: unknown }[]
  /** A call of `/v1/wait` is in its handler, and then: its caller hung up. */
  waiting: Promise<void>
  hungUp: Promise<void>
  fetch(path: string, options?: RequestInit & { key?: string }): Promise<Response>
  /** Sends bytes as they stand and reads until the connection ends, or until `enough`. */
  say(bytes: string, enough?: RegExp): Promise<string>
}

function keyOf(...scopes: Scope[]): Caller {
  return { kind: 'key', keyId: scopes.join(), account: 'acme', scopes: new Set(scopes) }
}

const callers: Record<string, Caller> = {
  [adminKey]: { kind: 'admin' },
  [readKey]: keyOf('devices:read'),
  [writeKey]: keyOf('devices:write', 'requests:write'),
}

export async function openTestDoor(
  more: {
    config?: Partial<DoorConfig>
    trustedProxies?: string[]
    needs?: Partial<DoorNeeds>
    routes?: Route[]
    /** Those routes and no others. */
    only?: boolean
  } = {},
): Promise<TestDoor> {
  const errors: TestDoor['errors'] = []
  const waiting = Promise.withResolvers<void>()
  const hungUp = Promise.withResolvers<void>()
  const log: Log = { info() {}, warn() {}, error: (_event, msg, error, facts) => errors.push({ msg, error, facts }) }
  const metrics = createMetrics({
    version: '0',
    countDevices: () => ({ online: 2, offline: 1, asleep: 0 }),
    countSessions: () => ({ bosh: 1, websocket: 1 }),
  })
  const config: DoorConfig = {
    listen: { host: '127.0.0.1', port: 0 },
    adminListen: undefined,
    tls: undefined,
    corsOrigins: [],
    seenUrls: [],
    insecureTransport: false,
    ...more.config,
  }
  const door = await openDoor({
    config,
    version: '0',
    routes: [...(more.only ? [] : testRoutes(waiting.resolve, hungUp.resolve)), ...(more.routes ?? [])],
    addresses: createAddresses(more.trustedProxies ?? []),
    bosh: (_request, response) => void response.end('bosh'),
    webSocket: (_request, socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\nwebsocket'),
    publicUrl: (port) => `https://localhost:${port}`,
    whyNotReady: () => undefined,
    findCaller: (key) => (Object.hasOwn(callers, key) ? callers[key] : undefined),
    findUser: async () => undefined,
    findDevice: (id) => (id === device.id ? { account: 'acme' } : undefined),
    signOfLife() {},
    checkSecret: async (id, secret) => id === device.id && secret === device.secret,
    metrics,
    clock: systemClock,
    random: systemRandom,
    log,
    ...more.needs,
  })
  const url = `${config.tls ? 'https' : 'http'}://127.0.0.1:${door.port}`
  return {
    door,
    url,
    errors,
    waiting: waiting.promise,
    hungUp: hungUp.promise,
    fetch(path, { key, headers, ...options } = {}) {
      const all = new Headers(headers)
      if (key !== undefined) all.set('authorization', `Bearer ${key}`)
      return fetch(`${url}${path}`, { redirect: 'manual', ...options, headers: all })
    },
    say: (bytes, enough) => say(door.port, bytes, enough),
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]()
      metrics[Symbol.dispose]()
    },
  }
}

export async function say(port: number, bytes: string, enough?: RegExp): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let heard = ''
  // What counts is what was heard; a reset after it is no failure of the test.
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
    if (enough?.test(heard)) socket.destroy()
  })
  socket.write(bytes, 'latin1')
  await once(socket, 'close')
  return heard
}

function testRoutes(waiting: () => void, hungUp: () => void): Route[] {
  const described = { summary: 'For tests.', answers: { 200: { description: 'Done.', schema: Json } } }
  return [
    route({
      ...described,
      method: 'GET',
      path: '/v1/devices/{id}',
      operationId: 'readThing',
      access: 'devices:read',
      params: DeviceParams,
      query: z.strictObject({ tag: z.union([z.string().transform((one) => [one]), z.array(z.string())]).optional() }),
      async handle(visit) {
        const { params, query, caller, address } = visit
        const note = visit.header('x-note')
        return { status: 200, body: { id: params.id, tag: query.tag, caller: caller.kind, address, note } }
      },
    }),
    route({
      ...described,
      method: 'DELETE',
      path: '/v1/devices/{id}',
      operationId: 'dropThing',
      access: 'devices:write',
      answers: { 204: { description: 'Gone.' } },
      handle: async () => ({ status: 204 }),
    }),
    route({
      method: 'POST',
      path: '/v1/devices/{id}/requests',
      operationId: 'ask',
      summary: 'For tests.',
      access: 'requests:write',
      params: DeviceParams,
      body: ServiceRequest,
      headers: { 'Idempotency-Key': 'Replays what was sent.' },
      answers: { 200: { description: 'Answered.', schema: RequestAnswered } },
      problems: ['device-offline', 'unknown-device'],
      isRequest: true,
      async handle({ params, body, requestId }) {
        if (params.id === 'off') throw new Failure('device-offline', 'It is off.', { facts: { reason: 'inactivity' } })
        if (params.id === 'late')
          throw new Failure('device-timeout', 'Too late.', { facts: { outcome: 'not-sent', requestId: 'r-7' } })
        if (params.id === 'busy') throw new Failure('too-many-requests', 'The device has no room.')
        if (params.id === 'bug') throw new TypeError('canary in the code')
        return { status: 200, body: { requestId, body }, headers: { 'fairlead-outcome': 'answered' } }
      },
    }),
    route({
      ...described,
      method: 'POST',
      path: '/v1/accounts',
      operationId: 'addAccount',
      access: 'admin',
      body: z.strictObject({ id: z.string() }),
      handle: async ({ body }) => ({ status: 201, body, headers: { location: `/v1/accounts/${body.id}` } }),
    }),
    route({
      ...described,
      method: 'POST',
      path: '/device/v1/survival',
      operationId: 'survive',
      access: 'device',
      body: z.object({ sid: z.string() }),
      handle: async ({ caller, body }) => ({ status: 200, body: { caller, sid: body.sid } }),
    }),
    route({
      ...described,
      method: 'GET',
      path: '/v1/wait',
      operationId: 'wait',
      access: 'devices:read',
      handle: ({ hungUp: signal }) =>
        new Promise((resolve) => {
          waiting()
          signal.addEventListener('abort', () => {
            hungUp()
            resolve(undefined)
          })
        }),
    }),
    route({
      ...described,
      method: 'GET',
      path: '/v1/stream',
      operationId: 'stream',
      access: 'devices:read',
      async handle({ raw }) {
        raw.response.writeHead(200, { 'content-type': 'text/event-stream' })
        raw.response.end(': hello\n\n')
        return undefined
      },
    }),
  ]
}
