/** Field note 6: "delivered" that is not; here left, acknowledged and answered are three things, and only the device says the last. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Role } from '../cast/cast.ts'
import { untilState } from '../device-look.ts'
import { openEventStream } from '../event-stream.ts'
import { joinByHand, openHandDevice } from '../hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { openWire } from '../wire.ts'

// Half-open ways: testkit/a6-management.scene.test.ts; a cable that is out: testkit/networks.scene.test.ts.

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(
    await openNeighbourhood({ relay: ['--wait', '5', '--inactivity', '3', '--survival-timeout', '0'] }),
  )
})
after(() => scene.disposeAsync())

interface Receipt {
  outcome: string
  code?: string
  acceptedAt: string
  sentAt?: string
  acknowledgedAt?: string
  answeredAt?: string
}

async function readReceipt(requestId: string | null): Promise<Receipt> {
  const { status, body } = await street.service.read(`/v1/requests/${requestId}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body as Receipt
}

/** What a receipt says has happened, in order of time. */
function stepsOf(receipt: Receipt): string[] {
  const steps = (['acceptedAt', 'sentAt', 'acknowledgedAt', 'answeredAt'] as const).filter((step) => receipt[step])
  const times = steps.map((step) => Date.parse(receipt[step] ?? ''))
  assert.deepEqual(
    times,
    [...times].sort((one, other) => one - other),
    JSON.stringify(receipt),
  )
  return [...steps.map((step) => step.replace('At', '')), receipt.outcome]
}

const later = { prefer: 'respond-async' }
const here = { values: { model: 'Hand' }, errors: {} }

test('pain 6: for a device that is switched off nothing has left, however long it takes, over a restart too', async () => {
  await street.enrol('off')
  const { status, requestId } = await street.service.ask('off', { get: ['model'], deliverWithinSeconds: 600 })
  assert.equal(status, 202)
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'pending'])
  await street.restartRelay('SIGKILL')
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'pending'])
  const atOnce = await street.service.ask('off', { get: ['model'] })
  assert.deepEqual([atOnce.status, atOnce.outcome], [409, 'not-sent'])
})

test('pain 6: accepted, sent, acknowledged and answered are told one by one, each when it is true', async () => {
  await using device = await joinByHand(street, 'stairs')
  const held = device.hold()
  await untilState(street.service, 'stairs', 'online')
  // Nothing is held between this answer and the next request: what is asked for now has not left.
  assert.equal((await street.service.ask('stairs', { get: ['model'] }, later)).status, 202)
  await held
  const { requestId } = await street.service.ask('stairs', { get: ['model'] }, later)
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'pending'])
  const [pushed] = await device.hold()
  assert.equal(pushed?.requestId, requestId)
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'sent', 'pending'])
  // Whoever takes one after the other has had the first of them, and still nobody says that it is done.
  for (let more = 0; more < 4; more++) {
    const { requestId: next } = await street.service.ask('stairs', { get: ['model'] }, later)
    const [taken] = await device.hold()
    assert.equal(taken?.requestId, next)
  }
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'sent', 'acknowledged', 'pending'])
  assert.equal(await device.answer(requestId ?? '', here), 200)
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'sent', 'acknowledged', 'answered', 'answered'])
})

test('pain 6: a device that took a request and died has not done it, as far as anybody knows', async () => {
  await using stream = await openEventStream({
    relayUrl: street.url,
    key: street.adminKey,
    query: 'type=request.finished&device=mayfly',
  })
  const device = await joinByHand(street, 'mayfly')
  const held = device.hold()
  await untilState(street.service, 'mayfly', 'online')
  const asking = street.service.ask('mayfly', { set: { location: 'here' }, timeoutSeconds: 2 })
  const [pushed] = await held
  await device[Symbol.asyncDispose]()
  const { outcome, requestId } = await asking
  assert.deepEqual([outcome, requestId], ['unknown', pushed?.requestId])
  const receipt = await readReceipt(requestId)
  assert.deepEqual([receipt.outcome, receipt.answeredAt], ['unknown', undefined])
  assert.ok(receipt.sentAt)
  assert.equal((await stream.next()).data['outcome'], 'unknown')

  // It had done it after all, and says so once it lives again: only its own word turns the receipt.
  await using again = await openHandDevice({ relayUrl: street.url, id: 'mayfly', secret: device.secret })
  assert.equal((await readReceipt(requestId)).outcome, 'unknown', 'that it is back says nothing of what it did')
  assert.equal(await again.answer(requestId ?? '', { values: { location: 'here' }, errors: {} }), 202)
  assert.deepEqual((await readReceipt(requestId)).outcome, 'answered')
})

test('pain 6: a stream that is acknowledged stanza by stanza (XEP-0198) is no word of the device either', async () => {
  const role: Role = { client: 'xmpp-js', transport: 'websocket' }
  await using wire = await openWire(street.url)
  const device = await street.openStockDevice({ id: 'silent', role, objects: { model: 'Stock' }, relayUrl: wire.url })
  assert.equal((await street.service.ask('silent', { get: ['model'] })).status, 200)
  // It still reads what comes, and nothing of what it says arrives.
  wire.set({ swallow: 'to-relay' })
  const { status, outcome, requestId } = await street.service.ask('silent', { get: ['model'], timeoutSeconds: 2 })
  assert.deepEqual([status, outcome], [504, 'unknown'])
  await device.process.nextEvent('request')
  await device.process.nextEvent('request')
  assert.deepEqual(stepsOf(await readReceipt(requestId)), ['accepted', 'sent', 'unknown'])
})

test('pain 6: the API has no word for delivered that a relay could say by itself', async () => {
  const { body } = await street.service.read('/v1/openapi.json')
  const words = JSON.stringify(body).match(/"[a-z-]*deliver[a-zA-Z-]*"/g) ?? []
  assert.deepEqual([...new Set(words)], ['"deliverWithinSeconds"'])
})
