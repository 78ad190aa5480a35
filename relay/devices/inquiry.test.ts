/** A7: which devices are there? */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceInquiry } from '@fairlead/protocol/contract'
import { acme, admin, anyDevice, openWorld, refusal, rival } from './for-tests.ts'

async function fleet() {
  const world = await openWorld()
  const { devices } = world
  await devices.enrol(acme, { id: 'a1', model: 'Laser 9', tags: ['hall', 'colour'] })
  await devices.enrol(acme, { id: 'a2', model: 'Laser 9', tags: ['hall'] })
  await devices.enrol(acme, { id: 'a3', model: 'Inky', tags: ['cellar'] })
  await devices.enrol(rival, { id: 'r1', model: 'Laser 9', tags: ['hall'] })
  await devices.register('a1', { capabilities: { serial: 'SN-001', features: ['duplex', 'staple'], media: ['a4'] } })
  await devices.register('a2', { capabilities: { serial: 'sn-002', features: ['duplex'], media: ['a3'] } })
  world.presences.set('a2', {
    state: 'online',
    stateSinceAt: 0,
    reason: undefined,
    suspect: false,
    lastSeenAt: 0,
    address: undefined,
    transport: 'bosh',
  })
  const ask = async (inquiry: Partial<DeviceInquiry>, caller = acme) =>
    (await devices.inquire(caller, { ...anyDevice, ...inquiry })).items.map(({ id }) => id).join(' ')
  return { ...world, ask }
}

test('without a filter an account hears of its own devices, the admin of all', async () => {
  await using world = await fleet()
  assert.equal(await world.ask({}), 'a1 a2 a3')
  assert.equal(await world.ask({}, rival), 'r1')
  assert.equal(await world.ask({}, admin), 'a1 a2 a3 r1')
})

const filters: [Partial<DeviceInquiry>, string][] = [
  [{ account: 'acme' }, 'a1 a2 a3'],
  [{ account: 'rival' }, ''],
  [{ serial: 'SN-001' }, 'a1'],
  [{ serial: 'SN-002' }, 'a2'],
  [{ serial: 'sn-0' }, ''],
  [{ model: 'laser 9' }, 'a1 a2'],
  [{ model: 'Laser' }, ''],
  [{ tag: ['hall'] }, 'a1 a2'],
  [{ tag: ['hall', 'colour'] }, 'a1'],
  [{ capability: ['duplex'] }, 'a1 a2'],
  [{ capability: ['a4'] }, 'a1'],
  [{ capability: ['duplex', 'a3'] }, 'a2'],
  [{ state: 'online' }, 'a2'],
  [{ state: 'offline' }, 'a1 a3'],
  [{ state: 'asleep' }, ''],
  [{ q: 'sn-0' }, 'a1 a2'],
  [{ q: 'LASER hall a1' }, 'a1'],
  [{ q: 'cellar' }, 'a3'],
  [{ model: 'Laser 9', tag: ['hall'], capability: ['duplex'], state: 'online', q: 'a2', account: 'acme' }, 'a2'],
  [{ model: 'Inky', tag: ['hall'] }, ''],
]

test('A7 filters are joined by AND', async () => {
  await using world = await fleet()
  for (const [inquiry, ids] of filters) assert.equal(await world.ask(inquiry), ids, JSON.stringify(inquiry))
})

test('devices are counted by state, those that fit and that the caller may see', async () => {
  await using world = await fleet()
  const { devices } = world
  assert.deepEqual(devices.countByState(acme, {}), { online: 1, offline: 2, asleep: 0 })
  assert.deepEqual(devices.countByState(acme, { tag: ['hall'] }), { online: 1, offline: 1, asleep: 0 })
  assert.deepEqual(devices.countByState(acme, { q: 'cellar' }), { online: 0, offline: 1, asleep: 0 })
  assert.deepEqual(devices.countByState(acme, { account: 'rival' }), { online: 0, offline: 0, asleep: 0 })
  assert.deepEqual(devices.countByState(admin, {}), { online: 1, offline: 3, asleep: 0 })
  assert.deepEqual(devices.countByState(admin, { account: 'rival' }), { online: 0, offline: 1, asleep: 0 })
})

test('the admin may name an account', async () => {
  await using world = await fleet()
  assert.equal(await world.ask({ account: 'rival' }, admin), 'r1')
  assert.equal(await world.ask({ account: 'nobody' }, admin), '')
})

test('pages follow each other, with a filter too', async () => {
  await using world = await fleet()
  const first = await world.devices.inquire(acme, { limit: 1, tag: ['hall'] })
  assert.deepEqual([first.items.map(({ id }) => id), typeof first.nextCursor], [['a1'], 'string'])
  const second = await world.devices.inquire(acme, { limit: 1, tag: ['hall'], cursor: first.nextCursor ?? '' })
  assert.deepEqual([second.items.map(({ id }) => id), second.nextCursor], [['a2'], null])
})

test('a cursor that was never given out is invalid-request', async () => {
  await using world = await fleet()
  await assert.rejects(world.devices.inquire(acme, { limit: 1, cursor: 'nonsense' }), refusal('invalid-request'))
})
