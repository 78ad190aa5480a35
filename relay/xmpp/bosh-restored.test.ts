/** BOSH sessions that go on after a crash of the relay: what was written down is enough, and no more than that. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { isElement, textOf } from '@fairlead/protocol/xmpp'
import { bodyText, message } from './bosh-play.ts'
import { createEchoStream, type EchoStream, logInPayload, openStand, overTls, type Stand, until } from './bosh-stand.ts'
import type { Bound } from './carrier.ts'
import { isKeptBosh, type KeptBosh } from './kept-session.ts'
import { createSessionKeeper, type KeptSessionStore } from './session-keeper.ts'

const bound: Bound = { device: 'printer', resource: '1', epoch: 7, basis: 3 }

/** A disk that outlives the relays on it. */
function createDisk() {
  const sessions = new Map<string, KeptBosh>()
  const disk = {
    sessions,
    isFull: false,
    store: {
      load: async () => ({ sessions: [...sessions.values()], aliveAt: 0 }),
      async saveAlive() {},
      async save(changed, ended) {
        if (disk.isFull) throw new Error('The disk is full.')
        for (const session of changed.filter(isKeptBosh)) sessions.set(session.device, structuredClone(session))
        for (const { device, key } of ended) if (sessions.get(device)?.key === key) sessions.delete(device)
      },
    } satisfies KeptSessionStore,
  }
  return disk
}

type Disk = ReturnType<typeof createDisk>

/** A relay on that disk; `restored` are the streams that go on. */
async function start(disk: Disk, more: Parameters<typeof openStand>[0] = {}, downMs = 1000) {
  const clock = createHandClock()
  const restored: Bound[] = []
  const streams: EchoStream[] = []
  const keeper = createSessionKeeper({ clock, log: silentLog, store: disk.store })
  const stand = await openStand({
    clock,
    keeper,
    kept: { sessions: [...disk.sessions.values()], downMs },
    openStream(carrier, watch, before) {
      if (before) restored.push(before)
      let standing = before
      const stream = createEchoStream(carrier, {
        bound() {
          standing = bound
          watch.bound()
        },
      })
      streams.push(stream)
      return Object.defineProperty(stream, 'bound', { get: () => standing })
    },
    ...more,
  })
  /** All that changed is on disk. */
  const settle = async () => {
    clock.pass(60)
    await until(() => disk.sessions.size > 0)
  }
  const heard = () =>
    streams.flatMap((stream) => stream.heard.flatMap(({ children }) => children.filter(isElement).map(textOf)))
  return { ...stand, clock, restored, settle, heard, [Symbol.asyncDispose]: stand[Symbol.asyncDispose] }
}

/** A client whose request `rid` is held when the relay dies; what it was answered before is on disk. */
async function crashWhileHolding(disk: Disk, attributes: Record<string, string> = {}) {
  const relay = await start(disk)
  const { sid, rid } = await relay.logIn(attributes)
  const echo = await relay.post(bodyText({ sid, rid }, message('before')))
  const held = relay.post(bodyText({ sid, rid: rid + 1 })).catch(() => undefined)
  await until(() => relay.bosh.open === 1)
  await relay.settle()
  const kept = structuredClone(disk.sessions)
  await relay[Symbol.asyncDispose]()
  await held
  // Whatever the stand wrote while it was taken down, a killed one would not have.
  disk.sessions.clear()
  for (const [device, session] of kept) disk.sessions.set(device, session)
  return { sid, answered: rid, echo, held: rid + 1 }
}

const conditionOf = (answer: Awaited<ReturnType<Stand['post']>>) => answer.attribute('condition')

/** For as long as the relay waits for what may have been sent before it. */
async function passGap(relay: Awaited<ReturnType<typeof start>>, open = 1) {
  await until(() => relay.bosh.open === open)
  relay.clock.pass(600)
}

test('a held request that is sent again is held again, and gets what is pushed; nobody logs in', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  const waiting = relay.post(bodyText({ sid, rid: held }))
  await passGap(relay)
  assert.deepEqual(
    relay.restored.map(({ device, resource, basis }) => [device, resource, basis]),
    [['printer', '1', 3]],
  )
  // What is said in the next request comes back on the oldest.
  void relay.post(bodyText({ sid, rid: held + 1 }, message('after')))
  assert.match((await waiting).text, /after/)
  assert.equal(relay.bosh.sessions, 1)
})

test('however far a client came since it was written down, it goes on; once, and then a gap is a gap', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  const waiting = relay.post(bodyText({ sid, rid: held + 900 }, message('far')))
  await until(() => relay.bosh.open === 1)
  relay.clock.pass(400)
  assert.deepEqual(relay.heard(), [])
  relay.clock.pass(200)
  assert.match((await waiting).text, /far/)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held + 904 }))), 'item-not-found')
})

test('S-A2 a request that comes after the one behind it ends the session, and its client hears so at once in any crowd', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  // As many others from this address whose session was lost.
  for (let guess = 0; guess < 20; guess++) await relay.post(bodyText({ sid: `lost-${guess}`, rid: 1 }))
  const ahead = relay.post(bodyText({ sid, rid: held + 1 }, message('ahead')))
  await passGap(relay)
  assert.match((await ahead).text, /ahead/)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held }))), 'item-not-found')
  assert.equal(relay.bosh.slowed, 0)
})

