/** What devices tell of their own accord: all or none, and once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type DeviceEvent, DeviceEvents } from '@fairlead/protocol/contract'
import { temporaryFolder } from '../database/for-tests.ts'
import { acme, openWorld, refusal } from './for-tests.ts'

const printed = (id: string): DeviceEvent => ({ id, at: '2023-11-01T08:00:00.000Z', type: 'printed', pages: 3 })

async function enrolled() {
  const world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  world.events.length = 0
  return world
}

test('events are told to those who listen, in order, as the device told them', async () => {
  await using world = await enrolled()
  await world.devices.recordEvents('a', [
    printed('1'),
    { id: '2', at: '2023-11-01T08:00:01Z', type: 'help', text: 'x' },
  ])
  const told = world.events.map(({ type, account, device, data }) => ({ type, account, device, ...JSON.parse(data) }))
  assert.deepEqual(
    told.map(({ type, account, device, event }) => ({ type, account, device, event })),
    [
      { type: 'device.event', account: 'acme', device: 'a', event: printed('1') },
      {
        type: 'device.event',
        account: 'acme',
        device: 'a',
        event: { id: '2', at: '2023-11-01T08:00:01Z', type: 'help', text: 'x' },
      },
    ],
  )
})

test('a repeated id does no harm: in one call, in another, and after a restart', async () => {
  using folder = temporaryFolder()
  {
    await using world = await openWorld(folder.path)
    await world.devices.enrol(acme, { id: 'a' })
    await world.devices.recordEvents('a', [printed('1'), printed('1')])
    await world.devices.recordEvents('a', [printed('1'), printed('2')])
    assert.equal(world.happened().filter((type) => type === 'device.event').length, 2)
  }
  await using world = await openWorld(folder.path)
  await world.devices.recordEvents('a', [printed('2')])
  assert.deepEqual(world.happened(), [])
})

test('the same id of two devices is two events', async () => {
  await using world = await enrolled()
  await world.devices.enrol(acme, { id: 'b' })
  await world.devices.recordEvents('a', [printed('1')])
  await world.devices.recordEvents('b', [printed('1')])
  assert.equal(world.happened().filter((type) => type === 'device.event').length, 2)
})

test('objects are remembered with their moment; an older one that comes late changes nothing', async () => {
  await using world = await enrolled()
  const objects = (id: string, at: string, level: number): DeviceEvent => ({
    id,
    at,
    type: 'objects',
    values: { 'toner.black': level },
  })
  await world.devices.recordEvents('a', [objects('2', '2023-11-02T00:00:00.000Z', 20)])
  await world.devices.recordEvents('a', [objects('1', '2023-11-01T00:00:00.000Z', 30)])
  const shown = await world.devices.show(acme, 'a')
  assert.deepEqual(shown.objects, { 'toner.black': { value: 20, at: '2023-11-02T00:00:00.000Z' } })
})

test('a device whose clock is ahead does not block what is told later', async () => {
  await using world = await enrolled()
  const ahead: DeviceEvent = { id: '1', at: '2099-01-01T00:00:00Z', type: 'objects', values: { name: 'old' } }
  await world.devices.recordEvents('a', [ahead])
  world.clock.pass(1)
  await world.devices.register('a', { objects: { name: 'new' } })
  assert.equal((await world.devices.show(acme, 'a')).objects['name']?.value, 'new')
})

test('a device that was removed is unauthorized, and nothing is stored', async () => {
  await using world = await enrolled()
  await assert.rejects(world.devices.recordEvents('ghost', [printed('1')]), refusal('unauthorized'))
  assert.deepEqual(world.happened(), [])
})

test('when storing fails half way nothing is stored, and the repeat stores all', async () => {
  await using world = await enrolled()
  await world.database.write((tx) => tx.sql.schema.alterTable('device_object').renameTo('gone').execute())
  const events: DeviceEvent[] = [
    printed('1'),
    { id: '2', at: '2023-11-01T08:00:00Z', type: 'objects', values: { name: 'n' } },
  ]
  await assert.rejects(world.devices.recordEvents('a', events))
  assert.deepEqual(await world.database.read.selectFrom('device_event').selectAll().execute(), [])
  assert.deepEqual(world.happened(), [])
  await world.database.write((tx) => tx.sql.schema.alterTable('gone').renameTo('device_object').execute())
  await world.devices.recordEvents('a', events)
  assert.equal(world.happened().length, 2)
})

test('a bad event refuses the call: 400, none stored', () => {
  const refuses = (events: unknown, code: 'invalid-request' | 'too-large') =>
    assert.throws(() => check(DeviceEvents, { events }, 'body'), refusal(code))
  refuses([printed('1'), { id: '2', at: 'yesterday', type: 'approach' }], 'invalid-request')
  refuses([printed('1'), { id: '2', at: '2023-11-01T08:00:00Z', type: 'party' }], 'invalid-request')
  refuses([{ ...printed('1'), pages: -1 }], 'invalid-request')
})

test('IDs of events are remembered for a month', async () => {
  await using world = await enrolled()
  await world.devices.recordEvents('a', [printed('1')])
  world.clock.pass(29 * 24 * 3_600_000)
  await world.devices.recordEvents('a', [printed('1')])
  assert.equal(world.happened().length, 1)
  world.clock.pass(2 * 24 * 3_600_000)
  await world.devices.recordEvents('a', [printed('2')])
  const ids = await world.database.read.selectFrom('device_event').select('id').execute()
  assert.deepEqual(
    ids.map(({ id }) => id),
    ['2'],
  )
})

test('an id of any characters is stored once, whatever the database can keep', async () => {
  await using world = await enrolled()
  const ids = ['a\0b', '\0', '\ud83d!', '"', '\u2028']
  for (let round = 0; round < 2; round++) await world.devices.recordEvents('a', ids.map(printed))
  assert.equal(world.happened().length, ids.length)
})
