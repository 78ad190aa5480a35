/** Sessions of people: how long each lasts, and that whoever is out is out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog, systemRandom } from '@fairlead/base'
import { Role } from '@fairlead/protocol/contract'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import { idleMs } from './roles.ts'
import { createSessionStore } from './session-store.ts'
import { createPeopleStore } from './store.ts'
import { createUserSessions, longestMs } from './user-sessions.ts'

const arrival = { from: { network: '192.0.2.7', browser: null }, hasFactor: false }

async function openWorld() {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  const store = createPeopleStore(database)
  const clock = createHandClock()
  let ended = 0
  const sessions = createUserSessions({
    ...{ database, store: createSessionStore(database), clock, random: systemRandom, log: silentLog },
    changed() {},
    everywhere: async () => {},
    ended: () => void ended++,
  })
  await database.write(({ sql }) =>
    sql.insertInto('account').values({ id: 'default', name: null, created_at: 0 }).execute(),
  )

  async function signIn(role: Role, userId: string = role) {
    return await database.write(async (tx) => {
      await store.add(tx, {
        ...{ user_id: userId, account: 'default', email: userId, email_lower: userId, name: userId, role },
        ...{ is_relay_admin: 0, password: null, totp_secret: null, totp_since: null, totp_step: null },
        ...{ created_at: 0, last_signed_in_at: null },
      })
      return await sessions.begin(tx, userId, arrival)
    })
  }
  const opened = opening.move()
  return {
    ...{ database, store, clock, sessions, signIn },
    ended: () => ended,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

for (const role of Role.options)
  test(`S-A7 the session of ${role} is over when nobody has used it for its time, and not before`, async () => {
    await using world = await openWorld()
    const used = await world.signIn(role)
    const unused = await world.database.write((tx) => world.sessions.begin(tx, role, arrival))
    world.clock.pass(idleMs[role] - 1)
    assert.equal((await world.sessions.find(used))?.role, role)
    world.clock.pass(1)
    assert.equal(await world.sessions.find(unused), undefined)
  })

test('S-A7 a call puts the end off, and is written down at most once a minute; after seven days it is over all the same', async () => {
  await using world = await openWorld()
  const token = await world.signIn('owner')
  const seenAt = async () =>
    (await world.database.read.selectFrom('user_session').select('seen_at').execute())[0]?.seen_at
  const first = await seenAt()
  world.clock.pass(60_000)
  await world.sessions.find(token)
  await world.database.write(async () => {})
  assert.equal(await seenAt(), first, 'a minute is not more than a minute')
  for (let hour = 0; hour < 7 * 24; hour++) {
    assert.ok(await world.sessions.find(token), `hour ${hour}`)
    // What is written in the background is there before this.
    await world.database.write(async () => {})
    world.clock.pass(3_600_000)
  }
  assert.equal(await world.sessions.find(token), undefined)
  await world.sessions.forgetOld()
  assert.equal(await seenAt(), undefined)
  assert.equal(longestMs, 7 * 24 * 3_600_000)
})

test('a stream is told to end when its session is over by its time, though nobody calls', async () => {
  await using world = await openWorld()
  const caller = await world.sessions.find(await world.signIn('viewer'))
  assert.ok(caller && world.sessions.isStillGood(caller))
  world.clock.pass(idleMs.viewer - 1)
  await world.sessions.learn()
  assert.deepEqual([world.sessions.isStillGood(caller), world.ended()], [true, 0])
  world.clock.pass(1)
  await world.sessions.learn()
  assert.deepEqual([world.sessions.isStillGood(caller), world.ended()], [false, 1])
})

test('a session that ends while it is being looked at is not taken for one that stands', async () => {
  await using world = await openWorld()
  const token = await world.signIn('viewer')
  const looking = Promise.all(Array.from({ length: 20 }, () => world.sessions.find(token)))
  await world.database.write((tx) => world.sessions.endAllOf(tx, 'viewer'))
  for (const caller of await looking) if (caller) assert.equal(world.sessions.isStillGood(caller), false)
  assert.equal(await world.sessions.find(token), undefined)
})

test('of more than twenty sessions of one user the oldest ends', async () => {
  await using world = await openWorld()
  const tokens = [await world.signIn('viewer')]
  for (let at = 0; at < 20; at++) {
    world.clock.pass(1)
    tokens.push(await world.database.write((tx) => world.sessions.begin(tx, 'viewer', arrival)))
  }
  const good = await Promise.all(tokens.map(async (token) => (await world.sessions.find(token)) !== undefined))
  assert.deepEqual(good, [false, ...Array(20).fill(true)])
})

test('what is no token is looked for nowhere, and a token is not in the record', async () => {
  await using world = await openWorld()
  const token = await world.signIn('viewer')
  for (const wrong of ['', 'x', `${token}x`, token.toLowerCase(), token.slice(1)])
    assert.equal(await world.sessions.find(wrong), undefined, wrong)
  const rows = await world.database.read.selectFrom('user_session').selectAll().execute()
  assert.ok(!JSON.stringify(rows).includes(token))
})
