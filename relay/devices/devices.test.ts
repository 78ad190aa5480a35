/** Devices are enrolled, shown, removed; each tenant sees its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { Device, EnrolledDevice } from '@fairlead/protocol/contract'
import { temporaryFolder } from '../database/for-tests.ts'
import { acme, admin, anyDevice, openWorld, refusal, rival } from './for-tests.ts'

test('a device enrolled by hand gets a JID and a secret of 256 bits', async () => {
  await using world = await openWorld()
  const enrolled = await world.devices.enrol(acme, { id: 'mfp-1', model: 'X 100', tags: ['hall', 'hall', 'colour'] })
  EnrolledDevice.parse(enrolled)
  assert.equal(enrolled.jid, 'mfp-1@relay.example')
  assert.match(enrolled.secret, /^[A-Za-z0-9_-]{43}$/)
  assert.deepEqual(world.devices.find('mfp-1'), {
    id: 'mfp-1',
    account: 'acme',
    model: 'X 100',
    serial: null,
    tags: ['hall', 'colour'],
    registration: 'enrolled',
    capabilities: [],
    releaseAtDevice: false,
  })
  assert.deepEqual(world.happened(), ['device.registered'])
})

test('a secret that is given is the one that counts', async () => {
  await using world = await openWorld()
  const { secret } = await world.devices.enrol(acme, { id: 'a', secret: 'sixteen or more!' })
  assert.equal(secret, 'sixteen or more!')
  assert.equal(await world.devices.logIn.checkSecret('a', secret), true)
})

test('a taken ID is id-taken, for everybody, and nothing of the first changes', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a', secret: 'the first secret' })
  for (const caller of [acme, rival, admin])
    await assert.rejects(world.devices.enrol(caller, { id: 'a', secret: 'the other secret' }), refusal('id-taken'))
  assert.equal(world.devices.find('a')?.account, 'acme')
  assert.equal(await world.devices.logIn.checkSecret('a', 'the first secret'), true)
  const both = await Promise.allSettled([
    world.devices.enrol(acme, { id: 'b' }),
    world.devices.enrol(rival, { id: 'b' }),
  ])
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
})

test('a device enrolled by the admin without an account belongs to default, else to the one that is named', async () => {
  await using world = await openWorld()
  await world.devices.enrol(admin, { id: 'a' })
  await world.devices.enrol(admin, { id: 'b', account: 'rival' })
  assert.equal(world.devices.find('a')?.account, 'default')
  assert.equal(world.devices.find('b')?.account, 'rival')
})

test('an account that is not there, or another’s, is not-found', async () => {
  await using world = await openWorld()
  await assert.rejects(world.devices.enrol(admin, { id: 'a', account: 'nobody' }), refusal('not-found'))
  await assert.rejects(world.devices.enrol(acme, { id: 'a', account: 'rival' }), refusal('not-found'))
  await world.devices.enrol(acme, { id: 'a', account: 'acme' })
})

test('another tenant’s device is as unknown as none, whatever is asked of it', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  for (const [caller, id] of [
    [rival, 'a'],
    [acme, 'b'],
    [admin, 'b'],
    [acme, 'a@peer.example'],
    [{ kind: 'nobody' }, 'a'],
  ] as const) {
    await assert.rejects(world.devices.show(caller, id), refusal('unknown-device'))
    await assert.rejects(world.devices.remove(caller, id), refusal('unknown-device'))
    await assert.rejects(world.devices.rotate(caller, id, { overlapSeconds: 0 }), refusal('unknown-device'))
    assert.throws(() => world.devices.mustFind(caller, id), refusal('unknown-device'))
  }
  assert.deepEqual(world.ended, [])
  assert.equal((await world.devices.show(admin, 'a')).id, 'a')
})

test('a device that was never heard of is OFFLINE, never-seen, since it was enrolled', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  const shown = Device.parse(await world.devices.show(acme, 'a'))
  assert.deepEqual(shown, {
    id: 'a',
    account: 'acme',
    jid: 'a@relay.example',
    model: null,
    serial: null,
    tags: [],
    registration: 'enrolled',
    state: 'offline',
    stateSinceAt: new Date(world.clock.wallNow()).toISOString(),
    reason: 'never-seen',
    suspect: false,
    lastSeenAt: null,
    address: null,
    transport: null,
    waiting: 0,
    releaseAtDevice: false,
    capabilities: {},
    objects: {},
  })
})

test('how a device stands is shown as the sessions tell it', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  world.presences.set('a', {
    state: 'online',
    stateSinceAt: 1000,
    reason: undefined,
    suspect: true,
    lastSeenAt: 2000,
    address: '192.0.2.1',
    transport: 'bosh',
  })
  const { state, stateSinceAt, reason, suspect, lastSeenAt, address, transport } = await world.devices.show(acme, 'a')
  assert.deepEqual(
    [state, stateSinceAt, reason, suspect, lastSeenAt, address, transport],
    ['online', '1970-01-01T00:00:01.000Z', null, true, '1970-01-01T00:00:02.000Z', '192.0.2.1', 'bosh'],
  )
})

test('removing ends the sessions, then the device and all it told are gone, and the ID is free', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  await world.devices.register('a', { objects: { location: 'hall' } })
  await world.devices.recordEvents('a', [{ id: '1', at: '2026-01-01T00:00:00Z', type: 'approach' }])
  await world.devices.remove(acme, 'a')
  assert.deepEqual(world.ended, ['a removed'])
  assert.deepEqual(world.happened().slice(-1), ['device.removed'])
  assert.equal(world.devices.find('a'), undefined)
  assert.deepEqual((await world.devices.inquire(acme, anyDevice)).items, [])
  for (const table of ['device', 'device_credential', 'device_object', 'device_event'] as const)
    assert.deepEqual(await world.database.read.selectFrom(table).selectAll().execute(), [], table)
  await assert.rejects(world.devices.remove(acme, 'a'), refusal('unknown-device'))
  await world.devices.enrol(rival, { id: 'a' })
  assert.equal(world.devices.find('a')?.account, 'rival')
})

test('a device that was online when it was removed is told to be offline for that reason', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  const nowhere = { reason: undefined, suspect: false, lastSeenAt: undefined, address: undefined, transport: undefined }
  world.presences.set('a', { ...nowhere, state: 'online', stateSinceAt: 0 })
  await world.devices.remove(acme, 'a')
  const [offline, removed] = world.events.slice(-2)
  assert.deepEqual([offline?.type, removed?.type], ['device.offline', 'device.removed'])
  assert.equal(JSON.parse(offline?.data ?? '').reason, 'removed')
})

test('a removal that does not reach the disk changes nothing', async () => {
  using folder = temporaryFolder()
  await using world = await openWorld(folder.path)
  await world.devices.enrol(acme, { id: 'a', secret: 'the first secret' })
  // The next write of the group fails: the journal cannot be written.
  await world.database.write((tx) => tx.sql.schema.alterTable('event').renameTo('gone').execute())
  await assert.rejects(world.devices.remove(acme, 'a'))
  await world.database.write((tx) => tx.sql.schema.alterTable('gone').renameTo('event').execute())
  assert.deepEqual(world.ended, [], 'its session goes on, and what waits for it waits on (I3)')
  assert.equal(await world.devices.logIn.checkSecret('a', 'the first secret'), true)
  assert.equal((await world.devices.show(acme, 'a')).id, 'a')
})

test('devices are there after a restart with all they told', async () => {
  using folder = temporaryFolder()
  let before: Device
  {
    await using world = await openWorld(folder.path)
    await world.devices.enrol(acme, { id: 'a', model: 'X 100', tags: ['hall'] })
    await world.devices.register('a', { capabilities: { serial: 'AB12', features: ['duplex'] }, objects: { pages: 7 } })
    before = await world.devices.show(acme, 'a')
  }
  await using world = await openWorld(folder.path)
  assert.deepEqual(await world.devices.show(acme, 'a'), before)
  assert.deepEqual(world.devices.find('a')?.capabilities, ['duplex'])
})

test('devices of an account are found from memory, by ID', async () => {
  await using world = await openWorld()
  for (const id of ['c', 'a', 'b']) await world.devices.enrol(acme, { id })
  await world.devices.enrol(rival, { id: 'x' })
  assert.deepEqual(
    world.devices.ofAccount('acme').map(({ id }) => id),
    ['a', 'b', 'c'],
  )
  assert.deepEqual(world.devices.ofAccount('nobody'), [])
})

const online = {
  device: 'a',
  state: 'online',
  stateSinceAt: 1000,
  reason: undefined,
  lastSeenAt: 1000,
  address: '192.0.2.1',
  transport: 'bosh',
  epoch: 5,
  node: 0,
} as const

test('presence is written down with its event', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  assert.equal(await world.devices.savePresence(online, { type: 'device.online', facts: { epoch: 5 } }), true)
  const { account, device, type, data } = world.events.at(-1) ?? assert.fail()
  const { at, epoch } = JSON.parse(data)
  assert.deepEqual([type, account, device, epoch], ['device.online', 'acme', 'a', 5])
  assert.equal(at, '1970-01-01T00:00:01.000Z', 'it happened when its state began, not when it was written')
  const presences = await world.devices.loadPresences()
  assert.deepEqual(
    presences.toSorted((one, other) => (one.device < other.device ? -1 : 1)),
    [{ ...online, account: 'acme' }],
  )
})

test('who was ONLINE is OFFLINE after a restart, for that reason, and it is told; who was OFFLINE stays as it was', async () => {
  using folder = temporaryFolder()
  const left = { ...online, device: 'b', state: 'offline', reason: 'inactivity', transport: undefined } as const
  {
    await using world = await openWorld(folder.path)
    for (const id of ['a', 'b']) await world.devices.enrol(acme, { id })
    await world.devices.savePresence(online)
    await world.devices.savePresence(left)
  }
  await using world = await openWorld(folder.path)
  const nowMs = world.clock.wallNow()
  const presences = await world.devices.loadPresences()
  assert.deepEqual(
    presences.toSorted((one, other) => (one.device < other.device ? -1 : 1)),
    [
      {
        device: 'a',
        account: 'acme',
        state: 'offline',
        stateSinceAt: nowMs,
        reason: 'relay-restart',
        lastSeenAt: 1000,
        address: undefined,
        transport: undefined,
        epoch: 5,
        node: 0,
      },
      { ...left, account: 'acme' },
    ],
  )
  assert.deepEqual(
    world.events.map(({ type, device, data }) => [type, device, JSON.parse(data).reason]),
    [['device.offline', 'a', 'relay-restart']],
  )
})

test('an earlier session never overwrites a later one, and tells nothing', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  await world.devices.savePresence(online)
  const late = { ...online, epoch: 4, state: 'offline', reason: 'replaced' } as const
  assert.equal(await world.devices.savePresence(late, { type: 'device.offline' }), false)
  assert.deepEqual(world.happened(), ['device.registered'])
  assert.equal((await world.devices.loadPresences())[0]?.state, 'online')
})

test('presence of a device that is gone is not written and not told', async () => {
  await using world = await openWorld()
  assert.equal(await world.devices.savePresence(online, { type: 'device.online' }), false)
  assert.deepEqual(world.happened(), [])
})

test('a refusal never repeats a secret', async () => {
  await using world = await openWorld()
  await world.devices.enrol(acme, { id: 'a' })
  const secret = 'canary-secret-0123456789'
  await assert.rejects(world.devices.enrol(acme, { id: 'a', secret }), (error) => {
    assert.ok(error instanceof Failure)
    return !`${error.message} ${error.stack} ${JSON.stringify(error.facts)}`.includes(secret)
  })
})
