/** A10: a response reaches the service that waits, over HTTP or in the session, once; what was lost on the way is told truthfully. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HandDevice, joinByHand, openHandDevice, type Pushed } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import type { RequestReply } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let made = 0

before(async () => {
  street = scene.use(await openNeighbourhood())
})
after(() => scene.disposeAsync())

interface Underway {
  device: HandDevice
  asking: Promise<RequestReply>
  pushed: Pushed
}

/** A request that is with its device, unanswered. */
async function openUnderway(request: object = { get: ['model'] }): Promise<Underway> {
  const device = scene.use(await joinByHand(street, `device-${++made}`))
  const held = device.hold()
  await until(`${device.id} is online`, () => isOnline(device.id))
  const asking = street.service.ask(device.id, request)
  const [pushed] = await held
  assert.ok(pushed)
  return { device, asking, pushed }
}

async function isOnline(id: string): Promise<boolean> {
  return Object((await street.service.read(`/v1/devices/${id}`)).body).state === 'online'
}

const here = { values: { model: 'Hand' }, errors: {} }

test('A10 the same response posted again does no harm, another one is refused', async () => {
  const { device, asking, pushed } = await openUnderway()
  assert.equal(await device.answer(pushed.requestId, here), 200)
  assert.equal((await asking).status, 200)
  assert.equal(await device.answer(pushed.requestId, here), 200)
  assert.equal(await device.answer(pushed.requestId, { ...here, values: { model: 'Other' } }), 409)
  const { body } = await street.service.read(`/v1/requests/${pushed.requestId}`)
  assert.deepEqual(Object(body).values, { model: 'Hand' })
})

test('A10 a response in the session counts as one over HTTP does, and the first of the two wins', async () => {
  const { device, asking, pushed } = await openUnderway()
  const pushes = device.answerInSession(pushed.requestId, here)
  const { status, body } = await asking
  assert.equal(status, 200)
  assert.deepEqual(Object(body).values, { model: 'Hand' })
  assert.equal(await device.answer(pushed.requestId, here), 200)
  assert.equal(await device.answer(pushed.requestId, { ...here, values: { model: 'Other' } }), 409)

  const next = street.service.ask(device.id, { get: ['location'] })
  const [second] = await pushes
  await device.answer(second?.requestId ?? '', { values: { location: 'here' }, errors: {} })
  assert.equal((await next).status, 200)
})

test('A10 what the device passes over is an error of that object, what nobody asked for is dropped', async () => {
  const { device, asking, pushed } = await openUnderway({ get: ['model', 'serial', 'mac'] })
  const errors = { serial: { code: 'not-supported', message: 'Not by this one.' } }
  await device.answer(pushed.requestId, { values: { model: 'Hand', location: 'unasked' }, errors })
  const { body } = await asking
  assert.deepEqual(Object(body).values, { model: 'Hand' })
  assert.deepEqual(Object(body).errors.serial, errors.serial)
  assert.equal(Object(body).errors.mac.code, 'no-answer')
  assert.deepEqual(Object.keys(Object(body).errors).sort(), ['mac', 'serial'])
})

test('A10 a device that refuses is told with its words', async () => {
  const { device, asking, pushed } = await openUnderway({ command: 'print', arguments: { pages: 1 } })
  assert.equal(await device.answer(pushed.requestId, { refused: 'The paper is out.' }), 200)
  const { status, outcome, body } = await asking
  assert.equal(status, 422)
  assert.equal(outcome, 'answered')
  assert.equal(Object(body).code, 'device-refused')
  assert.match(Object(body).detail, /The paper is out\./)
})

test('A10 a response that cannot be read is refused to the device, and the service goes on waiting', async () => {
  const { device, asking, pushed } = await openUnderway()
  for (const bad of [{}, { values: [] }, { values: {}, result: 1 }, { values: { ' ': 1 } }])
    assert.equal(await device.answer(pushed.requestId, bad), 400, JSON.stringify(bad))
  assert.equal(await device.answer(pushed.requestId, here), 200)
  assert.equal((await asking).status, 200)
})

test("A10 a request ID is not a credential: another device's response, or a made-up ID, is not found", async () => {
  const { device, asking, pushed } = await openUnderway()
  const stranger = scene.use(await joinByHand(street, 'stranger'))
  assert.equal(await stranger.answer(pushed.requestId, { values: { model: 'Forged' }, errors: {} }), 404)
  const forged = stranger.answerInSession(pushed.requestId, { values: { model: 'Forged' }, errors: {} })
  // The next request releases the one before it: what that one brought has been read.
  stranger.serve(() => here)
  assert.deepEqual(await forged, [])
  assert.equal(await device.answer('no-such-request', here), 404)
  assert.equal(await device.answer(pushed.requestId, here), 200)
  assert.deepEqual(Object((await asking).body).values, { model: 'Hand' })
})

test('A10 an answer over HTTP wins though the session that carried the push has ended', async () => {
  const { device, asking, pushed } = await openUnderway()
  await device.leave()
  await until('the device is offline', async () => !(await isOnline(device.id)))
  assert.equal(await device.answer(pushed.requestId, here), 200)
  const { status, outcome } = await asking
  assert.equal(status, 200)
  assert.equal(outcome, 'answered')
})

test('A10 the session ends after the push and nothing comes: unknown, five seconds after it came back', async () => {
  const { device, asking, pushed } = await openUnderway({ set: { location: 'there' } })
  const again = scene.use(await openHandDevice({ relayUrl: street.url, id: device.id, secret: device.secret }))
  const backMs = performance.now()
  again.serve(() => here)
  const { status, outcome, body } = await asking
  const afterMs = performance.now() - backMs
  assert.equal(status, 502)
  assert.equal(outcome, 'unknown')
  assert.equal(Object(body).code, 'connection-lost')
  assert.ok(afterMs > 4_900 && afterMs < 10_000, `after ${afterMs} ms`)
  // It comes after all: whoever asks by ID is told.
  assert.equal(await again.answer(pushed.requestId, { values: { location: 'there' }, errors: {} }), 202)
  const receipt = Object((await street.service.read(`/v1/requests/${pushed.requestId}`)).body)
  assert.equal(receipt.outcome, 'answered')
  assert.deepEqual(receipt.values, { location: 'there' })
})
