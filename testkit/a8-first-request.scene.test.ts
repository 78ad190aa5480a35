/** A8: one plain HTTP request reaches a device, by its ID or by its account, or is refused at once. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.openAgent({ id: 'mfp', driver: 'virtual?toner.black=42&location=1st floor&pages=7' })
})
after(() => scene.disposeAsync())

/** The address that one request to an account's only device has. */
const ofAccount = (account: string) => `/v1/accounts/${account}/requests`

test('A8 a GET brings values and, for what the device has not, errors', async () => {
  const { status, outcome, requestId, body } = await street.service.ask('mfp', { get: ['toner.black', 'toner.pink'] })
  assert.equal(status, 200)
  assert.equal(outcome, 'answered')
  const { answeredAt, errors, ...rest } = Object(body)
  assert.deepEqual(rest, { requestId, device: 'mfp', values: { 'toner.black': 42 } })
  assert.equal(errors['toner.pink'].code, 'unknown-object')
  assert.match(answeredAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('A8 a SET brings what now holds at the device, and a GET the same', async () => {
  const set = await street.service.ask('mfp', { set: { location: '2nd floor', model: 'Another' } })
  assert.equal(set.status, 200)
  assert.deepEqual(Object(set.body).values, { location: '2nd floor' })
  assert.equal(Object(set.body).errors.model.code, 'read-only')
  const got = await street.service.ask('mfp', { get: ['location'] })
  assert.deepEqual(Object(got.body).values, { location: '2nd floor' })
})

test('A8 a command brings its result, and one that the device has not is refused in its words', async () => {
  const done = await street.service.ask('mfp', { command: 'print-test-page', arguments: { pages: 2 } })
  assert.equal(done.status, 200)
  assert.deepEqual(Object(done.body).result, { pages: 2, totalPages: 9 })
  const refused = await street.service.ask('mfp', { command: 'sing' })
  assert.equal(refused.status, 422)
  assert.equal(refused.outcome, 'answered')
  assert.equal(Object(refused.body).code, 'device-refused')
  assert.match(Object(refused.body).detail, /no command sing/)
})

test('A8 an account with one device can be asked instead of the device', async () => {
  const { service } = street
  assert.equal((await service.post('/v1/accounts', { id: 'shop' })).status, 201)
  const nobody = await service.post(ofAccount('shop'), { get: ['model'] })
  assert.equal(nobody.status, 404)
  assert.equal(Object(nobody.body).code, 'unknown-device')

  await service.post('/v1/devices', { id: 'till', account: 'shop' })
  const one = await service.post(ofAccount('shop'), { get: ['model'] })
  assert.equal(one.status, 409)
  assert.equal(Object(one.body).code, 'device-offline')

  const answered = await service.post(ofAccount('default'), { get: ['pages'] })
  assert.equal(answered.status, 200)
  assert.equal(Object(answered.body).device, 'mfp')

  await service.post('/v1/devices', { id: 'safe', account: 'shop' })
  const several = await service.post(ofAccount('shop'), { get: ['model'] })
  assert.equal(several.status, 409)
  assert.equal(Object(several.body).code, 'ambiguous-device')
  assert.equal(several.headers.get('fairlead-outcome'), 'rejected')
})

test('A8 a device that was never there is offline at once, in the same HTTP response', async () => {
  await street.service.post('/v1/accounts', { id: 'empty' })
  await street.service.post('/v1/devices', { id: 'box', account: 'empty' })
  const startedMs = performance.now()
  const { status, outcome, body } = await street.service.ask('box', { get: ['model'], timeoutSeconds: 300 })
  assert.ok(performance.now() - startedMs < 1000, 'it waited for the device')
  assert.equal(status, 409)
  assert.equal(outcome, 'not-sent')
  const { code, lastSeenAt, reason } = Object(body)
  assert.deepEqual({ code, lastSeenAt, reason }, { code: 'device-offline', lastSeenAt: null, reason: 'never-seen' })
})

test('A8 a device that left is offline at once, with when it was seen last and why it went', async () => {
  await street.service.post('/v1/accounts', { id: 'guests' })
  const { secret } = Object((await street.service.post('/v1/devices', { id: 'guest', account: 'guests' })).body)
  await using device = await joinByHand({ url: street.url, enrol: async () => ({ jid: '', secret }) }, 'guest')
  const held = assert.rejects(device.hold(), { condition: 'terminated' })
  const stateOf = async () => Object((await street.service.read('/v1/devices/guest')).body).state
  await until('the guest is online', async () => (await stateOf()) === 'online')
  const arrivedAt = new Date().toISOString()
  await device.leave()
  await held
  await until('the guest is offline', async () => (await stateOf()) === 'offline')
  const { status, outcome, body } = await street.service.ask('guest', { set: { location: 'here' } })
  assert.equal(status, 409)
  assert.equal(outcome, 'not-sent')
  const { code, lastSeenAt, reason } = Object(body)
  assert.deepEqual({ code, reason }, { code: 'device-offline', reason: 'terminated' })
  assert.ok(lastSeenAt >= arrivedAt, `seen at ${lastSeenAt}, it left after ${arrivedAt}`)
})
