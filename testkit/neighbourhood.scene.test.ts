/** A service asks devices through a real relay, which is then stopped, killed and started again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cast } from './cast/cast.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { until } from './until.ts'

const objects = { model: 'Stock', location: 'here' }
const [strophe, , , stanza] = cast

test('N7 a service gets and sets objects of a stock client through the relay', async () => {
  await using street = await openNeighbourhood()
  await using _device = await street.openStockDevice({ id: 'lobby', role: strophe, objects })
  const got = await street.service.ask('lobby', { get: ['model', 'nothing'] })
  assert.equal(got.status, 200)
  assert.equal(got.outcome, 'answered')
  assert.deepEqual(Object(got.body).values, { model: 'Stock' })
  assert.equal(Object(got.body).errors.nothing.code, 'unknown-object')
  const set = await street.service.ask('lobby', { set: { location: '2nd floor' } })
  assert.deepEqual(Object(set.body).values, { location: '2nd floor' })
})

test('a device that leaves is OFFLINE at once, and a request says so', async () => {
  await using street = await openNeighbourhood()
  await using device = await street.openStockDevice({ id: 'lobby', role: stanza, objects })
  device.process.signal('SIGTERM')
  await until('the device is offline', async () => {
    const { body } = await street.service.read('/v1/devices/lobby')
    return Object(body).state === 'offline'
  })
  const asked = await street.service.ask('lobby', { get: ['model'] })
  assert.equal(asked.status, 409)
  assert.equal(asked.outcome, 'not-sent')
  assert.equal(Object(asked.body).code, 'device-offline')
})

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`what was enrolled is still there after ${signal}`, async () => {
    await using street = await openNeighbourhood()
    await street.enrol('lobby')
    const { pid } = street.relay()
    await street.restartRelay(signal)
    assert.notEqual(street.relay().pid, pid)
    const { status, body } = await street.service.read('/v1/devices/lobby')
    assert.equal(status, 200)
    assert.equal(Object(body).state, 'offline')
  })
}
