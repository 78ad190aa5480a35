/** A2: what a device tells of itself at its activation. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acme, anyDevice, openWorld, refusal } from './for-tests.ts'
import { maxObjects } from './objects.ts'

test('A2 register stores what the device told and answers how it stands', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  const capabilities = { serial: 'AB-12', model: 'Laser 9', firmware: '1.0', memoryBytes: 1024, media: ['a4'] }
  const answer = await world.devices.register('a', {
    capabilities,
    objects: { location: 'hall', pages: { value: 7, unit: 'impressions' } },
    addresses: ['10.0.0.5/24'],
  })
  assert.deepEqual(answer, { registration: 'enrolled', survivalTimeoutSeconds: 60, jid: 'a@relay.example' })
  const shown = await world.devices.show(acme, 'a')
  assert.deepEqual([shown.serial, shown.model, shown.capabilities], ['AB-12', 'Laser 9', capabilities])
  const at = new Date(world.clock.wallNow()).toISOString()
  assert.deepEqual(shown.objects, {
    addresses: { value: ['10.0.0.5/24'], at },
    location: { value: 'hall', at },
    pages: { value: { value: 7, unit: 'impressions' }, at },
  })
  assert.deepEqual(world.happened(), ['device.registered', 'device.registered', 'device.changed'])
})

test('A2 the serial is kept as told and found whatever its case', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  await world.devices.register('a', { capabilities: { serial: 'Xy-9' } })
  const found = await world.devices.inquire(acme, { ...anyDevice, serial: 'xY-9' })
  assert.deepEqual(
    found.items.map(({ id, serial }) => ({ id, serial })),
    [{ id: 'a', serial: 'Xy-9' }],
  )
  const row = await world.database.read.selectFrom('device').select('serial_lower').executeTakeFirst()
  assert.equal(row?.serial_lower, 'xy-9')
})

test('A2 a repeat updates what it tells and leaves what it does not tell', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a', model: 'by hand' })
  await world.devices.register('a', { capabilities: { serial: 'S', firmware: '1', features: ['duplex'] } })
  await world.devices.register('a', { capabilities: { firmware: '2', features: [] }, objects: { name: 'n' } })
  await world.devices.register('a', {})
  const shown = await world.devices.show(acme, 'a')
  assert.deepEqual(shown.capabilities, { serial: 'S', firmware: '2', features: [] })
  assert.deepEqual([shown.model, shown.serial, shown.objects['name']?.value], ['by hand', 'S', 'n'])
  assert.deepEqual((await world.devices.inquire(acme, { ...anyDevice, capability: ['duplex'] })).items, [])
})

test('A2 a repeat that changes nothing says so', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  await world.devices.register('a', { capabilities: { model: 'm' } })
  const before = world.events.length
  await world.devices.register('a', { capabilities: { model: 'm' } })
  assert.deepEqual(world.happened().slice(before), ['device.registered'])
})

test('A2 a device that was removed is unauthorized and not stored', async () => {
  await using world = await openWorld()
  await assert.rejects(world.devices.register('ghost', { objects: { name: 'n' } }), refusal('unauthorized'))
  assert.deepEqual(await world.database.read.selectFrom('device_object').selectAll().execute(), [])
  assert.deepEqual(world.happened(), [])
})

test('names without end do not fill the disk: the newest objects stay', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  const many = (prefix: string, count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, index]))
  await world.devices.register('a', { objects: many('old', 600) })
  world.clock.pass(1000)
  await world.devices.register('a', { objects: many('new', 600) })
  const names = Object.keys((await world.devices.show(acme, 'a')).objects)
  assert.equal(names.length, maxObjects)
  assert.equal(names.filter((name) => name.startsWith('new')).length, 600)
})
