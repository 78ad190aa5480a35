/** The contract's limits at a relay that runs: so much passes, one more is refused in a sentence. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { assertRefusal } from './refusal.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let service: Service
let device: HandDevice

before(async () => {
  const limits = ['--max-event-streams', '3', '--max-in-flight', '50', '--max-answer-bytes', '4096']
  street = scene.use(await openNeighbourhood({ relay: [...limits, '--max-bosh-body-bytes', '8192'] }))
  service = street.service
  await street.enrol('away')
  device = scene.use(await joinByHand(street, 'here'))
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  await until('the device is online', () => isOnline('here'))
})
after(() => scene.disposeAsync())

async function isOnline(id: string): Promise<boolean> {
  return Object((await service.read(`/v1/devices/${id}`)).body).state === 'online'
}

const invalid = { status: 400, code: 'invalid-request' }
const tooLarge = { status: 413, code: 'too-large' }
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

test('100 objects pass, 101 are too many, for GET and SET', async () => {
  const names = numbers(101).map((n) => `object-${n}`)
  const values = (count: number) => Object.fromEntries(names.slice(0, count).map((name) => [name, 1]))
  assert.equal((await service.ask('here', { get: names.slice(1) })).status, 200)
  assert.equal((await service.ask('here', { set: values(100) })).status, 200)
  const wanted = { ...tooLarge, outcome: 'rejected' }
  assertRefusal(await service.ask('here', { get: names }), wanted)
  assertRefusal(await service.ask('here', { set: values(101) }), wanted)
})

test('a body of 64 KiB passes, one byte more is too large', async () => {
  const around = JSON.stringify({ set: { location: '' } }).length
  const ofBytes = (bytes: number) => ({ set: { location: 'x'.repeat(bytes - around) } })
  // The device's own answer would be too large: that it was asked is all that counts here.
  const passed = await service.ask('away', ofBytes(65_536))
  assertRefusal(passed, { status: 409, code: 'device-offline', outcome: 'not-sent' })
  assertRefusal(await service.ask('away', ofBytes(65_537)), { ...tooLarge, outcome: 'rejected' })
})

for (const [field, good, bad] of [
  ['timeoutSeconds', [1, 300], [0, 301, 1.5, -1, null]],
  ['deliverWithinSeconds', [0, 604_800], [-1, 604_801, 0.5, '60', null]],
] as const)
  test(`${field} is ${good.join(' to ')}`, async () => {
    for (const value of good) {
      const { status } = await service.ask('here', { get: ['model'], [field]: value })
      assert.equal(status, 200, String(value))
    }
    for (const value of bad) {
      const body = assertRefusal(await service.ask('here', { get: ['model'], [field]: value }), invalid)
      assert.match(String(body['detail']), new RegExp(field))
    }
  })

test('8 requests are with a device and 32 wait behind them; the next is refused, and passes once there is room', async () => {
  await using slow = await joinByHand(street, 'slow')
  const held = slow.hold()
  await until('the device is online', () => isOnline('slow'))
  const ask = () => service.ask('slow', { get: ['model'] }, { prefer: 'respond-async' })
  for (const _ of numbers(40)) assert.equal((await ask()).status, 202)
  const refused = await ask()
  assertRefusal(refused, { status: 429, code: 'too-many-requests', outcome: 'not-sent' })
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)

  const pushes = await held
  while (pushes.length < 8) pushes.push(...(await slow.hold()))
  assert.equal(pushes.length, 8)
  await slow.answer(pushes[0]?.requestId ?? '', { values: { model: 'Hand' }, errors: {} })
  assert.equal((await ask()).status, 202)
  assert.equal((await ask()).status, 429)
  // One device's crowd is nobody else's.
  assert.equal((await service.ask('here', { get: ['model'] })).status, 200)
  await service.call('DELETE', '/v1/devices/slow')
})

test('a key has at most --max-in-flight requests on their way; another key is not hindered', async () => {
  const { key } = Object((await service.post('/v1/keys', { account: 'default' })).body)
  const busy = createService(street.url, key)
  await using one = await joinByHand(street, 'busy-1')
  await using other = await joinByHand(street, 'busy-2')
  const held = [one.hold(), other.hold()]
  await until('both are online', async () => (await isOnline('busy-1')) && (await isOnline('busy-2')))
  const ask = (id: string) => busy.ask(id, { get: ['model'] }, { prefer: 'respond-async' })
  for (const n of numbers(50)) assert.equal((await ask(`busy-${1 + (n % 2)}`)).status, 202)
  const refused = await ask('busy-1')
  assertRefusal(refused, { status: 429, code: 'too-many-requests', outcome: 'not-sent' })
  assert.match(String(Object(refused.body).detail), /key/)
  assert.ok(refused.headers.has('retry-after'))
  assert.equal((await service.ask('here', { get: ['model'] })).status, 200)
  assert.equal((await Promise.all(held)).flat().length > 0, true)
})

test("a device's answer may be as large as --max-answer-bytes, and not larger", async () => {
  await using slow = await joinByHand(street, 'large')
  const held = slow.hold()
  await until('the device is online', () => isOnline('large'))
  const asking = service.ask('large', { get: ['model'] })
  const [pushed] = await held
  const around = JSON.stringify({ values: { model: '' } }).length
  const ofBytes = (bytes: number) => ({ values: { model: 'x'.repeat(bytes - around) } })
  assert.equal(await slow.answer(pushed?.requestId ?? '', ofBytes(4097)), 413)
  assert.equal(await slow.answer(pushed?.requestId ?? '', ofBytes(4096)), 200)
  assert.equal((await asking).status, 200)
})

test('a BOSH body may be as large as --max-bosh-body-bytes, and not larger', async () => {
  const post = (bytes: number) => {
    const [start, end] = ["<body xmlns='http://jabber.org/protocol/httpbind' sid='nobody' rid='1' key='", "'/>"]
    const body = `${start}${'x'.repeat(bytes - start.length - end.length)}${end}`
    return fetch(`${street.url}/http-bind`, { method: 'POST', body })
  }
  const answers = await Promise.all([post(8192), post(8193)].map(async (answer) => (await answer).text()))
  assert.match(answers[0] ?? '', /item-not-found/)
  assert.doesNotMatch(answers[1] ?? '', /item-not-found/)
})

test('there are at most --max-event-streams; one that ends makes room', async () => {
  const headers = { authorization: `Bearer ${street.adminKey}` }
  const closing = new AbortController()
  const open = (signal?: AbortSignal) => fetch(`${street.url}/v1/events`, { headers, ...(signal && { signal }) })
  const all = new AbortController()
  const streams = [await open(closing.signal), await open(all.signal), await open(all.signal)]
  assert.deepEqual(
    streams.map(({ status }) => status),
    [200, 200, 200],
  )
  const reply = await service.read('/v1/events')
  assertRefusal(reply, { status: 429, code: 'too-many-requests' })
  assert.ok(reply.headers.has('retry-after'))
  closing.abort()
  await until('there is room again', async () => (await open(all.signal)).status === 200)
  all.abort()
})

test('a list gives 1 to 500 items, 50 if nothing is said', async () => {
  await Promise.all(numbers(60).map((n) => street.enrol(`item-${n}`)))
  const count = async (query: string) => Object((await service.read(`/v1/devices${query}`)).body).items.length
  assert.equal(await count(''), 50)
  assert.equal(await count('?limit=1'), 1)
  assert.ok((await count('?limit=500')) > 60)
  for (const list of ['devices', 'keys', 'accounts'])
    for (const limit of ['0', '501', 'many', '-1', '1.5'])
      assertRefusal(await service.read(`/v1/${list}?limit=${limit}`), invalid)
})

test('an ID is 1 to 64 of a-z 0-9 . _ -', async () => {
  for (const id of ['a', 'x'.repeat(64), '0.9_b-c'])
    assert.equal((await service.post('/v1/devices', { id })).status, 201)
  for (const id of ['', 'x'.repeat(65), 'Upper', 'two words', 'ü', 'a/b', 'a@b', 7])
    assertRefusal(await service.post('/v1/devices', { id }), invalid)
})

test('a secret is 16 to 128 printable characters', async () => {
  for (const [n, secret] of ['x'.repeat(16), `${'y'.repeat(126)} ~`].entries()) {
    const { status, body } = await service.post('/v1/devices', { id: `given-${n}`, secret })
    assert.deepEqual([status, Object(body).secret], [201, secret])
  }
  for (const secret of ['x'.repeat(15), 'x'.repeat(129), `${'x'.repeat(16)}\n`, `${'x'.repeat(16)}ü`]) {
    const reply = await service.post('/v1/devices', { id: 'refused', secret })
    assertRefusal(reply, invalid)
    assert.ok(!JSON.stringify(reply.body).includes(secret), 'the refusal repeats the secret')
  }
  assert.equal((await service.read('/v1/devices/refused')).status, 404)
})

test('100 events of a device pass, 101 or more than 64 KiB are refused and none is stored', async () => {
  const at = new Date().toISOString()
  const printed = (n: number) => ({ id: `event-${n}`, type: 'printed', at, pages: n })
  const tell = (events: object[]) => device.call('/device/v1/events', { events })
  assert.equal((await tell(numbers(101).map(printed))).status, 413)
  assert.equal((await tell([...numbers(3).map(printed), { id: 'bad', type: 'sang', at }])).status, 400)
  assert.equal((await tell([{ id: 'help', type: 'help', at, text: 'x'.repeat(1025) }])).status, 400)
  const large = { id: 'large', type: 'objects', at, values: { name: 'x'.repeat(65_536) } }
  assert.equal((await tell([large])).status, 413)
  assert.equal((await tell([])).status, 400)
  assert.equal((await tell(numbers(100).map(printed))).status, 200)
  assert.equal((await tell(numbers(100).map(printed))).status, 200, 'a repeat does no harm')
})

test('an Idempotency-Key has up to 255 characters', async () => {
  const ask = (key: string) => service.ask('here', { set: { location: 'x' } }, { 'idempotency-key': key })
  assert.equal((await ask('k'.repeat(255))).status, 200)
  assertRefusal(await ask('k'.repeat(256)), { ...invalid, outcome: 'rejected' })
})
