/** H1: a device that goes to sleep is asleep and not OFFLINE, over time and a restart, until its next connection. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { countSessions, lookAt, untilState } from './device-look.ts'
import { openEventStream } from './event-stream.ts'
import { openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { assertRefusal } from './refusal.ts'
import { nodesBehind } from './relays.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

/** The shortest management timer beside which a session is awake long enough. */
const times = ['--wait', '5', '--inactivity', '2', '--survival-timeout', '0', '--management-timeout', '15']
const street = await openNeighbourhood({ relay: times })
after(() => street[Symbol.asyncDispose]())
const { url, service } = street
const { secret } = await street.enrol('dozer')
await street.enrol('never')
const wake = () => openHandDevice({ relayUrl: url, id: 'dozer', secret })
const nodes = () => nodesBehind(url).map((node) => createService(node, street.adminKey))

test('H1 its session ends with its word, requests are refused and deferred ones wait, and it wakes with its next connection', async () => {
  await using device = await wake()
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  const { stateSinceAt: onlineSinceAt } = await untilState(service, 'dozer', 'online')
  await using stream = await openEventStream({ relayUrl: url, key: street.adminKey, query: 'device=dozer' })

  const { status, body } = await device.call('/device/v1/sleep', {})
  const saidAt = Date.now()
  assert.deepEqual([status, body], [200, {}])
  assert.equal((await stream.next('device.asleep')).type, 'device.asleep')
  assert.equal(await device.over(), 'remote-stream-error')
  for (const node of nodes()) {
    const { state, reason, transport, stateSinceAt } = await untilState(node, 'dozer', 'asleep', 1_000)
    assert.deepEqual([state, reason, transport], ['asleep', null, null])
    assert.ok(stateSinceAt > onlineSinceAt)
  }
  assert.ok(Date.now() - saidAt < 1_500)
  assert.equal(await countSessions(url, 'bosh'), 0)

  for (const node of nodes()) {
    const refused = await node.ask('dozer', { get: ['model'] })
    assertRefusal(refused, { status: 409, code: 'device-asleep', outcome: 'not-sent' })
    const { body: found } = await node.read('/v1/devices?state=asleep')
    assert.deepEqual(
      Object(found).items.map(({ id }: { id: string }) => id),
      ['dozer'],
    )
    assert.deepEqual((await node.read('/v1/device-counts')).body, { online: 0, offline: 1, asleep: 1 })
  }
  const metrics = await (await fetch(`${nodesBehind(url)[0]}/metrics`)).text()
  assert.match(metrics, /^fairlead_devices\{state="asleep"\} 1$/m)
  assert.match(metrics, /^fairlead_devices\{state="offline"\} 1$/m)

  const deferred = await service.ask('dozer', { set: { location: 'here' }, deliverWithinSeconds: 600 })
  assert.deepEqual([deferred.status, deferred.outcome], [202, 'pending'])
  // Said again it is told once: the next that is heard is that it has come.
  assert.equal((await device.call('/device/v1/sleep', {})).status, 200)

  await using again = await wake()
  assert.equal((await lookAt(service, 'dozer')).state, 'asleep', 'a log-in without its connection wakes nobody')
  again.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  assert.equal((await stream.next()).type, 'device.online')
  await until('the request that waited is answered', async () => {
    const { body: told } = await service.read(`/v1/requests/${deferred.requestId}`)
    return Object(told).outcome === 'answered'
  })
})

test('H1 it sleeps on over the timers and a restart, wherever it has said so; a call without a session wakes it not', async () => {
  const device = await wake()
  const held = device.hold().catch((error: unknown) => error)
  await untilState(service, 'dozer', 'online')
  const word = await device.call('/device/v1/sleep', {})
  assert.equal(word.status, 200)
  await held
  const { stateSinceAt } = await untilState(service, 'dozer', 'asleep')
  await street.restartRelay('SIGKILL')
  const slept = await lookAt(service, 'dozer')
  assert.deepEqual([slept.state, slept.reason, slept.stateSinceAt], ['asleep', null, stateSinceAt])
  assert.equal((await device.call('/device/v1/register', {})).status, 200)
  // Longer than inactivity; that the management timer of one that is not ONLINE never rings is the machine's own test.
  const enoughAt = Date.now() + 3_000
  await until('inactivity is over', () => Date.now() > enoughAt)
  for (const node of nodes()) assert.equal((await untilState(node, 'dozer', 'asleep')).stateSinceAt, stateSinceAt)

  await using again = await wake()
  again.serve(() => ({ values: {}, errors: {} }))
  await untilState(service, 'dozer', 'online')
  await again.leave()
  assert.equal((await untilState(service, 'dozer', 'offline')).reason, 'terminated')
  // It may sleep without a session: then it is on record where it was said.
  assert.equal((await again.call('/device/v1/sleep', {})).status, 200)
  for (const node of nodes()) await untilState(node, 'dozer', 'asleep', 1_000)
})

test('H1 only a device says so, of itself', async () => {
  assert.equal((await service.post('/device/v1/sleep', {})).status, 401)
  const authorization = `Basic ${Buffer.from('dozer:wrong-secret-of-it').toString('base64')}`
  assert.equal(
    (await fetch(`${url}/device/v1/sleep`, { method: 'POST', headers: { authorization }, body: '{}' })).status,
    401,
  )
})
