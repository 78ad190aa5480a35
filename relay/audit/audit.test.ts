/** The audit log on both databases: what is kept, what is trimmed, and what waits for a disk that is full. */
import assert from 'node:assert/strict'
import { createHandClock, createSeededRandom, Failure, type HandClock, silentLog } from '@fairlead/base'
import { checkChain } from '@fairlead/protocol/audit'
import type { AuditQuery } from '@fairlead/protocol/contract'
import { type Database, openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import type { Caller } from '../http/route.ts'
import type { Act } from './act.ts'
import { type Audit, openAudit } from './audit.ts'

const admin: Caller = { kind: 'admin' }
const acme: Caller = { kind: 'key', keyId: 'k', account: 'acme', scopes: new Set() }
const page: AuditQuery = { limit: 50 }
const dayMs = 86_400_000

const actOf = (subject: string, account = 'acme'): Act => ({
  ...{ action: 'key.made', account, actor: { kind: 'admin' }, subject },
})

function open(database: Database, clock: HandClock = createHandClock(), keepDays = 0): Audit {
  return openAudit({ database, clock, random: createSeededRandom(1), log: silentLog, keepDays, isShared: false })
}

async function* eachLine(audit: Audit, caller: Caller = admin): AsyncGenerator<string> {
  for await (const lines of audit.lines(caller)) yield* lines
}

const subjects = async (audit: Audit, query: Partial<AuditQuery> = {}) =>
  (await audit.list(admin, { ...page, ...query })).items.map(({ subject }) => subject)

testOnBoth(
  'S-M4 what was taken back leaves no entry and no gap; what shares a group stands in its order',
  async (place) => {
    await using database = await openDatabase(place)
    await using audit = open(database)
    const doing = (subject: string, fails = false) =>
      database.write(async (tx) => {
        audit.tell(tx, actOf(subject))
        if (fails) throw new Failure('unavailable', 'No.')
      })
    await Promise.allSettled([doing('a'), doing('b', true), doing('c'), doing('d')])
    assert.deepEqual(await subjects(audit), ['d', 'c', 'a'])
    const { entries, last } = await checkChain(eachLine(audit))
    assert.deepEqual([entries, last], [3, { ...(await audit.head()) }])
  },
)

testOnBoth(
  'S-M4 what is too old is trimmed from the old end, and the chain says what it goes on from',
  async (place) => {
    await using database = await openDatabase(place)
    const clock = createHandClock()
    await using audit = open(database, clock, 30)
    const tell = (subject: string) => database.write(async (tx) => audit.tell(tx, actOf(subject)))
    for (const subject of ['a', 'b', 'c']) await tell(subject)
    const { hash } = (await audit.list(admin, { ...page, limit: 1, action: 'key.made' })).items[0] ?? {}
    await audit.trim()
    assert.deepEqual(await subjects(audit), ['c', 'b', 'a'], 'none is too old')
    clock.pass(20 * dayMs)
    await tell('d')
    clock.pass(11 * dayMs)
    await audit.trim()
    assert.deepEqual(await subjects(audit), [`3:${hash}`, 'd'])

    const whole = await checkChain(eachLine(audit))
    assert.deepEqual([whole.entries, whole.first?.seq], [2, 4])
    assert.equal((await checkChain(eachLine(audit, acme))).first?.seq, 4, 'a tenant sees that it was trimmed')
    const own = await audit.list(acme, page)
    assert.deepEqual(
      own.items.map(({ subject }) => subject),
      ['d'],
    )
    await audit.trim()
    assert.equal((await audit.head()).seq, 5, 'nothing is trimmed, and nothing told')
    clock.pass(40 * dayMs)
    await audit.trim()
    assert.deepEqual(await subjects(audit), [`5:${whole.last?.hash}`])
    assert.equal((await checkChain(eachLine(audit))).first?.seq, 6)
  },
)

testOnBoth(
  'S-M4 an export that was overtaken by trimming breaks off; one of a log that was tampered with goes on',
  async (place) => {
    await using database = await openDatabase(place)
    const clock = createHandClock()
    await using audit = open(database, clock, 1)
    await database.write(async (tx) => {
      for (let at = 1; at <= 1100; at++) audit.tell(tx, actOf(String(at), at % 2 ? 'acme' : 'rival'))
    })
    const found: unknown[] = []
    for (let cursor: string | undefined; ; ) {
      const { items, nextCursor } = await audit.list(acme, { limit: 500, ...(cursor !== undefined && { cursor }) })
      found.push(...items)
      if (nextCursor === null) break
      cursor = nextCursor
    }
    assert.equal(found.length, 550)
    const pages = audit.lines(admin)
    await pages.next()
    await database.write(({ sql }) => sql.deleteFrom('audit').where('seq', '>', 490).where('seq', '<', 510).execute())
    assert.equal((await pages.next()).value?.length, 500)
    await assert.rejects(checkChain(eachLine(audit)), /Entry 491 is missing/)

    const overtaken = audit.lines(admin)
    await overtaken.next()
    clock.pass(2 * dayMs)
    await audit.trim()
    await assert.rejects(overtaken.next(), /trimmed while it was exported/)
  },
)

testOnBoth(
  'S-M4 what is told soon is there soon, waits for a disk that is full, and is not lost when the relay stops',
  async (place) => {
    await using database = await openDatabase(place)
    const clock = createHandClock()
    let isFull = false
    const write: Database['write'] = (work) =>
      isFull ? Promise.reject(new Failure('unavailable', 'The disk is full.')) : database.write(work)
    const audit = open({ ...database, write }, clock)
    audit.tellSoon(actOf('a'))
    clock.pass(25)
    // The writer's queue is in order: what is asked for now is done after it.
    await database.write(async () => {})
    assert.deepEqual(await subjects(audit), ['a'])

    isFull = true
    for (let at = 0; at < 300; at++) audit.tellSoon(actOf(`b${at}`))
    clock.pass(25)
    await Promise.resolve()
    assert.equal((await audit.head()).seq, 1)
    isFull = false
    audit.tellSoon(actOf('c'))
    await audit[Symbol.asyncDispose]()
    assert.equal((await audit.head()).seq, 302)
    assert.equal((await subjects(audit))[0], 'c')
    await checkChain(eachLine(audit))
  },
)

testOnBoth('S-M4 what somebody can provoke is told once a minute; nobody else sees the log', async (place) => {
  await using database = await openDatabase(place)
  const clock = createHandClock()
  const audit = open(database, clock)
  const stray = (id: string): Act => ({ action: 'device.stray-answer', account: 'acme', actor: { kind: 'device', id } })
  for (const id of ['a', 'a', 'b', 'a']) audit.tellSeldom(stray(id))
  clock.pass(60_000)
  audit.tellSeldom(stray('a'))
  await audit[Symbol.asyncDispose]()
  const { items } = await audit.list(admin, page)
  assert.deepEqual(
    items.map(({ actor }) => actor.id),
    ['a', 'b', 'a'],
  )
  const device: Caller = { kind: 'device', device: 'a', account: 'acme' }
  await assert.rejects(audit.list(device, page), { code: 'forbidden' })
  await assert.rejects(audit.lines(device).next(), { code: 'forbidden' })
})

testOnBoth('N5 the last change of each who changed something of a device, as far back as is looked', async (place) => {
  await using database = await openDatabase(place)
  const clock = createHandClock()
  await using audit = open(database, clock)
  assert.equal((await audit.lastChanges('acme', 'lobby')).sinceAt, undefined)
  const beganAt = clock.wallNow()
  const change = (id: string, device = 'lobby', account = 'acme', count = 1) =>
    database.write(async (tx) => {
      const act = { action: 'device.changed', account, device, actor: { kind: 'user', id } } as const
      for (let at = 0; at < count; at++) audit.tell(tx, act)
    })
  await change('ann')
  clock.pass(1000)
  await change('ann')
  await change('bob', 'hall')
  await change('eve', 'lobby', 'rival')
  const { sinceAt, of } = await audit.lastChanges('acme', 'lobby')
  assert.equal(sinceAt, beganAt, 'the whole log was looked through')
  assert.deepEqual(
    [of('user', 'ann'), of('user', 'bob'), of('user', 'eve'), of('key', 'ann')],
    [beganAt + 1000, undefined, undefined, undefined],
  )
  clock.pass(1000)
  await change('cat', 'lobby', 'acme', 2_000)
  const later = await audit.lastChanges('acme', 'lobby')
  assert.deepEqual(
    [later.sinceAt, later.of('user', 'cat'), later.of('user', 'ann')],
    [beganAt + 2000, beganAt + 2000, undefined],
  )
})
