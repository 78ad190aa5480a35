/** Every code of the contract's table, from a relay that runs: status, code, outcome, and the two headers on every answer. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { assertRefusal } from './refusal.ts'
import { createService, type Reply } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
/** ONLINE, and it answers everything except a GET of `silence`. */
let device: HandDevice

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.enrol('away')
  device = scene.use(await joinByHand(street, 'here'))
  device.serve(({ request: { get = [], set, command } }) => {
    if (get.includes('silence')) return new Promise(() => {})
    if (command === 'refuse') return { refused: 'Not today.' }
    return command === undefined ? { values: set ?? {}, errors: {} } : { result: 'done' }
  })
  await until('the device is online', async () => {
    const { body } = await street.service.read('/v1/devices/here')
    return Object(body).state === 'online'
  })
})
after(() => scene.disposeAsync())

const path = '/v1/devices/here/requests'
const rejected = { outcome: 'rejected' }
const invalid = { status: 400, code: 'invalid-request', ...rejected }

async function addKey(more: object): Promise<{ key: string; keyId: string }> {
  const { status, body } = await street.service.post('/v1/keys', { account: 'default', ...more })
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body)
}

/** Sends text as it is, as no JSON library would write it. */
async function sendText(text: string, headers: Record<string, string> = {}, method = 'POST'): Promise<Reply> {
  const authorization = `Bearer ${street.adminKey}`
  const answer = await fetch(street.url + path, {
    method,
    headers: { authorization, ...headers },
    ...(method !== 'GET' && { body: text }),
  })
  return { status: answer.status, headers: answer.headers, body: await answer.json() }
}

test('200: an answer carries the two headers, and the request ID of its body', async () => {
  const reply = await street.service.ask('here', { set: { location: 'here' } })
  assert.equal(reply.status, 200)
  assert.equal(reply.outcome, 'answered')
  assert.equal(reply.requestId, Object(reply.body).requestId)
})

for (const body of [
  {},
  { get: [] },
  { get: 'model' },
  { get: ['model'], set: { location: 'x' } },
  { get: ['model'], command: 'identify' },
  { get: ['model'], arguments: {} },
  { get: ['model'], timeoutSecond: 3 },
  { get: ['model'], timeoutSeconds: '3' },
  { set: {} },
  { set: ['location'] },
  { set: { 'two words': 1 } },
  { command: '' },
  { command: 'identify', arguments: [] },
])
  test(`invalid-request: ${JSON.stringify(body)}`, async () => {
    assertRefusal(await street.service.ask('here', body), invalid)
  })

for (const text of [
  '',
  'model',
  '[]',
  'null',
  '{"get":["model"]',
  '{"get":["model"],"get":["mac"]}',
  '{"get":["\\ud800"]}',
])
  test(`invalid-request: a body of ${JSON.stringify(text)}`, async () => {
    assertRefusal(await sendText(text), invalid)
  })

test('invalid-request: an Idempotency-Key that is none', async () => {
  for (const key of ['two words', 'x'.repeat(256)])
    assertRefusal(await street.service.ask('here', { set: { location: 'x' } }, { 'idempotency-key': key }), invalid)
})

test('too-large: more than 64 KiB, told by its length and not', async () => {
  const body = JSON.stringify({ set: { location: 'x'.repeat(64 * 1024) } })
  const wanted = { status: 413, code: 'too-large', ...rejected }
  assertRefusal(await sendText(body), wanted)
  const stream = new Blob([body]).stream()
  const init = { method: 'POST', headers: { authorization: `Bearer ${street.adminKey}` }, body: stream, duplex: 'half' }
  const answer = await fetch(street.url + path, init as RequestInit)
  assertRefusal({ status: answer.status, headers: answer.headers, body: await answer.json() }, wanted)
})

