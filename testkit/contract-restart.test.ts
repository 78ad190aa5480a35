/** The relay stops and starts: what is in flight is finished, what waits goes on waiting, what was told is told again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openEventStream, type StreamEvent } from './event-stream.ts'
import { joinByHand, openHandDevice } from './hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { assertRefusal } from './refusal.ts'
import { until } from './until.ts'

async function isOnline({ service }: Neighbourhood, id: string): Promise<boolean> {
  return Object((await service.read(`/v1/devices/${id}`)).body).state === 'online'
}

test('SIGTERM: what is in flight is answered, new work is refused, held requests end with system-shutdown, exit 0', async () => {
  await using street = await openNeighbourhood()
  await using busy = await joinByHand(street, 'busy')
  await using idle = await joinByHand(street, 'idle')
  const held = busy.hold()
  idle.serve(() => ({ values: {}, errors: {} }))
  await until('both are online', async () => (await isOnline(street, 'busy')) && (await isOnline(street, 'idle')))
  await using stream = await openEventStream({ relayUrl: street.url, key: street.adminKey })
  const asking = street.service.ask('busy', { set: { location: 'here' } })
  const [pushed] = await held
  const heldAgain = busy.over()
  busy.serve(() => ({ values: {}, errors: {} }))

  const stopping = street.relay().stop()
  const refused = await until('new work is refused', async () => {
    const reply = await street.service.ask('idle', { get: ['model'] })
    return reply.status === 503 && reply
  })
  assertRefusal(refused, { status: 503, code: 'unavailable', outcome: 'not-sent' })
  assert.match(refused.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  assertRefusal(await street.service.read('/readyz'), { status: 503, code: 'unavailable' })
  assert.equal((await street.service.read('/healthz')).status, 200)

  const answer = { values: { location: 'here' }, errors: {} }
  assert.equal(await busy.answer(pushed?.requestId ?? '', answer), 200)
  const { status, outcome, body } = await asking
  assert.deepEqual([status, outcome, Object(body).values], [200, 'answered', answer.values])
  assert.equal(await heldAgain, 'system-shutdown')
  assert.equal(await idle.over(), 'system-shutdown')
  await stream.ended()
  assert.deepEqual(await stopping, { code: 0, signal: null })
})

test('SIGTERM: a device that does not answer holds it up for ten seconds and no longer', async () => {
  await using street = await openNeighbourhood()
  await using device = await joinByHand(street, 'here')
  const held = device.hold()
  await until('the device is online', () => isOnline(street, 'here'))
  const asking = street.service.ask('here', { set: { location: 'here' }, timeoutSeconds: 60 }).catch(() => undefined)
  await held
  const startedMs = performance.now()
  assert.deepEqual(await street.relay().stop('SIGTERM', 15_000), { code: 0, signal: null })
  const tookMs = performance.now() - startedMs
  assert.ok(tookMs > 9_000 && tookMs < 14_000, `${tookMs} ms`)
  // The service is told the truth, or nothing; never that it was not sent.
  const reply = await asking
  if (reply) assert.equal(reply.outcome, 'unknown')
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} the same Idempotency-Key is told the same, and nothing is done twice`, async () => {
    await using street = await openNeighbourhood()
    await using device = await joinByHand(street, 'here')
    let done = 0
    device.serve(({ request }) => {
      done++
      return { values: request.set ?? {}, errors: {} }
    })
    await until('the device is online', () => isOnline(street, 'here'))
    const ask = () => street.service.ask('here', { set: { location: 'here' } }, { 'idempotency-key': 'once' })
    const first = await ask()
    assert.equal(first.status, 200)
    await street.restartRelay(signal)
    // The device is not even back: what it said the first time is what counts.
    const again = await ask()
    assert.deepEqual([again.status, again.requestId, again.body], [200, first.requestId, first.body])
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(done, 1)
  })

  test(`after ${signal} deferred requests are delivered, in their order, and told by their ID`, async () => {
    await using street = await openNeighbourhood()
    const { secret } = await street.enrol('later')
    const names = ['first', 'second', 'third']
    const ids: (string | null)[] = []
    for (const name of names) {
      const { status, requestId } = await street.service.ask('later', {
        set: { location: name },
        deliverWithinSeconds: 600,
      })
      assert.equal(status, 202)
      ids.push(requestId)
    }
    await street.restartRelay(signal)
    await using device = await openHandDevice({ relayUrl: street.url, id: 'later', secret })
    const arrived: unknown[] = []
    device.serve(({ requestId, request }) => {
      arrived.push([requestId, request.set?.['location']])
      return { values: request.set ?? {}, errors: {} }
    })
    const receipts = await until('all have been answered', async () => {
      const found = await Promise.all(ids.map((id) => street.service.read(`/v1/requests/${id}`)))
      return found.every(({ body }) => Object(body).outcome === 'answered') && found
    })
    assert.deepEqual(
      arrived,
      ids.map((id, n) => [id, names[n]]),
    )
    assert.deepEqual(
      receipts.map(({ body }) => Object(body).values.location),
      names,
    )
  })

  test(`after ${signal} an event stream continues where it was, without a gap and without a repeat`, async () => {
    await using street = await openNeighbourhood()
    const { secret } = await street.enrol('here')
    const at = new Date().toISOString()
    const tell = async (pages: number) => {
      await using device = await openHandDevice({ relayUrl: street.url, id: 'here', secret })
      const events = [{ id: `event-${pages}`, type: 'printed', at, pages }]
      assert.equal((await device.call('/device/v1/events', { events })).status, 200)
    }
    const source = { relayUrl: street.url, key: street.adminKey, query: 'type=device.event' }
    const pagesOf = ({ data }: StreamEvent) => Object(data['event']).pages
    let seen: StreamEvent
    {
      await using before = await openEventStream(source)
      await tell(1)
      await tell(2)
      seen = await before.next()
      assert.equal(pagesOf(seen), 1)
    }
    await tell(3)
    await street.restartRelay(signal)
    await tell(4)
    await using stream = await openEventStream({ ...source, lastEventId: seen.id })
    await tell(5)
    const told: unknown[] = []
    while (told.length < 4) told.push(pagesOf(await stream.next()))
    assert.deepEqual(told, [2, 3, 4, 5])
  })
}

test('after SIGKILL a request with a key that was with its device is unknown, and is never sent twice', async () => {
  await using street = await openNeighbourhood()
  await using device = await joinByHand(street, 'here')
  const held = device.hold()
  await until('the device is online', () => isOnline(street, 'here'))
  const ask = () => street.service.ask('here', { set: { location: 'here' } }, { 'idempotency-key': 'once' })
  const asking = assert.rejects(ask())
  const [pushed] = await held
  await street.restartRelay('SIGKILL')
  await asking
  const again = await ask()
  assertRefusal(again, { status: 502, code: 'connection-lost', outcome: 'unknown' })
  assert.equal(again.requestId, pushed?.requestId)
  // The device did it after all, and says so to the relay that runs now.
  assert.equal(await device.answer(pushed?.requestId ?? '', { values: { location: 'here' }, errors: {} }), 202)
  const last = await ask()
  assert.deepEqual([last.status, last.outcome, Object(last.body).values], [200, 'answered', { location: 'here' }])
})

test('a Last-Event-ID that was never given, or of long ago, is answered with a reset first', async () => {
  await using street = await openNeighbourhood()
  const source = { relayUrl: street.url, key: street.adminKey }
  for (const lastEventId of ['nonsense', '999999999']) {
    await using stream = await openEventStream({ ...source, lastEventId })
    assert.equal((await stream.next()).type, 'reset', lastEventId)
  }
})
