/** A6: how the relay learns that a device is gone, however it went, and that one that is only quiet is not. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Role } from './cast/cast.ts'
import { countSessions, lookAt, untilState } from './device-look.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openRawDevice } from './raw-device.ts'
import { until } from './until.ts'
import { openWire } from './wire.ts'

const overWebSocket: Role = { client: 'xmpp-js', transport: 'websocket' }
const withoutResumption: Role = { client: 'strophe', transport: 'websocket' }
const managementMs = 15_000
const waitMs = 5000
/** The shortest there are; inactivity longer than the management timer, so that it is that which runs out. */
const times = ['--wait', '5', '--inactivity', '60', '--survival-timeout', '0', '--management-timeout', '15']
const shortInactivity = ['--wait', '5', '--inactivity', '2', '--survival-timeout', '0', '--management-timeout', '15']

const msBetween = (from: string | null, to: string | null) => Date.parse(to ?? '') - Date.parse(from ?? '')

// Most of the time they wait for a timer, so they wait together.
describe('management timer', { concurrency: 4 }, () => {
  test('A6 a device that stops in the middle is OFFLINE by the management timer, its session is ended, and it comes back', async () => {
    await using street = await openNeighbourhood({ relay: times })
    const lobby = await street.openAgent({ id: 'lobby' })
    // Its sockets stay open, and nothing says a word: no FIN, no RST.
    lobby.process.signal('SIGSTOP')
    const gone = await untilState(street.service, 'lobby', 'offline', 25_000)
    assert.equal(gone.reason, 'management-timeout')
    const ms = msBetween(gone.lastSeenAt, gone.stateSinceAt)
    assert.ok(ms >= managementMs && ms < managementMs + 1500, `${ms} ms after its last sign of life`)
    assert.equal(await countSessions(street.url, 'bosh'), 0)
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 409)

    lobby.process.signal('SIGCONT')
    await untilState(street.service, 'lobby', 'online')
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A6 BOSH inactivity tells it sooner', async () => {
    await using street = await openNeighbourhood({ relay: shortInactivity })
    const lobby = await street.openAgent({ id: 'lobby' })
    lobby.process.signal('SIGSTOP')
    const gone = await untilState(street.service, 'lobby', 'offline', 12_000)
    assert.equal(gone.reason, 'inactivity')
    assert.ok(msBetween(gone.lastSeenAt, gone.stateSinceAt) < 9000)
    assert.equal(await countSessions(street.url, 'bosh'), 0)
  })

  for (const swallow of ['everything', 'to-client'] as const) {
    test(`A6 over a half-open way that swallows ${swallow} nothing is called answered, and the agent comes back by itself`, async () => {
      await using street = await openNeighbourhood({ relay: times })
      await using wire = await openWire(street.url)
      const lobby = await street.openAgent({ id: 'lobby', relayUrl: wire.url })
      wire.set({ swallow })
      const { status, outcome } = await street.service.ask('lobby', { get: ['model'], timeoutSeconds: 2 })
      assert.deepEqual([status, outcome], [504, 'unknown'], 'it left the relay, and nobody knows how far it came')
      assert.equal((await lobby.process.nextEvent('device.offline', 40_000))['reason'], 'unreachable')
      wire.set({ swallow: 'nothing' })
      await lobby.process.nextEvent('device.online', 40_000)
      await untilState(street.service, 'lobby', 'online')
      assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
    })
  }

  test('A6 a WebSocket over which nothing comes any more is noticed by its silence', async () => {
    await using street = await openNeighbourhood({ relay: times })
    await using wire = await openWire(street.url)
    await street.openStockDevice({ id: 'lobby', role: overWebSocket, objects: { model: 'Stock' }, relayUrl: wire.url })
    wire.set({ swallow: 'everything' })
    const gone = await untilState(street.service, 'lobby', 'offline', 25_000)
    // Inactivity, where the way was cut before the device had agreed with the relay that its stream can be resumed.
    const reasons = ['management-timeout', 'connection-closed', 'inactivity']
    assert.ok(reasons.includes(String(gone.reason)), String(gone.reason))
    assert.ok(msBetween(gone.lastSeenAt, gone.stateSinceAt) < managementMs + 1500)
    assert.equal(await countSessions(street.url, 'websocket'), 0)
  })

  test('A6 a WebSocket device that only answers pings stays ONLINE', async () => {
    await using street = await openNeighbourhood({ relay: times })
    await street.openStockDevice({ id: 'lobby', role: overWebSocket, objects: { model: 'Stock' } })
    const online = await lookAt(street.service, 'lobby')
    await until(
      'it has been quiet for longer than the management timer',
      async () => {
        const look = await lookAt(street.service, 'lobby')
        assert.deepEqual([look.state, look.stateSinceAt], ['online', online.stateSinceAt])
        return msBetween(online.stateSinceAt, look.lastSeenAt) > managementMs + 3000
      },
      40_000,
    )
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A6 plain HTTP calls alone keep a device ONLINE, refused ones too, and none of them makes it so', async () => {
    await using street = await openNeighbourhood({ relay: times })
    const { secret } = await street.enrol('lobby')
    const authorization = `Basic ${btoa(`lobby:${secret}`)}`
    const knock = async (call: string, body: string) => {
      const init = { method: 'POST', headers: { authorization }, body }
      return (await fetch(`${street.url}/device/v1/${call}`, init)).status
    }
    assert.equal(await knock('register', '{}'), 200)
    assert.equal((await lookAt(street.service, 'lobby')).state, 'offline')

    const device = await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })
    // The connection; once its answer has come there is no other.
    await device.send()
    const online = await lookAt(street.service, 'lobby')
    await until(
      'it has said nothing in its session for longer than the management timer',
      async () => {
        assert.equal(await knock('survival', 'no JSON'), 400)
        assert.equal(await knock('events', 'x'.repeat(65_537)), 413)
        const look = await lookAt(street.service, 'lobby')
        assert.deepEqual([look.state, look.stateSinceAt], ['online', online.stateSinceAt])
        return msBetween(online.stateSinceAt, look.lastSeenAt) > waitMs + managementMs + 3000
      },
      40_000,
    )
    const gone = await untilState(street.service, 'lobby', 'offline', 25_000)
    assert.equal(gone.reason, 'management-timeout')
    assert.equal(await knock('register', '{}'), 200)
    assert.equal((await lookAt(street.service, 'lobby')).state, 'offline')
  })

  test('A6 a device that polls and does nothing else stays ONLINE', async () => {
    await using street = await openNeighbourhood({ relay: shortInactivity })
    await street.openAgent({ id: 'lobby' })
    const online = await lookAt(street.service, 'lobby')
    await until(
      'it has been idle for longer than the management timer',
      async () => {
        const look = await lookAt(street.service, 'lobby')
        assert.deepEqual([look.state, look.stateSinceAt], ['online', online.stateSinceAt])
        return msBetween(online.stateSinceAt, look.lastSeenAt) > managementMs + 3000
      },
      40_000,
    )
  })
})

