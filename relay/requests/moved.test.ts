/** A request whose device, or whose node, is not here any more goes after it or is given up, and ends whatever becomes of that. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, Failure } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import { type HeldLine, openRoom, rest, rowOf, temporaryDatabase, until } from './for-tests.ts'
import type { OpenRequest } from './open-requests.ts'
import { createRequestStore } from './store.ts'

/** The other nodes know nothing. */
const nodeOne = {
  node: () => 1,
  forward: async () => undefined,
  answeredInSession: async () => {},
  giveOver: async () => {},
}

test('6.12 where the other node cannot be asked, it was not sent, and that is told', async () => {
  await using database = await temporaryDatabase()
  const shared = {
    ...nodeOne,
    forward: async () => {
      throw new Failure('unavailable', 'The bus is away.')
    },
  }
  const room = openRoom(database, createHandClock(), { shared })
  const { queue } = room.connect('mfp')
  // What waits for it on disk is looked for first.
  room.clock.pass(10)
  const asked = room.ask('mfp', { set: { location: 'here' } })
  await until(() => queue.length > 0)
  room.sessions.superseded('mfp', 99)
  const { verdict } = await asked
  assert.equal(verdict?.outcome, 'not-sent')
  room.requests[Symbol.dispose]()
})

for (const key of [undefined, { owner: 'owner', key: 'k', fingerprint: 'f' }])
  test(`A8 a request ${key ? 'under a key ' : ''}whose device has come back to the node that sent it on is answered there, once`, async () => {
    await using database = await temporaryDatabase()
    const set = { set: { location: 'here' } }
    let back: HeldLine | undefined
    const shared = {
      ...nodeOne,
      forward: async ({ record: { requestId, durable } }: OpenRequest) => {
        back = room.connect('mfp')
        room.clock.pass(10)
        return (await room.ask('mfp', set, { requestId, takenElsewhere: durable ? 'on-disk' : 'in-memory' })).verdict
      },
    }
    const room = openRoom(database, createHandClock(), { shared })
    const { queue } = room.connect('mfp')
    room.clock.pass(10)
    const asked = room.ask('mfp', set, { key })
    await until(() => queue.length > 0)
    room.sessions.superseded('mfp', 99)
    await until(() => (back?.queue.length ?? 0) > 0)
    await room.requests.answer('mfp', back?.write().id ?? '', { values: { location: 'here' } })
    const { verdict, requestId } = await asked
    assert.equal(verdict?.outcome, 'answered')
    assert.deepEqual(
      room.finished.map(({ outcome }) => outcome),
      ['answered'],
    )
    if (key) assert.equal((await createRequestStore(database, () => 1).find(requestId))?.outcome, 'answered')
    room.requests[Symbol.dispose]()
  })

test('6.1 what a node had in hand that is no more is unknown, and stands so on disk for every other node', async () => {
  await using database = await temporaryDatabase()
  const there = createRequestStore(database, () => 2)
  await there.add({ ...rowOf('r1', 'key 1'), sent_at: 1, node: 2 })
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  await room.requests.takeOver(2)
  await rest()
  const row = await there.find('r1')
  assert.deepEqual([row?.outcome, row?.code], ['unknown', 'connection-lost'])
  room.requests[Symbol.dispose]()
})

test('6.1 what a node that is no more had sent on to this one is this one’s to end, and its key with it', async () => {
  await using database = await temporaryDatabase()
  const there = createRequestStore(database, () => 2)
  await there.add({ ...rowOf('r1', 'key 1'), sent_at: 1, node: 2 })
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  const { queue, end } = room.connect('mfp')
  room.clock.pass(10)
  const more = { requestId: 'r1', takenElsewhere: 'on-disk' } as const
  const asked = room.ask('mfp', { set: { location: 'here' } }, more)
  await until(() => queue.length > 0)
  await room.requests.takeOver(2)
  end()
  assert.equal((await asked).verdict?.outcome, 'not-sent')
  const row = await there.find('r1')
  assert.deepEqual([row?.outcome, row?.idempotency_key], ['not-sent', null])
  room.requests[Symbol.dispose]()
})

