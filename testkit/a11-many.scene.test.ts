/** A11: many services and many devices at once: every response reaches exactly the request it belongs to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HandDevice, joinByHand, openHandDevice, type Pushed } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

const isOnline = async ({ service }: Neighbourhood, id: string) =>
  Object((await service.read(`/v1/devices/${id}`)).body).state === 'online'

/** Collects pushes until there are so many. */
async function collect(device: HandDevice, count: number): Promise<Pushed[]> {
  const pushes: Pushed[] = []
  while (pushes.length < count) pushes.push(...(await device.hold()))
  return pushes
}

/** Does `work` for each item, so many at a time. */
async function forAll<Item>(items: readonly Item[], atOnce: number, work: (item: Item) => Promise<void>) {
  const rest = [...items]
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function addServices({ service, url }: Neighbourhood, count: number): Promise<Service[]> {
  const keys = await Promise.all(
    Array.from({ length: count }, (_, n) => service.post('/v1/keys', { account: 'default', name: `service-${n}` })),
  )
  return keys.map(({ body }) => createService(url, Object(body).key))
}

test('A11 4,000 requests of 50 services to 200 devices at once each get their own answer', {
  timeout: 120_000,
}, async () => {
  await using street = await openNeighbourhood()
  await using devices = new AsyncDisposableStack()
  const [serviceCount, deviceCount, perDevice] = [50, 200, 20]
  const ids = Array.from({ length: deviceCount }, (_, n) => `device-${n}`)
  const executed = new Map<string, number>()
  await forAll(ids, 20, async (id) => {
    const device = devices.use(await joinByHand(street, id))
    device.serve(async ({ requestId, request }) => {
      executed.set(requestId, (executed.get(requestId) ?? 0) + 1)
      // Answers in another order than the requests', a different one each run.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 50))
      const [name = '', value] = Object.entries(request.set ?? {})[0] ?? []
      return { values: { [name]: `${value} at ${id}` }, errors: {} }
    })
  })
  await until('all devices are online', async () => {
    const { body } = await street.service.read('/v1/devices?state=online&limit=500')
    return Object(body).items.length === deviceCount
  })

  // What is measured elsewhere is how long they take; here each may take as long as all of them on a machine with other work.
  const timeoutSeconds = 100
  const services = await addServices(street, serviceCount)
  const asked = ids.flatMap((id) => Array.from({ length: perDevice }, (_, n) => ({ id, n })))
  const told = await Promise.all(
    asked.map(async ({ id, n }, at) => {
      const asker = at % serviceCount
      // Many of these are the same for different services and devices; only the place tells them apart.
      const reply = await services[asker]?.ask(id, {
        set: { location: `room ${n % 4}, service ${asker}` },
        timeoutSeconds,
      })
      return { id, wanted: `room ${n % 4}, service ${asker} at ${id}`, reply }
    }),
  )

  for (const { id, wanted, reply } of told) {
    assert.equal(reply?.status, 200, JSON.stringify(reply?.body))
    const { device, values, requestId } = Object(reply.body)
    assert.deepEqual({ device, values }, { device: id, values: { location: wanted } })
    assert.equal(requestId, reply.requestId)
  }
  assert.equal(new Set(told.map(({ reply }) => reply?.requestId)).size, asked.length)
  assert.equal(executed.size, asked.length)
  assert.deepEqual([...new Set(executed.values())], [1])
})

test('A11 equal requests of one service to one device, answered in reverse, each get their own answer', async () => {
  await using street = await openNeighbourhood()
  await using device = await joinByHand(street, 'lobby')
  const pushing = collect(device, 8)
  await until('the device is online', () => isOnline(street, 'lobby'))
  const asking = Array.from({ length: 8 }, () => street.service.ask('lobby', { get: ['pages'] }))
  const pushes = await pushing
  for (const { requestId } of pushes.toReversed())
    assert.equal(await device.answer(requestId, { values: { pages: `for ${requestId}` }, errors: {} }), 200)
  const replies = await Promise.all(asking)
  for (const { status, requestId, body } of replies) {
    assert.equal(status, 200)
    assert.deepEqual(Object(body).values, { pages: `for ${requestId}` })
  }
  assert.deepEqual(replies.map(({ requestId }) => requestId).sort(), pushes.map(({ requestId }) => requestId).sort())
})

test('A11 a session is replaced while requests wait: none is lost, none is done twice, none goes to the old one', async () => {
  await using street = await openNeighbourhood()
  await using first = await joinByHand(street, 'lobby')
  const pushing = collect(first, 8)
  await until('the device is online', () => isOnline(street, 'lobby'))
  const names = Array.from({ length: 20 }, (_, n) => `object-${n}`)
  const asking = names.map((name) => street.service.ask('lobby', { get: [name] }))
  // Eight are with the device, twelve wait behind them.
  const before = await pushing

  await using second = await openHandDevice({ relayUrl: street.url, id: 'lobby', secret: first.secret })
  const seen = new Set(before.map(({ requestId }) => requestId))
  second.serve(({ requestId, request }) => {
    assert.ok(!seen.has(requestId), 'pushed twice')
    seen.add(requestId)
    return { values: { [request.get?.[0] ?? '']: 'second' }, errors: {} }
  })
  for (const { requestId, request } of before)
    assert.equal(await second.answer(requestId, { values: { [request.get?.[0] ?? '']: 'first' }, errors: {} }), 200)
  const replies = await Promise.all(asking)
  const told = replies.map(({ status, body }, at) => `${status} ${Object(body).values[names[at] ?? '']}`)
  assert.equal(told.filter((line) => line === '200 first').length, 8, told.join())
  assert.equal(told.filter((line) => line === '200 second').length, 12, told.join())
  await assert.rejects(first.hold(), { name: 'SessionOver' })
})

test("A11 another tenant's key finds neither the device nor the request", async () => {
  await using street = await openNeighbourhood()
  await street.service.post('/v1/accounts', { id: 'rivals' })
  const { body: made } = await street.service.post('/v1/keys', { account: 'rivals' })
  const rival = createService(street.url, Object(made).key)
  await using device = await joinByHand(street, 'lobby')
  const pushing = collect(device, 1)
  await until('the device is online', () => isOnline(street, 'lobby'))
  const asking = street.service.ask('lobby', { get: ['model'] })
  const [pushed] = await pushing

  const asked = await rival.ask('lobby', { get: ['model'] })
  assert.deepEqual([asked.status, asked.outcome, Object(asked.body).code], [404, 'rejected', 'unknown-device'])
  const looked = await rival.read(`/v1/requests/${pushed?.requestId}`)
  assert.equal(looked.status, 404)
  // Neither is told apart from what there is not at all.
  const [ghost, nothing] = [await rival.ask('ghost', { get: ['model'] }), await rival.read('/v1/requests/nothing')]
  assert.deepEqual(asked.body, ghost.body)
  assert.deepEqual(looked.body, nothing.body)

  // A device of the other tenant, with its own good secret, cannot answer for this one.
  const { secret } = Object((await street.service.post('/v1/devices', { id: 'spy', account: 'rivals' })).body)
  await using spy = await openHandDevice({ relayUrl: street.url, id: 'spy', secret })
  assert.equal(await spy.answer(pushed?.requestId ?? '', { values: { model: 'Forged' }, errors: {} }), 404)
  await device.answer(pushed?.requestId ?? '', { values: { model: 'Hand' }, errors: {} })
  assert.deepEqual(Object((await asking).body).values, { model: 'Hand' })
})