test('A6 an agent that is asked to end says farewell: OFFLINE at once', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const lobby = await street.openAgent({ id: 'lobby' })
  assert.equal((await lobby.process.stop()).code, 0)
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'terminated')
  assert.equal(await countSessions(street.url, 'bosh'), 0)
})

test('A6 a WebSocket that closes is OFFLINE at once, with a farewell or without one', async () => {
  await using street = await openNeighbourhood({ relay: times })
  for (const [id, signal, reasons] of [
    ['polite', 'SIGTERM', ['terminated', 'connection-closed']],
    ['killed', 'SIGKILL', ['connection-closed']],
  ] as const) {
    const device = await street.openStockDevice({ id, role: withoutResumption, objects: { model: 'Stock' } })
    device.process.signal(signal)
    const gone = await untilState(street.service, id, 'offline', 2000)
    assert.ok((reasons as readonly unknown[]).includes(gone.reason), `${id}: ${gone.reason}`)
  }
  assert.equal(await countSessions(street.url, 'websocket'), 0)
})

test('A6 a WebSocket that can be resumed (XEP-0198) and is not is OFFLINE after the time of inactivity', async () => {
  await using street = await openNeighbourhood({ relay: shortInactivity })
  const device = await street.openStockDevice({ id: 'lobby', role: overWebSocket, objects: { model: 'Stock' } })
  await device.process.kill()
  const gone = await untilState(street.service, 'lobby', 'offline', 4000)
  assert.equal(gone.reason, 'connection-closed')
})

test('A6 one dropped poll is not leaving', async () => {
  await using street = await openNeighbourhood({ relay: times })
  await using wire = await openWire(street.url)
  await street.openAgent({ id: 'lobby', relayUrl: wire.url })
  const online = await lookAt(street.service, 'lobby')
  const before = wire.counts.connections
  wire.cutAll()
  await until('it has connected again', () => wire.counts.connections > before)
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, online.stateSinceAt)
})

test('A6 a request to a device that is OFFLINE is refused within 50 ms, with when it was last seen', async () => {
  await using street = await openNeighbourhood({ relay: times })
  const lobby = await street.openAgent({ id: 'lobby' })
  await lobby.process.stop()
  await untilState(street.service, 'lobby', 'offline', 1000)
  const took: number[] = []
  for (let turn = 0; turn < 9; turn++) {
    const startedAtMs = performance.now()
    const { status, outcome, body } = await street.service.ask('lobby', { get: ['model'] })
    took.push(performance.now() - startedAtMs)
    assert.deepEqual([status, outcome], [409, 'not-sent'])
    const { code, reason, lastSeenAt } = Object(body)
    assert.deepEqual([code, reason, Date.parse(lastSeenAt) > 0], ['device-offline', 'terminated', true])
  }
  // The middle one: a machine that is busy with other tests may hold up one or two.
  const median = took.sort((one, other) => one - other)[4] ?? Number.NaN
  assert.ok(median < 50, `${median} ms`)
})
