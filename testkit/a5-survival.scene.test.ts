/** A5: the device's own timer, what it does when it runs out, and what follows from the relay's word. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { lookAt, untilState } from './device-look.ts'
import { type HttpWire, openHttpWire, type Visit } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

const [bosh, survival, register] = ['/http-bind', '/device/v1/survival', '/device/v1/register']
/** The relay's own word for the timer is "off"; each device here is given its own. */
const times = ['--wait', '5', '--inactivity', '20', '--survival-timeout', '0', '--management-timeout', '20']

/** A relay, a wire that writes everything down, and on it an agent that is online. */
async function openStreet({ relay = times, agent }: { relay?: string[]; agent: string[] }) {
  await using building = new AsyncDisposableStack()
  const street = building.use(await openNeighbourhood({ relay }))
  const wire = building.use(await openHttpWire(street.url))
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: wire.url, agent })
  const built = building.move()
  return { ...street, wire, lobby, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const callsOf = (wire: HttpWire, path: string) => wire.visits.filter((visit) => visit.path === path)

async function untilCall(wire: HttpWire, path: string, count: number, withinMs?: number): Promise<Visit> {
  return until(`call ${count} of ${path}`, () => callsOf(wire, path)[count - 1], withinMs)
}

/** The sessions that were spoken in, in order. */
function sidsOf(wire: HttpWire): string[] {
  const sids = callsOf(wire, bosh).map(({ body }) => /\bsid='([^']+)'/.exec(body)?.[1])
  return [...new Set(sids.filter((sid) => sid !== undefined))]
}

/** What was sent after `visit`, the first of it. */
const next = (wire: HttpWire, visit: Visit) => wire.visits[wire.visits.indexOf(visit) + 1]

