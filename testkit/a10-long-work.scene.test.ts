/** A10: work that takes longer than every timer of the session is done, answered and told, and the session stands. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as work } from 'node:timers/promises'
import { lookAt, untilState } from './device-look.ts'
import { openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openRawDevice, pushesIn } from './raw-device.ts'
import { until } from './until.ts'

/** 2 s without a request, or 15 s without a sign of life, and a session is over: unless a push is with the device. */
const times = ['--wait', '5', '--inactivity', '2', '--survival-timeout', '0', '--management-timeout', '15']
const workSeconds = 20

describe('long work', { concurrency: 3 }, () => {
  test('A10 a device that falls silent over its work stays ONLINE until it answers, and goes on in the same session', async () => {
    await using street = await openNeighbourhood({ relay: times })
    const { secret } = await street.enrol('lobby')
    const device = await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })
    const held = device.send()
    const online = await untilState(street.service, 'lobby', 'online')
    const asked = street.service.ask('lobby', { set: { location: 'upstairs' }, timeoutSeconds: 40 })
    const [pushed = assert.fail('nothing was pushed')] = pushesIn(await held)
    assert.deepEqual(pushed.request, { set: { location: 'upstairs' }, timeoutSeconds: 40 })

    await work(workSeconds * 1000)
    const look = await lookAt(street.service, 'lobby')
    assert.deepEqual([look.state, look.suspect, look.stateSinceAt], ['online', true, online.stateSinceAt])
    const answer = { values: { location: 'Upstairs' }, errors: {} }
    assert.equal(await device.respond(pushed.id, answer), 200)
    const reply = await asked
    assert.deepEqual([reply.status, reply.outcome, reply.requestId], [200, 'answered', pushed.id])
    assert.deepEqual(Object(reply.body).values, { location: 'Upstairs' }, 'the value that holds now')

    // An answer that is repeated does no harm, another one is refused, and a stranger's is none.
    assert.equal(await device.respond(pushed.id, answer), 200)
    assert.equal(await device.respond(pushed.id, { values: { location: 'elsewhere' }, errors: {} }), 409)
    const other = await street.enrol('other')
    const stranger = await openRawDevice({ relayUrl: street.url, id: 'other', secret: other.secret })
    assert.equal(await stranger.respond(pushed.id, answer), 404)

    const connection = device.send()
    const next = street.service.ask('lobby', { get: ['location'] })
    const [second = assert.fail('nothing was pushed')] = pushesIn(await connection)
    assert.equal(await device.respond(second.id, answer), 200)
    assert.equal((await next).status, 200)
    assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, online.stateSinceAt)
  })

  test('A10 a device that never answers is gone once the time-out of the request is over, and not before', async () => {
    await using street = await openNeighbourhood({ relay: times })
    const { secret } = await street.enrol('lobby')
    const device = await openRawDevice({ relayUrl: street.url, id: 'lobby', secret })
    const held = device.send()
    await untilState(street.service, 'lobby', 'online')
    const asked = street.service.ask('lobby', { get: ['location'], timeoutSeconds: 18 })
    assert.equal(pushesIn(await held).length, 1)
    const reply = await asked
    assert.deepEqual([reply.status, reply.outcome], [504, 'unknown'], 'it left, and nothing came back')
    await untilState(street.service, 'lobby', 'offline', 3000)
  })

  test('A10 an agent prints for longer than the timers, and answers small questions meanwhile', async () => {
    await using street = await openNeighbourhood({ relay: times })
    await street.openAgent({ id: 'lobby', driver: `virtual?secondsPerPage=${workSeconds}` })
    const online = await lookAt(street.service, 'lobby')
    const printing = street.service.ask('lobby', { command: 'print-test-page', timeoutSeconds: 60 })
    await until('it prints', async () => {
      const { body } = await street.service.ask('lobby', { get: ['status'] })
      return Object(body).values.status === 'printing'
    })
    const printed = await printing
    assert.deepEqual([printed.status, Object(printed.body).result.pages], [200, 1])
    assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, online.stateSinceAt)
  })

  test('A10 an answer that does not get through is repeated until it is taken', async () => {
    await using street = await openNeighbourhood({ relay: times })
    await using wire = await openHttpWire(street.url)
    await street.openAgent({ id: 'lobby', relayUrl: wire.url })
    const tries = () => wire.visits.filter(({ path }) => path.startsWith('/device/v1/responses/'))
    // The relay gets it, and the device does not learn so.
    wire.set({ loseAnswerFraction: 1, losePath: '/device/v1/responses/' })
    const reply = await street.service.ask('lobby', { set: { location: 'upstairs' }, timeoutSeconds: 30 })
    assert.deepEqual([reply.status, Object(reply.body).values], [200, { location: 'upstairs' }])
    await until('it tries again', () => tries().length >= 2)
    wire.set({ loseAnswerFraction: 0 })
    // The try that was under way may have been the first to get through.
    await until('it is rid of its answer', () => tries().some(({ answered }) => answered))
    assert.equal(new Set(tries().map(({ path, body }) => path + body)).size, 1, 'the same answer, to the same request')
    assert.equal((await street.service.ask('lobby', { get: ['location'] })).status, 200)
  })
})