test('a session that goes on for long is written down again and again, so that it stays within reach', async () => {
  const disk = createDisk()
  await using relay = await start(disk)
  const { sid, rid } = await relay.logIn()
  let next = rid
  for (; next < rid + 1100; next++) {
    await relay.post(bodyText({ sid, rid: next }, message('on')))
    relay.clock.pass(60)
  }
  const saved = () => disk.sessions.get('printer')?.state.lastRid ?? 0
  await until(() => next - saved() <= 510)
})

test('requests that come out of order after the restart are put in order, and none is skipped', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  const later = relay.post(bodyText({ sid, rid: held + 2 }, message('second')))
  await until(() => relay.bosh.open === 1)
  const sooner = relay.post(bodyText({ sid, rid: held + 1 }, message('first')))
  await passGap(relay, 2)
  const text = await Promise.any([sooner, later].map(async (answer) => (await answer).text))
  assert.match(text, /first.*second/)
  assert.deepEqual(relay.heard(), ['first', 'second'])
})

test('a client that is further ahead than anybody could be has to log in anew', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held + 1100 }))), 'item-not-found')
  assert.equal(relay.bosh.sessions, 0)
})

test('a key sequence goes on, over requests of which nothing was written down', async () => {
  const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')
  const keys = ['seed']
  for (let count = 0; count < 12; count++) keys.unshift(sha1(keys[0] ?? ''))
  const [newkey = '', ...rest] = keys
  const disk = createDisk()
  const before = await start(disk)
  const created = await before.create({ newkey })
  const sid = created.attribute('sid') ?? ''
  await before.post(bodyText({ sid, rid: 1001, key: rest[0] }, logInPayload))
  await before.settle()
  const kept = structuredClone(disk.sessions)
  await before[Symbol.asyncDispose]()
  for (const [device, session] of kept) disk.sessions.set(device, session)

  await using relay = await start(disk)
  const skipped = relay.post(bodyText({ sid, rid: 1003, key: rest[2] }, message('skipped one')))
  await until(() => relay.bosh.open === 1)
  relay.clock.pass(600)
  assert.match((await skipped).text, /skipped one/)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: 1004, key: 'wrong' }))), 'item-not-found')
})

test('who logged in with a secret that is gone, or has had a newer session, does not go on', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk, {
    reclaim: ({ device, epoch }) => (device !== 'printer' || epoch > 7 ? epoch + 1 : undefined),
  })
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held }))), 'item-not-found')
  assert.deepEqual(relay.restored, [])
  relay.clock.pass(60)
  await until(() => disk.sessions.size === 0)
})

test('a session for which nobody comes is forgotten, on disk as well', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk)
  assert.equal(relay.bosh.isHibernating('printer', sid), true)
  assert.equal(relay.bosh.isHibernating('scanner', sid), false)
  relay.clock.pass(60_000 + 30_000 + 100)
  assert.equal(relay.bosh.isHibernating('printer', sid), false)
  relay.clock.pass(60)
  await until(() => disk.sessions.size === 0)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held }))), 'item-not-found')
})

test('a session that was old already when the relay came back is not known any more', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  await using relay = await start(disk, {}, 60_000 + 30_001)
  assert.equal(conditionOf(await relay.post(bodyText({ sid, rid: held }))), 'item-not-found')
})

test('a session over TLS goes on over TLS only, and who tries otherwise does it no harm', async () => {
  const disk = createDisk()
  const { sid, held } = await crashWhileHolding(disk)
  for (const session of disk.sessions.values()) session.origin = overTls
  let origin = { address: '192.0.2.7', loopback: false, secure: false }
  await using relay = await start(disk, { originOf: () => origin })
  await assert.rejects(relay.post(bodyText({ sid, rid: held })))
  origin = overTls
  const waiting = relay.post(bodyText({ sid, rid: held }))
  await passGap(relay)
  void relay.post(bodyText({ sid, rid: held + 1 }, message('after')))
  assert.match((await waiting).text, /after/)
})

test('a session that ends is not kept, nor one of a user who is no device', async () => {
  const disk = createDisk()
  await using relay = await start(disk)
  const { sid, rid } = await relay.logIn()
  await relay.settle()
  await relay.post(bodyText({ sid, rid, type: 'terminate' }))
  relay.clock.pass(60)
  await until(() => disk.sessions.size === 0)
})

test('the sid itself is nowhere on disk, so that nobody goes on with a session by reading it', async () => {
  const disk = createDisk()
  const { sid } = await crashWhileHolding(disk)
  assert.equal(JSON.stringify([...disk.sessions.values()]).includes(`"${sid}"`), false)
})

test('while the disk is full sessions go on; how they stand is written when there is room', async () => {
  const disk = createDisk()
  await using relay = await start(disk)
  disk.isFull = true
  const { sid, rid } = await relay.logIn()
  for (let count = 0; count < 5; count++) {
    relay.clock.pass(1100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.match((await relay.post(bodyText({ sid, rid }, message('still here')))).text, /still here/)
  disk.isFull = false
  await until(() => {
    relay.clock.pass(1100)
    return (disk.sessions.get('printer')?.state.lastRid ?? 0) > 0
  })
})
