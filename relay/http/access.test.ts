/** Who may call what, over which transport. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, type Failure } from '@fairlead/base'
import { allScopes } from '@fairlead/protocol/contract'
import { createCallers } from './callers.ts'
import { createFailedTries, failedTriesLimits } from './failed-tries.ts'
import { mayCall } from './reach.ts'
import type { Access, Caller } from './route.ts'
import { adminKey, device, openTestDoor, readKey, writeKey } from './test-door.ts'

/** This machine is loopback; a peer that carries a forwarding header and is not trusted is as good as a stranger. */
const stranger = { 'x-forwarded-for': '203.0.113.7' }
const basic = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`

async function told(response: Response): Promise<[status: number, code: unknown]> {
  return [response.status, ((await response.json()) as { code?: unknown }).code]
}

test('a secret over plain HTTP from elsewhere than loopback: 403 insecure-transport, rejected, right key or wrong', async () => {
  await using relay = await openTestDoor()
  const post = { method: 'POST', body: '{"get":["a"]}' }
  for (const key of [writeKey, 'wrong']) {
    const response = await relay.fetch('/v1/devices/a/requests', { ...post, key, headers: stranger })
    assert.equal(response.headers.get('fairlead-outcome'), 'rejected')
    assert.deepEqual(await told(response), [403, 'insecure-transport'])
  }
  const headers = { ...stranger, authorization: basic }
  assert.deepEqual(await told(await relay.fetch('/device/v1/survival', { method: 'POST', headers })), [
    403,
    'insecure-transport',
  ])
  assert.deepEqual(await told(await relay.fetch('/v1/devices/a', { headers: stranger })), [401, 'unauthorized'])
})

test('--insecure-transport takes secrets from anywhere', async () => {
  await using relay = await openTestDoor({ config: { insecureTransport: true } })
  assert.equal((await relay.fetch('/v1/devices/a', { key: readKey, headers: stranger })).status, 200)
})

test("a trusted proxy's https counts, its http does not, and the address is the client's", async () => {
  await using relay = await openTestDoor({ trustedProxies: ['127.0.0.0/8'] })
  const ask = (scheme: string) =>
    relay.fetch('/v1/devices/a', { key: readKey, headers: { ...stranger, 'x-forwarded-proto': scheme } })
  const response = await ask('https')
  assert.equal(((await response.json()) as { address: string }).address, '203.0.113.7')
  assert.deepEqual(await told(await ask('http')), [403, 'insecure-transport'])
  assert.deepEqual(await told(await relay.fetch('/v1/devices/a', { key: readKey, headers: stranger })), [
    403,
    'insecure-transport',
  ])
})

test('/metrics wants the admin key unless asked on loopback with no forwarding header', async () => {
  await using relay = await openTestDoor({ config: { insecureTransport: true } })
  assert.equal((await relay.fetch('/metrics')).status, 200)
  assert.deepEqual(await told(await relay.fetch('/metrics', { headers: stranger })), [401, 'unauthorized'])
  assert.deepEqual(await told(await relay.fetch('/metrics', { headers: stranger, key: 'wrong' })), [
    401,
    'unauthorized',
  ])
  assert.deepEqual(await told(await relay.fetch('/metrics', { headers: stranger, key: readKey })), [403, 'forbidden'])
  const response = await relay.fetch('/metrics', { headers: stranger, key: adminKey })
  assert.equal(response.status, 200)
  assert.match(String(response.headers.get('content-type')), /^text\/plain; version=0\.0\.4/)
})

test('with --admin-listen, /metrics is there only, and needs no key', async () => {
  await using relay = await openTestDoor({ config: { adminListen: { host: '127.0.0.1', port: 0 } } })
  assert.deepEqual(await told(await relay.fetch('/metrics', { key: adminKey })), [404, 'not-found'])
  const admin = `http://127.0.0.1:${relay.door.adminPort}`
  assert.equal((await fetch(`${admin}/metrics`, { headers: stranger })).status, 200)
  assert.equal((await fetch(`${admin}/healthz`)).status, 200)
  assert.equal((await fetch(`${admin}/v1/devices/a`)).status, 401, 'the console calls the API of where it stands')
})

