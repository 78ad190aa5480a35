/** Requests on disk: idempotency keys and asynchronous ones, and what a restart makes of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { holdDisk, openRoom, rest, temporaryDatabase, until } from './for-tests.ts'
import { createRequestStore } from './store.ts'

const refusal = (code: string) => (error: unknown) => error instanceof Failure && error.code === code
const set = { set: { location: 'here' } }
const answer = { values: { location: 'here' } }
const key = { owner: 'key', key: 'k1', fingerprint: 'f1' }

test('the same key and request is done once and replayed, also after a restart and while the device is away', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const first = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  await assert.rejects(room.ask('mfp', set, { key }), refusal('in-progress'))
  await assert.rejects(room.ask('mfp', set, { key: { ...key, fingerprint: 'f2' } }), refusal('key-reused'))
  await room.requests.answer('mfp', device.write().id, answer)
  assert.equal((await first).replayed, false)
  const again = await room.ask('mfp', set, { key })
  assert.deepEqual([again.replayed, again.requestId], [true, (await first).requestId])
  assert.deepEqual(device.queue, [], 'nothing was sent again')

  const restarted = openRoom(database)
  const replayed = await restarted.ask('mfp', set, { key })
  assert.deepEqual([replayed.replayed, replayed.verdict], [true, (await first).verdict])
})

test('a device hears that its answer was taken once it is on disk, and not when it could not be stored', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const device = room.connect('mfp')
  const asked = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  const { id } = device.write()

  disk.fill()
  await assert.rejects(room.requests.answer('mfp', id, answer), refusal('unavailable'))
  // The service that waits is told what is known.
  assert.equal((await asked).verdict?.outcome, 'answered')

  const room2 = Promise.withResolvers<void>()
  disk.hold(room2.promise)
  let heard = false
  const repeated = room.requests.answer('mfp', id, answer).then((taken) => {
    heard = true
    return taken
  })
  await rest()
  assert.equal(heard, false)
  room2.resolve()
  assert.equal(await repeated, 'taken')
  assert.equal((await openRoom(database).requests.find(id, undefined)).outcome, 'answered')
})

test('what became of a request and could not be stored is tried again until it is, and told to nobody who asks before', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const device = room.connect('mfp')
  const asked = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  const { id } = device.write()
  room.clock.pass(30_000)
  assert.equal((await asked).verdict?.outcome, 'unknown')

  disk.fill()
  await assert.rejects(room.requests.answer('mfp', id, answer), refusal('unavailable'))
  await assert.rejects(room.ask('mfp', set, { key }), refusal('unavailable'))
  await assert.rejects(room.requests.find(id, undefined), refusal('unavailable'))
  room.clock.pass(1_000)
  await rest()
  assert.equal(room.requests.unsaved(), 1)
  const another = openRoom(database)
  assert.equal((await another.requests.find(id, undefined)).outcome, 'unknown')

  disk.makeRoom()
  room.clock.pass(1_000)
  await until(() => room.requests.unsaved() === 0)
  assert.equal((await another.requests.find(id, undefined)).outcome, 'answered')
  const again = await room.ask('mfp', set, { key })
  assert.deepEqual([again.replayed, again.verdict?.outcome], [true, 'answered'])
})

test('an end that the disk refused is written when there is room, though its device says nothing more', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const device = room.connect('mfp')
  const asked = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  const { id } = device.write()
  disk.fill()
  room.clock.pass(30_000)
  assert.equal((await asked).verdict?.outcome, 'unknown')
  const row = () => createRequestStore(database, () => 0).find(id)
  assert.equal((await row())?.outcome, 'pending')

  disk.makeRoom()
  room.clock.pass(1_000)
  await until(() => room.requests.unsaved() === 0)
  assert.equal((await row())?.outcome, 'unknown')
  assert.deepEqual(room.finished.at(-1)?.outcome, 'unknown')
})

test('what became of a request is told to who looks it up, or asks again with its key, once it is on disk', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const device = room.connect('mfp')
  const { requestId } = await room.ask('mfp', set, { key, isAsync: true })
  await until(() => device.queue.length === 1)

  const slow = Promise.withResolvers<void>()
  disk.hold(slow.promise)
  const answered = room.requests.answer('mfp', device.write().id, answer)
  const told: string[] = []
  const lookedUp = room.requests.find(requestId, undefined).then(({ outcome }) => told.push(outcome))
  const askedAgain = room.ask('mfp', set, { key }).then(({ verdict }) => told.push(verdict?.outcome ?? ''))
  await rest()
  assert.deepEqual(told, [])
  slow.resolve()
  await Promise.all([answered, lookedUp, askedAgain])
  assert.deepEqual(told, ['answered', 'answered'])
})

test('a keyed request that was never sent may be asked again under the same key', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  await assert.rejects(room.ask('mfp', set, { key }), refusal('device-offline'))
  const device = room.connect('mfp')
  const gone = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  device.end()
  assert.equal((await gone).verdict?.outcome, 'not-sent')
  const back = room.connect('mfp')
  const again = room.ask('mfp', set, { key })
  await until(() => back.queue.length === 1)
  await room.requests.answer('mfp', back.write().id, answer)
  assert.equal((await again).replayed, false)
})

test('a key is free again though the disk refused what it had already written', async () => {
  await using database = await temporaryDatabase()
  let isSynced = false
  const write: typeof database.write = async (work) => {
    const result = await database.write(work)
    if (!isSynced) throw new Failure('unavailable', 'Whether this is stored is not known.')
    return result
  }
  const room = openRoom({ ...database, write })
  const device = room.connect('mfp')
  await assert.rejects(room.ask('mfp', set, { key }), refusal('unavailable'))
  isSynced = true
  await rest()
  const again = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  await room.requests.answer('mfp', device.write().id, answer)
  assert.equal((await again).replayed, false)
})

test('a key is free again though the disk refused to free it when its request ended', async () => {
  await using database = await temporaryDatabase()
  const disk = holdDisk(database)
  const room = openRoom(disk.database)
  const device = room.connect('mfp')
  const gone = room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  disk.fill()
  device.end()
  assert.equal((await gone).verdict?.outcome, 'not-sent')
  const back = room.connect('mfp')
  await assert.rejects(room.ask('mfp', set, { key }), refusal('unavailable'))

  disk.makeRoom()
  const again = room.ask('mfp', set, { key })
  await until(() => back.queue.length === 1)
  await room.requests.answer('mfp', back.write().id, answer)
  assert.equal((await again).replayed, false)
})

test('a keyed request that was with the device when the relay stopped is unknown, and never sent twice', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  void room.ask('mfp', set, { key })
  await until(() => device.queue.length === 1)
  const { id } = device.write()

  const restarted = openRoom(database)
  await restarted.requests.recover()
  const again = restarted.connect('mfp')
  await until(() => restarted.finished.length === 1)
  const replayed = await restarted.ask('mfp', set, { key })
  assert.deepEqual([replayed.replayed, replayed.verdict?.outcome, again.queue.length], [true, 'unknown', 0])

  assert.equal(await restarted.requests.answer('mfp', id, answer), 'late', 'its answer is taken all the same')
  const told = await restarted.ask('mfp', set, { key })
  assert.deepEqual(told.verdict, { outcome: 'answered', answer: { ...answer, errors: {} } })
})

test('one that could wait for its device, and left at once because it was there, is not sent again after a restart', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const { requestId } = await room.ask('mfp', { ...set, deliverWithinSeconds: 3600 }, { isAsync: true })
  await until(() => device.queue.length === 1)
  device.write()

  const restarted = openRoom(database)
  await restarted.requests.recover()
  const again = restarted.connect('mfp')
  await until(() => restarted.finished.length === 1)
  assert.equal((await restarted.requests.find(requestId, 'default')).outcome, 'unknown')
  assert.deepEqual(again.queue, [])
})

test('an asynchronous request is pending at once and its outcome is told by ID', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const { requestId, verdict } = await room.ask('mfp', set, { isAsync: true })
  assert.equal(verdict, undefined)
  assert.equal((await room.requests.find(requestId, 'default')).outcome, 'pending')
  await assert.rejects(room.requests.find(requestId, 'another-tenant'), refusal('unknown-request'))
  await until(() => device.queue.length === 1)
  await room.requests.answer('mfp', device.write().id, answer)
  const view = await room.requests.find(requestId, 'default')
  assert.deepEqual([view.outcome, view.values], ['answered', answer.values])
})

test('what has ended is forgotten a day later, what waits is not', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const { requestId: ended } = await room.ask('mfp', { ...set, deliverWithinSeconds: 60 })
  room.clock.pass(60_001)
  await until(() => room.finished.length === 1)
  const { requestId: waiting } = await room.ask('mfp', { ...set, deliverWithinSeconds: 604_800 })
  const kept = async () =>
    (await database.read.selectFrom('request').select('request_id').execute()).map((row) => row.request_id)

  room.clock.pass(23 * 3_600_000)
  await room.requests.forgetOld()
  assert.deepEqual(await kept(), [ended, waiting])
  room.clock.pass(2 * 3_600_000)
  await room.requests.forgetOld()
  assert.deepEqual(await kept(), [waiting])
})