test('unauthorized: no key, a wrong one, one of another sort', async () => {
  const wanted = { status: 401, code: 'unauthorized', ...rejected }
  for (const headers of [
    { authorization: 'Bearer fl_12345678_wrong' },
    { authorization: 'Bearer' },
    { authorization: `Basic ${Buffer.from(`here:${device.secret}`).toString('base64')}` },
    { authorization: street.adminKey },
  ]) {
    const reply = await sendText('{"get":["model"]}', headers)
    assertRefusal(reply, wanted)
    assert.match(reply.headers.get('www-authenticate') ?? '', /^Bearer/)
  }
  const answer = await fetch(street.url + path, { method: 'POST', body: '{"get":["model"]}' })
  assertRefusal({ status: answer.status, headers: answer.headers, body: await answer.json() }, wanted)
})

test('unauthorized: a key that was ended, and one that has expired', async () => {
  const wanted = { status: 401, code: 'unauthorized', ...rejected }
  const { key, keyId } = await addKey({})
  const service = createService(street.url, key)
  assert.equal((await service.ask('here', { set: { location: 'x' } })).status, 200)
  assert.equal((await street.service.call('DELETE', `/v1/keys/${keyId}`)).status, 204)
  assertRefusal(await service.ask('here', { set: { location: 'x' } }), wanted)

  const short = await addKey({ expiresAt: new Date(Date.now() + 400).toISOString() })
  const expiring = createService(street.url, short.key)
  await until('the key has expired', async () => (await expiring.ask('here', { get: ['model'] })).status === 401)
})

test('forbidden: a key without the right', async () => {
  const { key } = await addKey({ scopes: ['devices:read'] })
  const service = createService(street.url, key)
  assert.equal((await service.read('/v1/devices')).status, 200)
  assertRefusal(await service.ask('here', { get: ['model'] }), { status: 403, code: 'forbidden', ...rejected })
  const reply = await service.post('/v1/accounts', { id: 'mine' })
  assertRefusal(reply, { status: 403, code: 'forbidden' })
})

test('unknown-device: there is none of this name, or it is at nobody', async () => {
  const wanted = { status: 404, code: 'unknown-device', ...rejected }
  for (const id of ['nobody', 'HERE', 'x'.repeat(65), 'here@peer.example', 'two%20words'])
    assertRefusal(await street.service.ask(id, { get: ['model'] }), wanted)
  assertRefusal(await street.service.post('/v1/accounts/nobody/requests', { get: ['model'] }), wanted)
  assertRefusal(await street.service.read('/v1/devices/nobody'), { status: 404, code: 'unknown-device' })
})

test('device-offline: at once, with when it was seen and why it is away', async () => {
  const body = assertRefusal(await street.service.ask('away', { get: ['model'] }), {
    status: 409,
    code: 'device-offline',
    outcome: 'not-sent',
  })
  assert.deepEqual([body['lastSeenAt'], body['reason']], [null, 'never-seen'])
})

test('device-offline: also for who would rather not wait, and asks for nothing to be done later', async () => {
  const wanted = { status: 409, code: 'device-offline', outcome: 'not-sent' }
  assertRefusal(await street.service.ask('away', { get: ['model'] }, { prefer: 'respond-async' }), wanted)
  assertRefusal(await street.service.ask('away', { get: ['model'], deliverWithinSeconds: 0 }), wanted)
})

test('device-timeout: handed over and not answered is unknown', async () => {
  const reply = await street.service.ask('here', { get: ['silence'], timeoutSeconds: 1 })
  assertRefusal(reply, { status: 504, code: 'device-timeout', outcome: 'unknown' })
})

test('device-refused: with its words', async () => {
  const reply = await street.service.ask('here', { command: 'refuse' })
  const body = assertRefusal(reply, { status: 422, code: 'device-refused', outcome: 'answered' })
  assert.match(String(body['detail']), /Not today\./)
})

test('key-reused: the same Idempotency-Key with another body; with the same one, the first answer again', async () => {
  const headers = { 'idempotency-key': '"once"' }
  const first = await street.service.ask('here', { set: { location: 'a' } }, headers)
  assert.equal(first.status, 200)
  const other = await street.service.ask('here', { set: { location: 'b' } }, headers)
  assertRefusal(other, { status: 422, code: 'key-reused', ...rejected })
  const again = await street.service.ask('here', { set: { location: 'a' } }, { 'idempotency-key': 'once' })
  assert.equal(again.status, 200)
  assert.equal(again.headers.get('idempotency-replayed'), 'true')
  assert.deepEqual(again.body, first.body)
  assert.equal(again.requestId, first.requestId)
})