test('every right is one of its own: default deny', () => {
  const key = (...scopes: (typeof allScopes)[number][]): Caller => ({
    kind: 'key',
    keyId: 'k',
    account: 'a',
    scopes: new Set(scopes),
  })
  const asDevice: Caller = { kind: 'device', device: 'd', account: 'a' }
  for (const scope of allScopes) {
    const others = allScopes.filter((other) => other !== scope)
    assert.ok(mayCall(scope, key(scope)))
    assert.ok(!mayCall(scope, key(...others)))
    assert.ok(!mayCall(scope, asDevice))
    assert.ok(!mayCall(scope, { kind: 'nobody' }))
    assert.ok(mayCall(scope, { kind: 'admin' }))
  }
  assert.ok(!mayCall('admin', key(...allScopes)))
  assert.ok(!mayCall('device', { kind: 'admin' }))
  assert.ok(!mayCall('device', key(...allScopes)))
  assert.ok(mayCall('device', asDevice))
})

const home = { address: '198.51.100.1', loopback: false, secure: true, isVeiled: false }

function withHandClock() {
  const clock = createHandClock()
  const callers = createCallers({
    clock,
    insecureTransport: false,
    findCaller: (key) => (key === adminKey ? { kind: 'admin' } : undefined),
    findUser: async () => undefined,
    publicUrl: () => 'https://relay.example.com',
    findDevice: () => ({ account: 'acme' }),
    checkSecret: async (_device, secret) => secret === device.secret,
    failedTries: createFailedTries(),
  })
  const admit = (access: Access, authorization: string) =>
    callers.admit({ access, method: 'GET' }, { authorization }, home)
  return { clock, admit }
}

test('S-D7 guesses are answered later and later, and a right key behind the same address at once', async () => {
  const { clock, admit } = withHandClock()
  const guess = () => admit('devices:read', 'Bearer guess')
  for (let count = 0; count < failedTriesLimits.free; count++) await assert.rejects(guess(), { code: 'unauthorized' })
  let answered = false
  const slow = guess().catch((error: Failure) => {
    answered = true
    return error.code
  })
  assert.deepEqual(await admit('devices:read', `Bearer ${adminKey}`), { kind: 'admin' })
  assert.equal((await admit('device', basic)).kind, 'device')
  await new Promise(setImmediate)
  assert.equal(answered, false)
  clock.pass(failedTriesLimits.stepMs)
  assert.equal(await slow, 'unauthorized')
})

test('S-D7 there is an end to how many guesses are kept waiting; still a right key comes in at once', async () => {
  const { clock, admit } = withHandClock()
  const guesses = Array.from({ length: 1100 }, () =>
    admit('device', 'Basic YTpi').catch((error: Failure) => error.code),
  )
  await new Promise(setImmediate)
  assert.equal((await admit('device', basic)).kind, 'device')
  clock.pass(failedTriesLimits.longestMs)
  const codes = await Promise.all(guesses)
  const count = (code: string) => codes.filter((told) => told === code).length
  assert.equal(count('unauthorized'), failedTriesLimits.free + 1000)
  assert.equal(count('too-many-requests'), 80)
})

test('CORS: pages of a listed origin may call and read the headers, all others get no permission', async () => {
  const good = 'https://console.example.com'
  await using relay = await openTestDoor({ config: { corsOrigins: [good] } })
  const from = (origin: string, method = 'GET') =>
    relay.fetch('/v1/devices/a', { method, headers: { origin, 'access-control-request-method': 'GET' } })
  const preflight = await from(good, 'OPTIONS')
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), good)
  assert.match(String(preflight.headers.get('access-control-allow-methods')), /GET, DELETE/)
  assert.match(String(preflight.headers.get('access-control-allow-headers')), /Authorization/)
  const refused = await from(good)
  assert.equal(refused.status, 401)
  assert.equal(refused.headers.get('access-control-allow-origin'), good)
  assert.match(String(refused.headers.get('access-control-expose-headers')), /Fairlead-Request-Id/)
  const stream = await relay.fetch('/v1/stream', { key: readKey, headers: { origin: good } })
  assert.equal(stream.headers.get('access-control-allow-origin'), good)
  for (const origin of ['https://evil.example', 'null', `${good}.evil.example`, 'http://console.example.com'])
    for (const method of ['GET', 'OPTIONS']) {
      const response = await from(origin, method)
      assert.equal(response.headers.get('access-control-allow-origin'), null, origin)
      assert.equal(response.headers.get('vary'), 'Origin')
    }
})

test('without --cors-origin there is no word of CORS', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a', { method: 'OPTIONS', headers: { origin: 'https://a.example' } })
  assert.equal(response.status, 204)
  for (const [name] of response.headers) assert.doesNotMatch(name, /^access-control/)
})
