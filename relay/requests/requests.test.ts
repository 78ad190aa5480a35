/** The requests room: what services are told, whatever devices do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { xml } from '@fairlead/protocol/xmpp'
import { openRoom, temporaryDatabase, until } from './for-tests.ts'

const refusal = (code: string) => (error: unknown) => error instanceof Failure && error.code === code
const get = { get: ['toner.black'] }
const answer = { values: { 'toner.black': 40 }, errors: {} }

test('A8 a request for a device that is offline is refused at once, with when and why', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  room.connect('mfp').end('terminated')
  await assert.rejects(room.ask('mfp', get), (error) => {
    assert.ok(error instanceof Failure)
    assert.equal(error.code, 'device-offline')
    assert.equal(error.facts['reason'], 'terminated')
    assert.match(String(error.facts['lastSeenAt']), /^20/)
    return true
  })
})

test('A9 A10 the push carries the request, and its answer over HTTP is the service’s', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', get)
  await until(() => device.queue.length === 1)
  const { id, text } = device.write()
  assert.deepEqual(text, { get: ['toner.black'], timeoutSeconds: 30 })
  assert.equal(await room.requests.answer('mfp', id, answer), 'taken')
  assert.deepEqual((await reply).verdict, { outcome: 'answered', answer })
  assert.equal((await room.requests.find(id, 'default')).outcome, 'answered')
})

test('A10 an answer in the session works as well, an IQ error is a refusal', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const [good, bad] = [room.ask('mfp', get), room.ask('mfp', get)]
  await until(() => device.queue.length === 2)
  const [first, second] = [device.write(), device.write()]
  const response = xml('response', 'urn:fairlead:request:1', {}, JSON.stringify(answer))
  const condition = xml('not-allowed', 'urn:ietf:params:xml:ns:xmpp-stanzas')
  const error = xml('error', 'jabber:client', { type: 'cancel' }, condition)
  room.sessions.answered(device.line, xml('iq', 'jabber:client', { type: 'error', id: second.id }, error))
  room.sessions.answered(device.line, xml('iq', 'jabber:client', { type: 'result', id: first.id }, response))
  assert.deepEqual((await good).verdict, { outcome: 'answered', answer })
  assert.deepEqual((await bad).verdict, {
    outcome: 'answered',
    code: 'device-refused',
    detail: 'The device refused: not-allowed',
  })
})

test('A11 equal requests answered in reverse order reach their own askers', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const replies = [1, 2, 3].map(() => room.ask('mfp', get))
  await until(() => device.queue.length === 3)
  const pushed = [device.write(), device.write(), device.write()]
  for (const [place, { id }] of [...pushed.entries()].reverse())
    await room.requests.answer('mfp', id, { values: { 'toner.black': place } })
  const told = (await Promise.all(replies)).map(({ verdict }) => verdict)
  assert.deepEqual(
    told,
    [0, 1, 2].map((place) => ({ outcome: 'answered', answer: { values: { 'toner.black': place }, errors: {} } })),
  )
})

test('an object the device passed over is no-answer, one nobody asked for is dropped', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', { get: ['toner.black', 'pages'] })
  await until(() => device.queue.length === 1)
  await room.requests.answer('mfp', device.write().id, { values: { 'toner.black': 4, surprise: 1 } })
  const { verdict } = await reply
  assert.ok(verdict && 'answer' in verdict && 'values' in verdict.answer)
  assert.deepEqual(verdict.answer.values, { 'toner.black': 4 })
  assert.equal(verdict.answer.errors['pages']?.code, 'no-answer')
})

test('S-M2 another device’s answer is refused and changes nothing', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', get)
  await until(() => device.queue.length === 1)
  const { id } = device.write()
  await assert.rejects(room.requests.answer('stranger', id, answer), refusal('not-found'))
  await assert.rejects(room.requests.answer('mfp', 'never-made', answer), refusal('not-found'))
  await room.requests.answer('mfp', id, answer)
  assert.equal((await reply).verdict?.outcome, 'answered')
})

test('the same answer twice does no harm, another one is refused', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', get)
  await until(() => device.queue.length === 1)
  const { id } = device.write()
  await room.requests.answer('mfp', id, answer)
  await reply
  assert.equal(await room.requests.answer('mfp', id, { errors: {}, values: { 'toner.black': 40 } }), 'taken')
  await assert.rejects(room.requests.answer('mfp', id, { values: { 'toner.black': 41 } }), refusal('already-answered'))
})

test('a time-out is not-sent or unknown, truthfully, and a late answer is kept', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const [left, stayed] = [room.ask('mfp', get), room.ask('mfp', get)]
  await until(() => device.queue.length === 2)
  const { id } = device.write()
  room.clock.pass(30_001)
  assert.equal((await left).verdict?.outcome, 'unknown')
  assert.equal((await stayed).verdict?.outcome, 'not-sent')
  assert.deepEqual(device.queue, [], 'what was given up is not sent later')
  assert.equal(await room.requests.answer('mfp', id, answer), 'late')
  assert.equal(await room.requests.answer('mfp', id, answer), 'late')
  assert.deepEqual((await room.requests.find(id, undefined)).values, answer.values)
})

test('a session that is replaced while a request waits: the queued moves, the sent may still answer', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const older = room.connect('mfp')
  const [sent, queued, lost] = [room.ask('mfp', get), room.ask('mfp', get), room.ask('mfp', get)]
  await until(() => older.queue.length === 3)
  const [first, second] = [older.write(), older.write()]
  const newer = room.connect('mfp')
  assert.deepEqual([older.queue.length, newer.queue.length], [0, 1])
  older.end('connection-closed')
  assert.equal(room.sessions.isOnline('mfp'), true, 'a late close of the older one changes nothing')
  await room.requests.answer('mfp', newer.write().id, answer)
  await room.requests.answer('mfp', first.id, answer)
  assert.equal((await sent).verdict?.outcome, 'answered')
  assert.equal((await lost).verdict?.outcome, 'answered')
  room.clock.pass(5_001)
  const { verdict } = await queued
  assert.deepEqual(
    [verdict?.outcome, verdict && 'code' in verdict && verdict.code, second.id],
    ['unknown', 'connection-lost', second.id],
  )
})

test('A13 names go to the device as its OIDs and come back as names', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('stitcher')
  const reply = room.ask('stitcher', { set: { speed: 2.5 } })
  await until(() => device.queue.length === 1)
  const { id, text } = device.write()
  assert.deepEqual(text['set'], { '1.3.6.1.4.1.99999.1': 25 })
  await room.requests.answer('stitcher', id, { values: { '1.3.6.1.4.1.99999.1': 25 } })
  assert.deepEqual((await reply).verdict, { outcome: 'answered', answer: { values: { speed: 2.5 }, errors: {} } })
})

test('A13 an answer comes back by the rules that its push went by, though other ones are the device’s by now', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('stitcher')
  const reply = room.ask('stitcher', { get: ['speed'] })
  await until(() => device.queue.length === 1)
  room.models.delete('stitcher')
  await room.requests.answer('stitcher', device.write().id, { values: { '1.3.6.1.4.1.99999.1': 25 } })
  assert.deepEqual((await reply).verdict, { outcome: 'answered', answer: { values: { speed: 2.5 }, errors: {} } })
})

test('A13 what left under its own names comes back under them, though the device is translated for by now', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  const reply = room.ask('mfp', { get: ['speed'] })
  await until(() => device.queue.length === 1)
  room.models.set('mfp', 'Stitch 1')
  await room.requests.answer('mfp', device.write().id, { values: { speed: 2.5 } })
  assert.deepEqual((await reply).verdict, { outcome: 'answered', answer: { values: { speed: 2.5 }, errors: {} } })
})

test('a service that hangs up withdraws what has not left', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const device = room.connect('mfp')
  let hangUp = () => {}
  const whenHungUp = (run: () => void) => {
    hangUp = run
  }
  const reply = room.ask('mfp', get, { whenHungUp })
  await until(() => device.queue.length === 1)
  hangUp()
  assert.equal((await reply).verdict?.outcome, 'not-sent')
  assert.equal(device.queue.length, 0)
})

test('R-12 more than memory allows is refused, deferred requests counted, and taken again when some have ended', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const large = { set: { location: 'x'.repeat(60_000) }, deliverWithinSeconds: 60 }
  for (let count = 0; count < 9; count++) await room.ask('mfp', large, { isAsync: true })
  await assert.rejects(room.ask('mfp', large, { isAsync: true }), refusal('unavailable'))
  // What waits for long leaves room for what goes now.
  const device = room.connect('scanner')
  const nowOnes = Array.from({ length: 8 }, () => room.ask('scanner', { set: large.set }))
  await until(() => device.queue.length === 8)
  await assert.rejects(room.ask('scanner', get), refusal('unavailable'))
  room.clock.pass(61_000)
  await Promise.all(nowOnes)
  await until(() => room.finished.length === 17)
  await assert.rejects(room.ask('mfp', get), refusal('device-offline'))
})

test('more than a key may have in flight, and more than may wait for one device, is too many', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  room.connect('mfp')
  for (let place = 0; place < 40; place++) void room.ask('mfp', get)
  await assert.rejects(room.ask('mfp', get), refusal('too-many-requests'))
  for (const other of ['a', 'b']) {
    room.connect(other)
    for (let place = 0; place < 30; place++) void room.ask(other, get)
  }
  room.connect('c')
  await assert.rejects(room.ask('c', get), refusal('too-many-requests'), 'the hundred and first of this key')
  void room.ask('c', get, { asker: 'another' })
})