test('G3 what waits on disk for a device that came while the record could not be read leaves when it can', async () => {
  await using database = await temporaryDatabase()
  const row = { ...rowOf('waiting', 'key 1'), body: '{"set":{"location":"here"}}', deliver_until: 60_000_000_000_000 }
  await createRequestStore(database, () => 2).add(row)
  let isAway = true
  const read = {
    selectFrom(table: 'request') {
      if (isAway) throw new Failure('unavailable', 'The record cannot be read.')
      return database.read.selectFrom(table)
    },
  } as Database['read']
  const room = openRoom({ ...database, read }, createHandClock(), { shared: nodeOne })
  const { queue, write } = room.connect('mfp')
  room.clock.pass(10)
  await rest()
  void room.ask('mfp', { set: { location: 'asked meanwhile' } })
  await until(() => queue.length > 0)
  assert.deepEqual(write().text['set'], { location: 'asked meanwhile' })
  isAway = false
  room.clock.pass(5_000)
  await rest()
  room.clock.pass(10)
  await until(() => queue.length > 0)
  assert.equal(write().id, 'waiting')
  room.requests[Symbol.dispose]()
})

test('6.1 what was unknown here and is answered at another node is answered here as well', async () => {
  await using database = await temporaryDatabase()
  const there = createRequestStore(database, () => 2)
  const row = { ...rowOf('r1', 'key 1'), sent_at: 1, node: 2 }
  await there.add(row)
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  await room.requests.takeOver(2)
  await rest()
  assert.equal((await room.requests.find('r1', undefined)).outcome, 'unknown')
  await database.write((tx) => there.amend(tx, 'r1', { outcome: 'answered', code: null, answer: '{"values":{}}' }))
  assert.equal((await room.requests.find('r1', undefined)).outcome, 'answered')
  const key = { owner: 'owner', key: 'key 1', fingerprint: 'f' }
  const again = await room.ask('mfp', { set: { location: 'here' } }, { key })
  assert.deepEqual([again.replayed, again.verdict?.outcome], [true, 'answered'])
  room.requests[Symbol.dispose]()
})

test('A10 an answer that another node took is taken again, and anything else is not', async () => {
  await using database = await temporaryDatabase()
  const row = { ...rowOf('r1', 'key 1'), body: '{"set":{"location":"here"}}', sent_at: 1, node: 2 }
  await createRequestStore(database, () => 2).add(row)
  const [here, there] = [1, 3].map((node) =>
    openRoom(database, createHandClock(), { shared: { ...nodeOne, node: () => node } }),
  )
  assert.ok(here && there)
  const answer = { values: { location: 'here' }, errors: {} }
  assert.equal(await here.requests.answer('mfp', 'r1', answer), 'late')
  assert.equal(await there.requests.answer('mfp', 'r1', answer), 'taken')
  await assert.rejects(there.requests.answer('mfp', 'r1', { values: {}, errors: {} }), { code: 'already-answered' })
  for (const room of [here, there]) room.requests[Symbol.dispose]()
})

test('A10 a request that nobody knows is late where it may have been lost, and else was never of that device', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database)
  const answer = { values: {}, errors: {} }
  assert.equal(await room.requests.answer('mfp', 'lost', answer, undefined, true), 'late')
  await assert.rejects(room.requests.answer('mfp', 'lost', answer), { code: 'not-found' })
  await createRequestStore(database, () => 0).add(rowOf('r1', 'key 1'))
  await assert.rejects(room.requests.answer('other', 'r1', answer, undefined, true), { code: 'not-found' })
  room.requests[Symbol.dispose]()
})

