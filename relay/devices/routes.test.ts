/** The record through the relay's real door: accounts, keys, devices, what devices tell, and the event stream. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { CreatedKey, Device } from '@fairlead/protocol/contract'
import { openAccounts } from '../accounts/accounts.ts'
import { accountRoutes } from '../accounts/routes.ts'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import { openJournal } from '../events/journal.ts'
import { eventRoutes } from '../events/routes.ts'
import { createEventStreams } from '../events/streams.ts'
import { createAddresses } from '../http/addresses.ts'
import { openDoor } from '../http/door.ts'
import type { Caller } from '../http/route.ts'
import { createMetrics } from '../metrics.ts'
import { deviceDoorRoutes } from './device-routes.ts'
import { openDevices } from './devices.ts'
import { deviceRoutes } from './routes.ts'

const adminKey = 'the-admin-key-of-this-test'
const ground = { clock: systemClock, random: systemRandom, log: silentLog }

async function openRelay(options: { maxStreams?: number } = {}) {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  const journal = opening.use(await openJournal({ ...ground, database }))
  const isStillGood = (caller: Caller): boolean => accounts.isStillGood(caller)
  const streams = opening.use(createEventStreams({ ...ground, ...options, journal, isStillGood }))
  const accounts = opening.use(
    await openAccounts({
      ...ground,
      database,
      dataFolder: folder.path,
      adminKey,
      onKeyRevoked: streams.recheck,
      audit() {},
    }),
  )
  const alive: string[] = []
  const devices = opening.use(
    await openDevices({
      ...ground,
      database,
      journal,
      audit() {},
      domain: 'relay.example',
      survivalTimeoutSeconds: 60,
      resetNoticeSeconds: 86_400,
      accountExists: accounts.exists,
      presenceOf: () => undefined,
      endSessions: () => {},
    }),
  )
  const metrics = opening.use(
    createMetrics({
      version: '0',
      countDevices: () => ({ online: 0, offline: 0, asleep: 0 }),
      countSessions: () => ({ bosh: 0, websocket: 0 }),
    }),
  )
  const door = opening.use(
    await openDoor({
      ...ground,
      config: {
        listen: { host: '127.0.0.1', port: 0 },
        adminListen: undefined,
        tls: undefined,
        corsOrigins: [],
        seenUrls: [],
        insecureTransport: false,
      },
      version: '0',
      routes: [
        ...accountRoutes(accounts),
        ...deviceRoutes(devices),
        ...deviceDoorRoutes({
          ...devices,
          sleep: async () => {},
          knowsSession: (device, id) => device === 'a' && id === 'sid-of-a',
        }),
        ...eventRoutes(streams),
      ],
      addresses: createAddresses([]),
      bosh: (_request, response) => void response.end(),
      webSocket: (_request, socket) => void socket.destroy(),
      publicUrl: () => '',
      whyNotReady: () => undefined,
      findCaller: accounts.findCaller,
      findUser: async () => undefined,
      findDevice: devices.find,
      checkSecret: devices.logIn.checkSecret,
      signOfLife: (device) => alive.push(device),
      metrics,
    }),
  )
  opening.defer(() => streams[Symbol.dispose]())
  const url = `http://127.0.0.1:${door.port}`

  async function call(authorization: string, method: string, path: string, body?: unknown) {
    const init = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
    const answer = await fetch(url + path, { method, headers: { authorization }, ...init })
    const text = await answer.text()
    // biome-ignore lint/suspicious/noExplicitAny: bodies of all shapes, looked at by each test
    const json: any = text === '' ? undefined : JSON.parse(text)
    return { status: answer.status, code: json?.code as string | undefined, body: json }
  }
  const withKey = (key: string) => (method: string, path: string, body?: unknown) =>
    call(`Bearer ${key}`, method, path, body)
  const admin = withKey(adminKey)
  const opened = opening.move()
  return {
    url,
    alive,
    admin,
    withKey,
    device: (id: string, secret: string) => (path: string, body: unknown) =>
      call(`Basic ${btoa(`${id}:${secret}`)}`, 'POST', path, body),
    async newKey(account: string, scopes?: string[]) {
      const made = await admin('POST', '/v1/keys', { account, ...(scopes && { scopes }) })
      return CreatedKey.parse(made.body)
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

test('accounts are made and listed by the admin alone', async () => {
  await using relay = await openRelay()
  assert.equal((await relay.admin('POST', '/v1/accounts', { id: 'acme', name: 'Acme' })).status, 201)
  const again = await relay.admin('POST', '/v1/accounts', { id: 'acme' })
  assert.deepEqual([again.status, again.code], [409, 'account-exists'])
  const bad = await relay.admin('POST', '/v1/accounts', { id: 'Not An Id' })
  assert.deepEqual([bad.status, bad.code], [400, 'invalid-request'])
  const { body } = await relay.admin('GET', '/v1/accounts?limit=1')
  assert.deepEqual([body.items[0].id, typeof body.nextCursor], ['acme', 'string'])
  const { key } = await relay.newKey('acme')
  const forbidden = await relay.withKey(key)('GET', '/v1/accounts')
  assert.deepEqual([forbidden.status, forbidden.code], [403, 'forbidden'])
})

test('a key is made, works, is listed without its secret, and is dead once revoked', async () => {
  await using relay = await openRelay()
  const made = await relay.newKey('default')
  const service = relay.withKey(made.key)
  assert.equal((await service('GET', '/v1/devices')).status, 200)
  const listed = await service('GET', '/v1/keys')
  assert.equal(listed.body.items[0].keyId, made.keyId)
  assert.ok(!JSON.stringify(listed.body).includes(made.key.slice(12)))
  assert.equal((await relay.admin('DELETE', `/v1/keys/${made.keyId}`)).status, 204)
  const dead = await service('GET', '/v1/devices')
  assert.deepEqual([dead.status, dead.code], [401, 'unauthorized'])
  const gone = await relay.admin('DELETE', `/v1/keys/${made.keyId}`)
  assert.deepEqual([gone.status, gone.code], [404, 'not-found'])
  const nowhere = await relay.admin('POST', '/v1/keys', { account: 'nobody' })
  assert.deepEqual([nowhere.status, nowhere.code], [404, 'not-found'])
})

test('each call wants its scope', async () => {
  await using relay = await openRelay()
  await relay.admin('POST', '/v1/devices', { id: 'a' })
  const wanted: [string, string, string, unknown?][] = [
    ['devices:read', 'GET', '/v1/devices'],
    ['devices:read', 'GET', '/v1/devices/a'],
    ['devices:write', 'POST', '/v1/devices', { id: 'b' }],
    ['devices:write', 'POST', '/v1/devices/a/rotate', {}],
    ['devices:write', 'DELETE', '/v1/devices/a'],
    ['events:read', 'GET', '/v1/events'],
    ['keys:write', 'GET', '/v1/keys'],
    ['keys:write', 'POST', '/v1/keys', { account: 'default' }],
    ['keys:write', 'DELETE', '/v1/keys/12345678'],
  ]
  const all = ['devices:read', 'devices:write', 'events:read', 'keys:write', 'jobs:write']
  for (const [scope, method, path, body] of wanted) {
    const others = all.filter((one) => one !== scope)
    const { key } = await relay.newKey('default', others)
    const refused = await relay.withKey(key)(method, path, body)
    assert.deepEqual([refused.status, refused.code], [403, 'forbidden'], `${method} ${path} without ${scope}`)
  }
})

test('a device is enrolled, shown, found, rotated and removed', async () => {
  await using relay = await openRelay()
  const { key } = await relay.newKey('default')
  const service = relay.withKey(key)
  const enrolled = await service('POST', '/v1/devices', { id: 'mfp-1', model: 'X', tags: ['hall'] })
  assert.deepEqual([enrolled.status, enrolled.body.jid], [201, 'mfp-1@relay.example'])
  const taken = await service('POST', '/v1/devices', { id: 'mfp-1' })
  assert.deepEqual([taken.status, taken.code], [409, 'id-taken'])
  const shown = await service('GET', '/v1/devices/mfp-1')
  assert.equal(Device.parse(shown.body).reason, 'never-seen')
  const found = await service('GET', '/v1/devices?tag=hall&state=offline&q=mfp')
  assert.deepEqual([found.body.items.length, found.body.nextCursor], [1, null])
  const rotated = await service('POST', '/v1/devices/mfp-1/rotate')
  assert.equal(rotated.status, 200)
  assert.notEqual(rotated.body.secret, enrolled.body.secret)
  assert.equal((await service('DELETE', '/v1/devices/mfp-1')).status, 204)
  const gone = await service('GET', '/v1/devices/mfp-1')
  assert.deepEqual([gone.status, gone.code], [404, 'unknown-device'])
})

for (const [what, body] of [
  ['an ID with capitals', { id: 'MFP' }],
  ['an ID of 65', { id: 'a'.repeat(65) }],
  ['a secret of 15', { id: 'a', secret: 'x'.repeat(15) }],
  ['a secret of 129', { id: 'a', secret: 'x'.repeat(129) }],
  ['an unknown field', { id: 'a', colour: 'red' }],
  ['no ID', {}],
] as const)
  test(`enrolling with ${what} is invalid-request`, async () => {
    await using relay = await openRelay()
    const refused = await relay.admin('POST', '/v1/devices', body)
    assert.deepEqual([refused.status, refused.code], [400, 'invalid-request'])
  })

test('A7 a filter over an object is a query like any other, and one that is none is refused with what it should be', async () => {
  await using relay = await openRelay()
  const service = relay.withKey((await relay.newKey('default')).key)
  const { body } = await service('POST', '/v1/devices', { id: 'a', model: 'MFC-9' })
  const device = relay.device('a', body.secret)
  await device('/device/v1/register', { objects: { 'toner.black': 7, location: 'Hall' } })
  const ask = (...where: string[]) => {
    const query = new URLSearchParams([['model', 'MFC*'], ...where.map((one) => ['where', one])])
    return service('GET', `/v1/devices?${query}`)
  }
  const found = await ask('toner.black<20', 'location="hall"')
  assert.deepEqual([found.status, found.body.items.map(({ id }: { id: string }) => id)], [200, ['a']])
  assert.deepEqual((await ask('location=x*', 'toner.black<20')).body.items, [])
  const counted = await service('GET', '/v1/device-counts?where=toner.black%3C20')
  assert.deepEqual(counted.body, { online: 0, offline: 1, asleep: 0 })
  const hostile = [
    ...['', 'toner.black', 'toner.black<', '<20', 'a.b<some', 'a<1e999', 'a=-1e999', 'a\u0000=1', 'a=1\n'],
    ...["a' OR '1'='1", 'a;drop table device;--=1 or 1', '__proto__=1', '((a))=1', '*=1', 'a'.repeat(1_000)],
  ]
  for (const where of hostile) {
    const refused = await ask('toner.black<20', where)
    assert.deepEqual([refused.status, refused.code], [400, 'invalid-request'], where)
    assert.match(refused.body.detail, /^query\.where/, where)
    assert.doesNotMatch(refused.body.detail, /received array|drop table/i)
  }
  assert.equal((await ask(...Array(9).fill('a=1'))).status, 400)
  assert.equal((await ask(`a=${'*x'.repeat(127)}`)).status, 200)
})

test('S-M1 with tenant B’s ids every call is 404', async () => {
  await using relay = await openRelay()
  for (const id of ['acme', 'rival']) await relay.admin('POST', '/v1/accounts', { id })
  await relay.admin('POST', '/v1/devices', { id: 'theirs', account: 'rival' })
  const theirs = await relay.newKey('rival')
  const service = relay.withKey((await relay.newKey('acme')).key)
  const calls: [string, string, unknown?][] = [
    ['GET', '/v1/devices/theirs'],
    ['DELETE', '/v1/devices/theirs'],
    ['POST', '/v1/devices/theirs/rotate', {}],
    ['POST', '/v1/devices', { id: 'x', account: 'rival' }],
    ['POST', '/v1/keys', { account: 'rival' }],
    ['DELETE', `/v1/keys/${theirs.keyId}`],
  ]
  for (const [method, path, body] of calls)
    assert.equal((await service(method, path, body)).status, 404, `${method} ${path}`)
  for (const path of ['/v1/devices', '/v1/devices?account=rival', '/v1/keys?account=rival'])
    assert.ok(!JSON.stringify((await service('GET', path)).body).includes('theirs'), path)
})

async function withDevice() {
  const relay = await openRelay()
  const { secret } = (await relay.admin('POST', '/v1/devices', { id: 'a' })).body
  return { ...relay, secret, knock: relay.device('a', secret) }
}

test('A2 a device registers with its secret; without it nothing is stored', async () => {
  await using relay = await withDevice()
  const refused = await relay.device('a', 'a wrong secret, surely')('/device/v1/register', { objects: { name: 'x' } })
  assert.deepEqual([refused.status, refused.code], [401, 'unauthorized'])
  const unknown = await relay.device('b', relay.secret)('/device/v1/register', {})
  assert.deepEqual([unknown.status, unknown.code], [401, 'unauthorized'])
  assert.deepEqual((await relay.admin('GET', '/v1/devices/a')).body.objects, {})
  assert.deepEqual(relay.alive, [])
  const registered = await relay.knock('/device/v1/register', { capabilities: { serial: 'S-1' } })
  assert.deepEqual(registered.body, { registration: 'enrolled', survivalTimeoutSeconds: 60, jid: 'a@relay.example' })
  assert.deepEqual(relay.alive, ['a'])
  assert.equal((await relay.admin('GET', '/v1/devices?serial=s-1')).body.items[0].id, 'a')
})

test('A5 the answer to a survival notification says whether the session is known', async () => {
  await using relay = await withDevice()
  assert.deepEqual((await relay.knock('/device/v1/survival', { sid: 'sid-of-a' })).body, { recognized: true })
  assert.deepEqual((await relay.knock('/device/v1/survival', { sid: 'another' })).body, { recognized: false })
  const bad = await relay.knock('/device/v1/survival', {})
  assert.deepEqual([bad.status, bad.code], [400, 'invalid-request'])
})

test('A6 a call that is refused for what it says is a sign of life of the device that proved to be it', async () => {
  await using relay = await withDevice()
  const calls: [path: string, body: unknown, status: number][] = [
    ['survival', {}, 400],
    ['register', { objects: { much: 'x'.repeat(65_536) } }, 413],
    ['events', { events: [{}] }, 400],
  ]
  for (const [path, body, status] of calls)
    assert.equal((await relay.knock(`/device/v1/${path}`, body)).status, status, path)
  assert.deepEqual(relay.alive, ['a', 'a', 'a'])
  await relay.device('a', 'a wrong secret, surely')('/device/v1/survival', { sid: 'x' })
  await relay.admin('POST', '/device/v1/survival', { sid: 'x' })
  assert.deepEqual(relay.alive, ['a', 'a', 'a'], 'nobody else speaks for it')
})

test('device events are stored all or none: 200, 400, and 413 beyond 64 KiB', async () => {
  await using relay = await withDevice()
  const event = (id: string, name: string) => ({
    id,
    at: '2026-01-01T00:00:00Z',
    type: 'objects',
    values: { [name]: 1 },
  })
  const tell = (events: unknown[]) => relay.knock('/device/v1/events', { events })
  const names = async () => Object.keys((await relay.admin('GET', '/v1/devices/a')).body.objects).join(' ')
  assert.equal((await tell([event('1', 'one'), event('2', 'two')])).status, 200)
  assert.equal((await tell([event('3', 'three'), { id: '4', type: 'objects' }])).status, 400)
  assert.equal(await names(), 'one two')
  assert.equal((await tell([{ ...event('5', 'five'), values: { five: 'x'.repeat(65_536) } }])).status, 413)
  const many = Array.from({ length: 101 }, (_, index) => event(`m${index}`, 'six'))
  assert.equal((await tell(many)).status, 413)
  assert.equal((await tell([event('1', 'again')])).status, 200)
  assert.equal(await names(), 'one two')
})

test('events are streamed through the door, and one stream too many is 429', async () => {
  await using relay = await openRelay({ maxStreams: 1 })
  const headers = { authorization: `Bearer ${adminKey}` }
  const stream = await fetch(`${relay.url}/v1/events?type=device.registered`, { headers })
  assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const tooMany = await relay.admin('GET', '/v1/events')
  assert.deepEqual([tooMany.status, tooMany.code], [429, 'too-many-requests'])
  await relay.admin('POST', '/v1/devices', { id: 'a' })
  let text = ''
  for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk
    if (text.includes('device.registered')) break
  }
  assert.match(
    text,
    /^: .*\nid: 0\n\nid: 1\nevent: device\.registered\ndata: \{"at":"[^"]+Z","account":"default","device":"a"/,
  )
})

test('a filter of events that no event has is invalid-request', async () => {
  await using relay = await openRelay()
  const refused = await relay.admin('GET', '/v1/events?type=device.exploded')
  assert.deepEqual([refused.status, refused.code], [400, 'invalid-request'])
})
