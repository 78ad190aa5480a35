/** Where sessions are written down: the newest of a device stays, on both databases. */
import assert from 'node:assert/strict'
import { openDatabase } from '../database/database.ts'
import { testOnBoth } from '../database/for-tests.ts'
import { createKeptSessionStore } from './bosh-store.ts'
import type { KeptSession } from './kept-session.ts'

/** What else is kept of a session is the store's no more than a text. */
const session = (device: string, key: string, epoch: number, more = '') =>
  ({ device, key, epoch, resource: more }) as unknown as KeptSession

testOnBoth(
  'sessions are found again as they were kept; an older one changes nothing, one that ended is gone',
  async (place) => {
    await using database = await openDatabase(place)
    const store = createKeptSessionStore(database, () => 0)
    assert.deepEqual(await store.load(), { sessions: [], aliveAt: 0 })
    const [a, b] = [session('a', 'key-a', 2, 'Büro "1"'), session('b', 'key-b', 1)]
    await store.save([a, b], [])
    await store.save([session('a', 'key-old', 1)], [])
    await store.save([], [{ device: 'b', key: 'another key', epoch: 9 }])
    await store.saveAlive(5)
    await store.saveAlive(7)
    const { sessions, aliveAt } = await store.load()
    assert.deepEqual(
      sessions.toSorted((one, other) => (one.device < other.device ? -1 : 1)),
      [a, b],
    )
    assert.equal(aliveAt, 7)
    await store.save([session('a', 'key-new', 2)], [b])
    assert.deepEqual((await store.load()).sessions, [session('a', 'key-new', 2)])
  },
)

testOnBoth('two nodes that keep the same devices, each in its own order, leave the newest of each', async (place) => {
  await using database = await openDatabase(place)
  // The embedded database has one node.
  await using other = place.url === undefined ? undefined : await openDatabase(place)
  const [here, there] = [createKeptSessionStore(database, () => 0), createKeptSessionStore(other ?? database, () => 0)]
  const devices = Array.from({ length: 40 }, (_, at) => `d${at}`)
  for (let round = 1; round <= 5; round++)
    await Promise.all([
      here.save(
        devices.map((device) => session(device, 'here', 2 * round)),
        [],
      ),
      there.save(
        devices.toReversed().map((device) => session(device, 'there', 2 * round + 1)),
        [],
      ),
    ])
  const { sessions } = await here.load()
  assert.deepEqual(new Set(sessions.map(({ key, epoch }) => `${key} ${epoch}`)), new Set(['there 11']))
  assert.equal(sessions.length, devices.length)
})

testOnBoth(
  'what is free is forgotten after its time by the clock of the record, whoever let go of it',
  async (place) => {
    await using database = await openDatabase(place)
    const store = createKeptSessionStore(database, () => 3)
    const [left, died] = [session('left', 'key-left', 4), session('died', 'key-died', 2)]
    await store.save([left, died], [])
    await store.handOver([left])
    await store.free(3)
    for (const key of ['key-left', 'key-died']) assert.equal((await store.find(key))?.node, 0)
    assert.deepEqual(await store.forgetFree(60_000), [])
    const forgotten = await store.forgetFree(-1)
    assert.deepEqual(forgotten.map(({ device, epoch }) => `${device} ${epoch}`).sort(), ['died 2', 'left 4'])
    assert.equal(await store.find('key-left'), undefined)
  },
)
