/** The journal keeps what happened, in order, with what it tells of. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import type { Happening } from './entry.ts'
import { openJournal } from './journal.ts'

async function open(limits: { keepMs?: number; keepEvents?: number } = {}) {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const clock = createHandClock()
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  const journal = opening.use(await openJournal({ database, clock, log: silentLog, ...limits }))
  const opened = opening.move()
  return { folder, clock, database, journal, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const online = (device: string): Happening => ({ type: 'device.online', account: 'acme', device })

test('events are numbered in the order of their commits and heard of after them', async () => {
  await using world = await open()
  const heard: number[] = []
  world.journal.subscribe((entry) => heard.push(entry.seq))
  await Promise.all(['a', 'b', 'c'].map((device) => world.journal.record(online(device))))
  assert.deepEqual(heard, [1, 2, 3])
  const stored = await world.database.read.selectFrom('event').select(['seq', 'device']).orderBy('seq').execute()
  assert.deepEqual(
    stored.map(({ seq, device }) => `${seq} ${device}`),
    ['1 a', '2 b', '3 c'],
  )
})

test('an event goes the way of its transaction: taken back, it never happened', async () => {
  await using world = await open()
  const heard: string[] = []
  world.journal.subscribe((entry) => heard.push(entry.type))
  await assert.rejects(
    world.database.write(async (tx) => {
      await world.journal.append(tx, online('a'))
      throw new Error('no')
    }),
  )
  assert.deepEqual(heard, [])
  assert.deepEqual(await world.journal.after(0, 10), [])
})

test('data holds time, account, device and the facts', async () => {
  await using world = await open()
  await world.journal.record({ type: 'device.offline', account: 'acme', device: 'a', facts: { reason: 'inactivity' } })
  const [entry] = await world.journal.after(0, 10)
  assert.deepEqual(JSON.parse(entry?.data ?? ''), {
    at: new Date(world.clock.wallNow()).toISOString(),
    account: 'acme',
    device: 'a',
    reason: 'inactivity',
  })
})

test('numbers go on after a restart, and what was kept is read back', async () => {
  await using world = await open()
  await world.journal.record(online('a'))
  using again = await openJournal({ database: world.database, clock: world.clock, log: silentLog })
  await again.record(online('b'))
  assert.equal(again.newest(), 2)
  assert.deepEqual(
    (await again.after(0, 10)).map(({ seq, device }) => `${seq} ${device}`),
    ['1 a', '2 b'],
  )
})

test('what is beyond memory is read from disk with the same words', async () => {
  await using world = await open()
  await Promise.all(Array.from({ length: 1500 }, (_, index) => world.journal.record(online(`d${index}`))))
  const fromDisk = await world.journal.after(0, 2000)
  assert.equal(fromDisk.length, 1500)
  const fromMemory = await world.journal.after(1400, 100)
  assert.deepEqual(fromMemory, fromDisk.slice(1400))
})

test('only so many events are kept', async () => {
  await using world = await open({ keepEvents: 10 })
  await Promise.all(Array.from({ length: 25 }, (_, index) => world.journal.record(online(`d${index}`))))
  await world.journal.prune()
  assert.equal(world.journal.forgottenUpTo(), 15)
  const kept = await world.database.read.selectFrom('event').select('seq').orderBy('seq').execute()
  assert.deepEqual([kept.length, kept[0]?.seq], [10, 16])
})

test('events are kept for a day, and numbers go on', async () => {
  await using world = await open()
  await world.journal.record(online('a'))
  await world.journal.record(online('b'))
  world.clock.pass(25 * 3_600_000)
  await world.journal.prune()
  assert.equal(world.journal.forgottenUpTo(), 2)
  using again = await openJournal({ database: world.database, clock: world.clock, log: silentLog })
  assert.equal(again.newest(), 2)
  assert.equal(again.forgottenUpTo(), 2)
})

test('what is recorded soon is written together within a moment, with the time at which it happened, and at the end', async () => {
  using folder = temporaryFolder()
  const clock = createHandClock()
  {
    await using database = await openDatabase(await placeIn(folder.path))
    using journal = await openJournal({ database, clock, log: silentLog })
    const heard = Promise.withResolvers<void>()
    journal.subscribe(({ seq }) => seq === 2 && heard.resolve())
    journal.recordSoon(online('a'))
    const happenedAt = clock.wallNow()
    clock.pass(10)
    journal.recordSoon(online('b'))
    assert.equal(journal.newest(), 0)
    clock.pass(20)
    await heard.promise
    const [first] = await journal.after(0, 10)
    assert.equal(JSON.parse(first?.data ?? '').at, new Date(happenedAt).toISOString())
    journal.recordSoon(online('c'))
  }
  await using database = await openDatabase(await placeIn(folder.path))
  const stored = await database.read.selectFrom('event').select(['seq', 'device']).orderBy('seq').execute()
  assert.deepEqual(
    stored.map(({ seq, device }) => `${seq} ${device}`),
    ['1 a', '2 b', '3 c'],
  )
})
