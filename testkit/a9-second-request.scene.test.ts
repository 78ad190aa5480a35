/** A9: a request is pushed in the response that the device's connection holds; in the gap between two it waits for the next. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type HandDevice, joinByHand } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { nodesBehind } from './relays.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let made = 0

before(async () => {
  street = scene.use(await openNeighbourhood())
})
after(() => scene.disposeAsync())

const later = { prefer: 'respond-async' }

/** A device whose connection is held at this moment. */
async function openOnline(at: Neighbourhood): Promise<{ device: HandDevice; held: ReturnType<HandDevice['hold']> }> {
  const device = scene.use(await joinByHand(at, `device-${++made}`))
  const held = device.hold()
  await until(`${device.id} is online`, async () => {
    const { body } = await at.service.read(`/v1/devices/${device.id}`)
    return Object(body).state === 'online'
  })
  return { device, held }
}

/** A device that is ONLINE and holds no request: between two connections. */
async function openInTheGap(at: Neighbourhood): Promise<HandDevice> {
  const { device, held } = await openOnline(at)
  const first = at.service.ask(device.id, { get: ['model'] })
  const [pushed] = await held
  assert.ok(pushed)
  await device.answer(pushed.requestId, { values: { model: 'Hand' }, errors: {} })
  assert.equal((await first).status, 200)
  return device
}

async function receiptOf(requestId: string | null): Promise<Record<string, unknown>> {
  return Object((await street.service.read(`/v1/requests/${requestId}`)).body)
}

test('A9 the request and its ID come in the response that was held, asked for by nobody', async () => {
  const { device, held } = await openOnline(street)
  const asking = street.service.ask(device.id, { get: ['toner.black', '1.3.6.1.2.1.1.6.0'], timeoutSeconds: 7 })
  const [pushed, ...more] = await held
  assert.deepEqual(more, [])
  assert.deepEqual(pushed?.request, { get: ['toner.black', '1.3.6.1.2.1.1.6.0'], timeoutSeconds: 7 })
  const values = { 'toner.black': 3, '1.3.6.1.2.1.1.6.0': 'here' }
  assert.equal(await device.answer(pushed.requestId, { values, errors: {} }), 200)
  const { status, requestId, body } = await asking
  assert.equal(status, 200)
  assert.equal(requestId, pushed.requestId)
  assert.deepEqual(Object(body).values, values)
})

test('A9 a request that arrives between two connections goes with the next', async () => {
  const device = await openInTheGap(street)
  const asking = street.service.ask(device.id, { get: ['location'] }, later)
  const { status, requestId } = await asking
  assert.equal(status, 202)
  const waiting = await receiptOf(requestId)
  assert.equal(waiting['outcome'], 'pending')
  assert.equal(waiting['sentAt'], undefined)

  const [pushed] = await device.hold()
  assert.equal(pushed?.requestId, requestId)
  assert.equal(typeof (await receiptOf(requestId))['sentAt'], 'string')
  await device.answer(pushed.requestId, { values: { location: 'here' }, errors: {} })
  const answered = await receiptOf(requestId)
  assert.equal(answered['outcome'], 'answered')
  assert.deepEqual(answered['values'], { location: 'here' })
})

test('A9 requests of the gap arrive in the order in which they were accepted', async () => {
  const device = await openInTheGap(street)
  const names = ['a', 'b', 'c', 'd', 'e']
  for (const name of names) await street.service.ask(device.id, { get: [name] }, later)
  const arrived: string[] = []
  while (arrived.length < names.length)
    for (const { requestId, request } of await device.hold()) {
      arrived.push(...(request.get ?? []))
      await device.answer(requestId, { values: { [request.get?.[0] ?? '']: 1 }, errors: {} })
    }
  assert.deepEqual(arrived, names)
})

test('A9 a gap longer than the time-out: the device never gets the request, and the service is told so', async () => {
  const device = await openInTheGap(street)
  const { status, outcome, requestId, body } = await street.service.ask(device.id, {
    set: { location: 'there' },
    timeoutSeconds: 1,
  })
  assert.equal(status, 504)
  assert.equal(outcome, 'not-sent')
  assert.equal(Object(body).code, 'device-timeout')
  const asking = street.service.ask(device.id, { get: ['model'] })
  const [pushed, ...more] = await device.hold()
  assert.deepEqual(pushed?.request.get, ['model'])
  assert.deepEqual(more, [])
  assert.notEqual(pushed.requestId, requestId)
  await device.answer(pushed.requestId, { values: { model: 'Hand' }, errors: {} })
  assert.equal((await asking).status, 200)
})

test('A9 a request that was pushed and not answered in time is unknown, and its late answer is kept', async () => {
  const { device, held } = await openOnline(street)
  const asking = street.service.ask(device.id, { set: { location: 'there' }, timeoutSeconds: 1 })
  const [pushed] = await held
  const { status, outcome, requestId, body } = await asking
  assert.equal(status, 504)
  assert.equal(outcome, 'unknown')
  assert.equal(Object(body).code, 'device-timeout')
  const answer = { values: { location: 'there' }, errors: {} }
  assert.equal(await device.answer(pushed?.requestId ?? '', answer), 202)
  const receipt = await receiptOf(requestId)
  assert.equal(receipt['outcome'], 'answered')
  assert.deepEqual(receipt['values'], { location: 'there' })
})

test('A9 a service that hangs up in the gap withdraws its request', async () => {
  // One in flight at most: that the next is refused tells that the first has been accepted.
  await using narrow = await openNeighbourhood({ relay: ['--max-in-flight', '1'] })
  const { service } = narrow
  await narrow.enrol('probe')
  // Of several nodes each counts what waits there: the one that has the device.
  const probes = nodesBehind(narrow.url).map((url) => createService(url, narrow.adminKey))
  const isFull = async () => {
    const asked = await Promise.all(probes.map((probe) => probe.ask('probe', { get: ['model'] })))
    return asked.some(({ status }) => status === 429)
  }
  await using device = await openInTheGap(narrow)

  const hangUp = new AbortController()
  const asking = assert.rejects(
    fetch(`${narrow.url}/v1/devices/${device.id}/requests`, {
      method: 'POST',
      headers: { authorization: `Bearer ${narrow.adminKey}` },
      body: JSON.stringify({ set: { location: 'nowhere' } }),
      signal: hangUp.signal,
    }),
  )
  await until('the request has been accepted', isFull)
  hangUp.abort()
  await asking
  await until('the request has been withdrawn', async () => !(await isFull()))

  const next = service.ask(device.id, { get: ['model'] })
  const pushes = await device.hold()
  assert.deepEqual(
    pushes.map(({ request }) => request.get),
    [['model']],
  )
  await device.answer(pushes[0]?.requestId ?? '', { values: { model: 'Hand' }, errors: {} })
  assert.equal((await next).status, 200)
})