test('in-progress: while the first runs', async () => {
  await using slow = await joinByHand(street, 'slow')
  const held = slow.hold()
  await until('the device is online', async () => {
    const { body } = await street.service.read('/v1/devices/slow')
    return Object(body).state === 'online'
  })
  const headers = { 'idempotency-key': 'slowly' }
  const first = street.service.ask('slow', { set: { location: 'a' } }, headers)
  const [pushed] = await held
  const second = await street.service.ask('slow', { set: { location: 'a' } }, headers)
  assertRefusal(second, { status: 409, code: 'in-progress', ...rejected })
  await slow.answer(pushed?.requestId ?? '', { values: { location: 'a' }, errors: {} })
  assert.equal((await first).status, 200)
  const third = await street.service.ask('slow', { set: { location: 'a' } }, headers)
  assert.equal(third.requestId, pushed?.requestId)
  assert.equal(third.headers.get('idempotency-replayed'), 'true')
})

test('a request that ended not-sent is not remembered under its Idempotency-Key', async () => {
  const headers = { 'idempotency-key': 'later' }
  const first = await street.service.ask('away', { set: { location: 'a' } }, headers)
  assertRefusal(first, { status: 409, code: 'device-offline', outcome: 'not-sent' })
  const second = await street.service.ask('away', { set: { location: 'b' } }, headers)
  assertRefusal(second, { status: 409, code: 'device-offline', outcome: 'not-sent' })
})

test('not-found: an address that can be read in two ways names no device', async () => {
  for (const id of ['%00', 'a%2fb'])
    assertRefusal(await street.service.ask(id, { get: ['model'] }), { status: 404, code: 'not-found', ...rejected })
})

test('not-found, unknown-request: an address that is none, a request that never was', async () => {
  assertRefusal(await street.service.read('/v1/nothing'), { status: 404, code: 'not-found' })
  assertRefusal(await street.service.read('/v1/requests/nothing'), { status: 404, code: 'unknown-request' })
  assertRefusal(await street.service.call('DELETE', '/v1/keys/nothing'), { status: 404, code: 'not-found' })
})

test('method-not-allowed: with the methods that are', async () => {
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const reply = await sendText('{}', {}, method)
    assertRefusal(reply, { status: 405, code: 'method-not-allowed', ...rejected })
    assert.match(reply.headers.get('allow') ?? '', /^POST\b/)
  }
})

test('insecure-transport: a key that came over plain HTTP from elsewhere', async () => {
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-proto', 'x-real-ip']) {
    const reply = await street.service.ask('here', { get: ['model'] }, { [name]: 'for=203.0.113.9;proto=https' })
    assertRefusal(reply, { status: 403, code: 'insecure-transport', ...rejected })
  }
})

test('id-taken, account-exists', async () => {
  assertRefusal(await street.service.post('/v1/devices', { id: 'here' }), { status: 409, code: 'id-taken' })
  assertRefusal(await street.service.post('/v1/accounts', { id: 'default' }), { status: 409, code: 'account-exists' })
})

test('202: an asynchronous request is pending, and its outcome is told under its Location', async () => {
  const reply = await street.service.ask('here', { set: { location: 'later' } }, { prefer: 'respond-async' })
  assert.equal(reply.status, 202)
  assert.equal(reply.outcome, 'pending')
  assert.deepEqual(reply.body, { requestId: reply.requestId, device: 'here', outcome: 'pending' })
  const location = reply.headers.get('location') ?? ''
  assert.equal(location, `/v1/requests/${reply.requestId}`)
  const receipt = await until('it is answered', async () => {
    const { body } = await street.service.read(location)
    return Object(body).outcome === 'answered' && Object(body)
  })
  assert.deepEqual(receipt.values, { location: 'later' })
  for (const at of ['acceptedAt', 'sentAt', 'answeredAt'])
    assert.match(receipt[at], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, at)
})