// Most of the time they wait for a timer, so they wait together.
describe('survival', { concurrency: 3 }, () => {
  test('A5 a survival notification that is recognised is followed by a new connection in the same session', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '2'] })
    const { wire } = street
    const [sid] = sidsOf(wire)
    const told = await untilCall(wire, survival, 1)
    assert.deepEqual(JSON.parse(told.body), { sid })
    const renewed = await until('it connects anew', () => next(wire, told))
    assert.equal(renewed.path, bosh)
    assert.ok(renewed.atMs - told.atMs < 1000, 'at once, and not when the old connection has run out')
    await untilCall(wire, survival, 2)
    assert.deepEqual([sidsOf(wire), callsOf(wire, register).length], [[sid], 1], 'no other session, no other register')
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A5 a survival notification that is not recognised is followed by a new session and its connection', async () => {
    const impatient = ['--wait', '5', '--inactivity', '1', '--survival-timeout', '0', '--management-timeout', '15']
    await using street = await openStreet({ relay: impatient, agent: ['--survival-timeout', '9'] })
    const { wire, service } = street
    const [first] = sidsOf(wire)
    // Something on the way takes the next poll and says nothing: only the relay knows that the session is over.
    wire.set({ silentPath: bosh })
    assert.equal((await untilState(service, 'lobby', 'offline')).reason, 'inactivity')
    wire.set({ silentPath: '' })
    const polls = callsOf(wire, bosh).length
    assert.deepEqual(callsOf(wire, survival), [], 'the device does not know yet')

    const told = await untilCall(wire, survival, 1)
    assert.deepEqual(JSON.parse(told.body), { sid: first })
    await untilState(service, 'lobby', 'online', 3000)
    assert.ok(callsOf(wire, bosh).length > polls)
    assert.equal(sidsOf(wire).length, 2)
    assert.equal((await street.lobby.process.nextEvent('device.offline'))['reason'], 'session-lost')
    await street.lobby.process.nextEvent('device.online')
    assert.equal((await service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A5 the sessions of a relay that was killed and has forgotten them are opened anew, whatever the device thought', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '2'] })
    const [first] = sidsOf(street.wire)
    await street.restartRelay('SIGKILL', 'without sessions')
    await street.lobby.process.nextEvent('device.online')
    assert.notEqual(sidsOf(street.wire).at(-1), first)
    await untilState(street.service, 'lobby', 'online')
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A5 a survival notification that stays unanswered for the set time is followed by a new session', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '2', '--survival-answer-timeout', '2'] })
    const { wire } = street
    const [first] = sidsOf(wire)
    wire.set({ silentPath: survival })
    const told = await untilCall(wire, survival, 1)
    const opened = await until('a new session is asked for', () =>
      callsOf(wire, bosh).find(({ body, atMs }) => atMs > told.atMs && !/\bsid=/.test(body)),
    )
    const afterMs = opened.atMs - told.atMs
    assert.ok(afterMs >= 1900 && afterMs < 4000, `after ${afterMs} ms`)
    wire.set({ silentPath: '' })
    await street.lobby.process.nextEvent('device.online')
    assert.notEqual(sidsOf(wire).at(-1), first)
    await untilState(street.service, 'lobby', 'online', 1000)
  })

  test('A5 only a push or a survival notification restarts the timer, an answer without a push does not', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '8'] })
    const { wire } = street
    const online = callsOf(wire, bosh).at(-1) ?? assert.fail('it is online')
    const first = await untilCall(wire, survival, 1)
    const empty = callsOf(wire, bosh).filter(({ atMs }) => atMs > online.atMs && atMs < first.atMs)
    assert.equal(empty.length, 1, 'in the middle there was an answer without a push')
    const afterMs = first.atMs - online.atMs
    assert.ok(afterMs > 7900 && afterMs < 9500, `${afterMs} ms after the first connection`)

    await until('the connection that followed has been answered without a push as well', () =>
      callsOf(wire, bosh).some(({ atMs }) => atMs - first.atMs > 3000),
    )
    const pushedAtMs = performance.now()
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
    const second = await untilCall(wire, survival, 2)
    assert.ok(second.atMs - pushedAtMs > 7900, `${second.atMs - pushedAtMs} ms after the push`)
  })

  test('A5 variant `connection`: the timer only renews the connection', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '1', '--survival-mode', 'connection'] })
    const { wire } = street
    const before = callsOf(wire, bosh)
    await untilCall(wire, bosh, before.length + 3)
    const [one, two, three] = callsOf(wire, bosh).slice(before.length)
    for (const [earlier, later] of [
      [one, two],
      [two, three],
    ]) {
      const ms = (later?.atMs ?? 0) - (earlier?.atMs ?? 0)
      assert.ok(ms > 900 && ms < 2500, `renewed after ${ms} ms, long before the relay answers by itself`)
    }
    assert.equal(sidsOf(wire).length, 1)
    assert.deepEqual(callsOf(wire, survival), [])
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  })

  test('A5 variant `session`: the timer opens a new session, and the device stays ONLINE over it', async () => {
    await using street = await openStreet({ agent: ['--survival-timeout', '2', '--survival-mode', 'session'] })
    const { stateSinceAt } = await lookAt(street.service, 'lobby')
    await until('there have been three sessions', () => sidsOf(street.wire).length >= 3)
    assert.deepEqual(callsOf(street.wire, survival), [])
    assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
    assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, stateSinceAt)
  })

  test('A5 variant `nothing`, and a timer that is off: the device only ever polls', async () => {
    const variants = [['--survival-timeout', '1', '--survival-mode', 'nothing'], ['--survival-timeout', '0'], []]
    await Promise.all(
      variants.map(async (agent) => {
        await using street = await openStreet({ agent })
        const online = street.wire.visits.length
        const poll = await untilCall(street.wire, bosh, callsOf(street.wire, bosh).length + 1)
        assert.equal(street.wire.visits[online], poll, 'nothing before it')
        const ms = poll.atMs - (street.wire.visits[online - 1]?.atMs ?? 0)
        assert.ok(ms > 4500, `it came when the relay had answered, after ${ms} ms`)
        assert.equal(sidsOf(street.wire).length, 1)
      }),
    )
  })
})
