/** Deferred requests: they wait on disk, leave in order, and what a restart, a full disk and a device that comes and goes make of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { holdDisk, openRoom, rest, temporaryDatabase, until } from './for-tests.ts'

const set = { set: { location: 'here' } }
const answer = { values: { location: 'here' } }
const key = { owner: 'key', key: 'k1', fingerprint: 'f1' }

test('a deferred request that was called not-sent, since the disk refused it, does not leave after a restart', async () => {
  await using database = await temporaryDatabase()
  let isSynced = true
  const write: typeof database.write = async (work) => {
    const result = await database.write(work)
    if (isSynced) return result
    isSynced = true
    throw new Failure('unavailable', 'Whether this is stored is not known.')
  }
  const room = openRoom({ ...database, write })
  const device = room.connect('mfp')
  const reply = room.ask('mfp', { ...set, deliverWithinSeconds: 600 })
  await until(() => device.queue.length === 1)
  isSynced = false
  device.end()
  assert.equal((await reply).verdict?.outcome, 'not-sent')
  await rest()
  const restarted = openRoom(database)
  await restarted.requests.recover()
  const again = restarted.connect('mfp')
  await rest()
  assert.deepEqual(again.queue, [])
})

test('deferred requests wait on disk over a restart and leave in order when the device comes', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const deferred = { deliverWithinSeconds: 3600 }
  const asked = [await room.ask('mfp', { ...set, ...deferred }), await room.ask('mfp', { get: ['a'], ...deferred })]
  assert.deepEqual(
    asked.map(({ verdict }) => verdict),
    [undefined, undefined],
  )

  const restarted = openRoom(database, room.clock)
  await restarted.requests.recover()
  const device = restarted.connect('mfp')
  await until(() => device.queue.length === 2)
  assert.deepEqual(
    device.queue.map(({ id }) => id),
    asked.map(({ requestId }) => requestId),
  )
  const { id } = device.write()
  await restarted.requests.answer('mfp', id, answer)
  await until(() => restarted.finished.length === 1)
  assert.equal((await restarted.requests.find(id, undefined)).outcome, 'answered')
})

test('deferred requests leave the disk only when they can be with their device at once: the others outlive a crash', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const asked: string[] = []
  for (let n = 0; n < 10; n++)
    asked.push((await room.ask('mfp', { ...set, timeoutSeconds: 5, deliverWithinSeconds: 600 })).requestId)
  const device = room.connect('mfp')
  await until(() => device.queue.length === 8)
  await rest()
  // Whoever waits behind the eight does not lose its time to them either.
  room.clock.pass(4_000)
  for (let n = 0; n < 8; n++) await room.requests.answer('mfp', device.write().id, answer)
  await until(() => device.queue.length === 2)
  room.clock.pass(4_000)
  await room.requests.answer('mfp', device.write().id, answer)

  const more = await Promise.all(
    Array.from({ length: 10 }, () => room.ask('off', { ...set, deliverWithinSeconds: 600 })),
  )
  const other = room.connect('off')
  await until(() => other.queue.length === 8)
  await rest()
  const restarted = openRoom(database, room.clock)
  await restarted.requests.recover()
  const outcomes = await Promise.all(
    [...asked, ...more.map(({ requestId }) => requestId)].map(
      async (id) => (await restarted.requests.find(id, undefined)).outcome,
    ),
  )
  const count = (wanted: string) => outcomes.filter((outcome) => outcome === wanted).length
  assert.deepEqual([count('answered'), count('unknown'), count('pending')], [9, 9, 2])
})

test('R-10 what the disk would not let go leaves once there is room again, in its order, though the device never went', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const asked: string[] = []
  for (let n = 0; n < 3; n++) asked.push((await room.ask('mfp', { ...set, deliverWithinSeconds: 600 })).requestId)

  disk.fill()
  const device = room.connect('mfp')
  await rest()
  room.clock.pass(5_000)
  await rest()
  assert.deepEqual(device.queue, [])
  disk.makeRoom()
  room.clock.pass(5_000)
  await until(() => device.queue.length === 3)
  assert.deepEqual(
    device.queue.map(({ id }) => id),
    asked,
  )
})

test('what the disk did not let go in time is not blamed on the device', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const { requestId } = await room.ask('mfp', { ...set, deliverWithinSeconds: 60 })
  disk.fill()
  room.connect('mfp')
  for (let seconds = 0; seconds <= 60; seconds += 5) {
    await rest()
    room.clock.pass(5_000)
  }
  await rest()
  disk.makeRoom()
  room.clock.pass(1_000)
  await until(() => room.requests.unsaved() === 0)
  const { outcome, code } = await room.requests.find(requestId, undefined)
  assert.deepEqual([outcome, code], ['not-sent', 'unavailable'])
})

test('G3 deferred requests leave in the order of their acceptance, also when the device came and went in between', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const asked: string[] = []
  for (let n = 0; n < 10; n++) asked.push((await room.ask('mfp', { ...set, deliverWithinSeconds: 600 })).requestId)
  const first = room.connect('mfp')
  await until(() => first.queue.length === 8)
  first.end()
  const second = room.connect('mfp')
  await until(() => second.queue.length === 8)
  assert.deepEqual(
    second.queue.map(({ id }) => id),
    asked.slice(0, 8),
  )
})

test('G3 what is asked while deferred requests still wait for the device goes behind them', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const asked: string[] = []
  for (let n = 0; n < 10; n++) asked.push((await room.ask('mfp', { ...set, deliverWithinSeconds: 600 })).requestId)
  const device = room.connect('mfp')
  await until(() => device.queue.length === 8)
  const live = room.ask('mfp', { set: { location: 'there' } })
  const handed = device.queue.map(({ id }) => id)
  for (let n = 0; n < 11; n++) {
    await until(() => device.queue.length > 0)
    const { id } = device.write()
    if (!handed.includes(id)) handed.push(id)
    await room.requests.answer('mfp', id, answer)
  }
  const { requestId, verdict } = await live
  assert.equal(verdict?.outcome, 'answered')
  assert.deepEqual(handed, [...asked, requestId])
})

test('who waits behind deferred requests may hang up, has its own time-out, and hears at once that the device went', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  for (let n = 0; n < 9; n++) await room.ask('mfp', { ...set, deliverWithinSeconds: 600 })
  const device = room.connect('mfp')
  await until(() => device.queue.length === 8)
  await rest()

  let hangUp = () => {}
  const withdrawn = room.ask('mfp', set, {
    whenHungUp(run) {
      hangUp = run
    },
  })
  const late = room.ask('mfp', { ...set, timeoutSeconds: 5 })
  const patient = room.ask('mfp', { ...set, timeoutSeconds: 60 })
  await rest()
  hangUp()
  assert.deepEqual([(await withdrawn).verdict?.outcome, device.queue.length], ['not-sent', 8])
  room.clock.pass(5_000)
  const { verdict } = await late
  assert.deepEqual([verdict?.outcome, Object(verdict).code], ['not-sent', 'device-timeout'])
  device.end()
  const gone = await patient
  assert.deepEqual([gone.verdict?.outcome, Object(gone.verdict).code], ['not-sent', 'device-offline'])
})

test('a deferred request goes back to disk when the device goes before it could leave, and never twice', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', { ...set, deliverWithinSeconds: 600 })
  await until(() => device.queue.length === 1)
  device.end()
  assert.equal((await reply).verdict, undefined, 'told as pending once it is on disk')
  const back = room.connect('mfp')
  await until(() => back.queue.length === 1)
  const { id } = back.write()
  back.end()
  room.clock.pass(5_001)
  await until(() => room.finished.length === 1)
  const again = room.connect('mfp')
  assert.equal(again.queue.length, 0, 'it left once')
  assert.equal((await room.requests.find(id, undefined)).outcome, 'unknown')
})

test('a deferred request whose time runs out is not-sent', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const { requestId } = await room.ask('mfp', { ...set, deliverWithinSeconds: 60 })
  room.clock.pass(60_001)
  await until(() => room.finished.length === 1)
  const view = await room.requests.find(requestId, undefined)
  assert.deepEqual([view.outcome, view.code], ['not-sent', 'device-offline'])
})

test('a deferred request whose time runs out after a restart frees its key, too', async () => {
  await using database = await temporaryDatabase()
  const deferred = { ...set, deliverWithinSeconds: 60 }
  await openRoom(database).ask('mfp', deferred, { key })
  const restarted = openRoom(database)
  await restarted.requests.recover()
  restarted.clock.pass(60_001)
  await until(() => restarted.finished.length === 1)
  const again = await restarted.ask('mfp', deferred, { key, requestId: 'r2' })
  assert.deepEqual([again.requestId, again.verdict, again.replayed], ['r2', undefined, false])
})

test('what waits for a device that is removed is not-sent', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const { requestId } = await room.ask('mfp', { ...set, deliverWithinSeconds: 60 })
  room.requests.removed('mfp')
  await until(() => room.finished.length === 1)
  assert.equal((await room.requests.find(requestId, undefined)).outcome, 'not-sent')
})