test('6.5 what waits for a device leaves in the order in which it was taken, at whichever node that was', async () => {
  await using database = await temporaryDatabase()
  const there = createRequestStore(database, () => 2)
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  const deferred = (location: string) => ({ set: { location }, deliverWithinSeconds: 60 })
  const takeThere = (id: string, request: object) =>
    there.add({
      ...{ ...rowOf(id, `key of ${id}`), body: JSON.stringify(request) },
      ...{ accepted_at: room.clock.wallNow(), deliver_until: room.clock.wallNow() + 60_000 },
    })
  await takeThere('first', deferred('first'))
  room.clock.pass(10)
  void room.ask('mfp', deferred('second'), { requestId: 'second', isAsync: true })
  await rest()
  room.clock.pass(10)
  await takeThere('third', deferred('third'))
  room.clock.pass(10)
  const { queue } = room.connect('mfp')
  room.clock.pass(10)
  await until(() => queue.length === 3)
  assert.deepEqual(
    queue.map(({ id }) => id),
    ['first', 'second', 'third'],
  )
  room.requests[Symbol.dispose]()
})

test('A13 an answer to what another node has pushed, and what waits here still, is translated back', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  const deferred = { get: ['speed'], deliverWithinSeconds: 60 }
  void room.ask('stitcher', deferred, { requestId: 'r1', isAsync: true })
  await rest()
  await room.requests.answer('stitcher', 'r1', { values: { '1.3.6.1.4.1.99999.1': 25 } })
  const { values } = await room.requests.find('r1', undefined)
  assert.deepEqual(values, { speed: 2.5 })
  room.requests[Symbol.dispose]()
})

test('6.12 what another node has sent while this one was cut off is not said to be not sent here', async () => {
  await using database = await temporaryDatabase()
  const there = createRequestStore(database, () => 2)
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  void room.ask('mfp', { set: { location: 'here' }, deliverWithinSeconds: 20 }, { requestId: 'r1', isAsync: true })
  await rest()
  assert.equal(await there.leave('r1', room.clock.wallNow()), true)
  room.clock.pass(21_000)
  await rest()
  assert.equal((await room.requests.find('r1', undefined)).outcome, 'pending')
  await database.write((tx) => there.end(tx, 'r1', { outcome: 'answered', code: null, answer: '{"values":{}}' }))
  assert.equal((await room.requests.find('r1', undefined)).outcome, 'answered')
  room.requests[Symbol.dispose]()
})

test('6.12 what this node gave up and could not write down is not said to be not sent, where others may have it', async () => {
  await using database = await temporaryDatabase()
  const write: typeof database.write = (work) =>
    isAway ? Promise.reject(new Failure('unavailable', 'Away.')) : database.write(work)
  let isAway = false
  const room = openRoom({ ...database, write }, createHandClock(), { shared: nodeOne })
  void room.ask('mfp', { set: { location: 'here' }, deliverWithinSeconds: 20 }, { requestId: 'r1', isAsync: true })
  await rest()
  isAway = true
  room.clock.pass(21_000)
  await rest()
  assert.equal((await room.requests.find('r1', undefined)).outcome, 'pending')
  room.requests[Symbol.dispose]()
})

test('G3 what can wait for a device that is about to leave is on disk before it is gone, and what is asked then as well', async () => {
  await using database = await temporaryDatabase()
  const room = openRoom(database, createHandClock(), { shared: nodeOne })
  const store = createRequestStore(database, () => 1)
  const deferred = (location: string) => ({ set: { location }, deliverWithinSeconds: 60 })
  const { queue } = room.connect('mfp')
  room.clock.pass(10)
  void room.ask('mfp', deferred('first'), { requestId: 'first', isAsync: true })
  await until(() => queue.length === 1)
  room.sessions.hold('mfp')
  const before = room.ask('mfp', deferred('second'))
  await room.requests.whenStill('mfp')
  assert.equal((await store.find('first'))?.sent_at, null)
  assert.equal((await before).verdict, undefined, 'it is told to be pending')
  room.sessions.leave('mfp')
  const waiting = await store.waitingOf(['mfp'])
  assert.deepEqual(
    waiting.map(({ body }) => JSON.parse(body).set.location),
    ['first', 'second'],
  )
  room.requests[Symbol.dispose]()
})
