/** 6.7 over real sockets: streams that go on after a crash of the relay, from what was written down. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { ns, xml } from '@fairlead/protocol/xmpp'
import { isKeptStream, type KeptStream } from './kept-session.ts'
import { createSessionKeeper, type KeptSessionStore } from './session-keeper.ts'
import type { WebSocketNeeds } from './websocket.ts'
import { type Client, eventually, openDoor } from './websocket-door-trial.ts'

/** A disk that outlives the relays on it. */
function createDisk() {
  const streams = new Map<string, KeptStream>()
  const disk = { streams, isFull: false, writes: 0 }
  const store: KeptSessionStore = {
    load: async () => ({ sessions: [...streams.values()], aliveAt: 0 }),
    async saveAlive() {},
    async save(changed, ended) {
      if (disk.isFull) throw new Error('The disk is full.')
      disk.writes++
      for (const stream of changed.filter(isKeptStream)) streams.set(stream.device, structuredClone(stream))
      for (const { device, key } of ended) if (streams.get(device)?.key === key) streams.delete(device)
    },
  }
  return Object.assign(disk, { store })
}

type Disk = ReturnType<typeof createDisk>

/** A relay on that disk, as it stands when it starts. */
async function start(disk: Disk, more: Partial<WebSocketNeeds> = {}, downMs = 1000) {
  const clock = createHandClock()
  const keeper = createSessionKeeper({ clock, log: silentLog, store: disk.store })
  const kept = { sessions: [...disk.streams.values()].map((stream) => structuredClone(stream)), downMs }
  const door = await openDoor({}, { keeper, kept, ...more })
  return Object.assign(door, {
    /** What has changed is written now. */
    write: () => clock.pass(60),
  })
}

/** A device that was told how far it had come, and a relay that is killed then. */
async function crash(disk: Disk): Promise<{ smId: string; handled: number }> {
  await using relay = await start(disk)
  const client = await relay.connect()
  await client.logIn()
  await client.bind()
  const smId = await client.manage()
  client.say(xml('presence', ns.client))
  client.say(xml('presence', ns.client))
  client.say(xml('r', ns.sm))
  await settle(relay, client)
  // Whatever is written while it is taken down, a killed one would not have written.
  const standing = structuredClone([...disk.streams])
  await relay[Symbol.asyncDispose]()
  for (const [device, stream] of standing) disk.streams.set(device, stream)
  return { smId, handled: 2 }
}

/** What it has said has come, and is written down: then it hears how far it has come. */
async function settle(relay: Awaited<ReturnType<typeof start>>, client: Client): Promise<void> {
  const answer = client.next()
  const timer = setInterval(relay.write, 5)
  try {
    assert.equal((await answer).name, 'a')
  } finally {
    clearInterval(timer)
  }
}

async function comeBack(relay: Awaited<ReturnType<typeof start>>, smId: string, h: number): Promise<Client> {
  const client = await relay.connect()
  await client.logIn()
  client.say(xml('resume', ns.sm, { previd: smId, h: String(h) }))
  return client
}

test('6.7 a stream is resumed at the relay that is started again: nobody binds anew, and what is sent comes', async () => {
  const disk = createDisk()
  const { smId, handled } = await crash(disk)
  await using relay = await start(disk)
  const client = await comeBack(relay, smId, 7)
  const resumed = await client.next()
  assert.deepEqual([resumed.name, resumed.attributes.get('h')], ['resumed', String(handled)])
  relay.line().send("<iq xmlns='jabber:client' type='get' id='after'/>", 1)
  assert.equal((await client.next()).attributes.get('id'), 'after')
  // It goes on to count from where both of them were.
  client.say(xml('a', ns.sm, { h: '8' }))
  await eventually(() => relay.lines.news.some(({ what, token }) => what === 'acknowledged' && token === 1))
  assert.equal(relay.door.sessions, 1)
})

test('6.7 a stale SM-ID, or that of another device, finds nothing after a crash', async () => {
  const disk = createDisk()
  const { smId } = await crash(disk)
  for (const [device, stream] of disk.streams) disk.streams.set(device, { ...stream, device: 'another' })
  await using relay = await start(disk)
  const thief = await comeBack(relay, smId, 0)
  assert.match(await thief.nextText(), /^<failed .*item-not-found/)
  const stale = await comeBack(relay, 'made-up', 0)
  assert.match(await stale.nextText(), /^<failed .*item-not-found/)
})

test('6.7 a stream whose log-in is not good any more, or that nobody came for in time, is gone from the disk', async () => {
  const disk = createDisk()
  const { smId } = await crash(disk)
  await using relay = await start(disk, { reclaim: () => undefined })
  const client = await comeBack(relay, smId, 0)
  assert.match(await client.nextText(), /^<failed .*item-not-found/)
  relay.write()
  await eventually(() => disk.streams.size === 0)

  await crash(disk)
  // A minute to come back, and half of one for which nobody is to blame.
  await using late = await start(disk, {}, 90_001)
  late.write()
  await eventually(() => disk.streams.size === 0)
})

test('6.7 how far a device has come is told when it is written, together for many, and not written for each stanza', async () => {
  const disk = createDisk()
  await using relay = await start(disk)
  const client = await relay.connect()
  await client.logIn()
  await client.bind()
  await client.manage()
  relay.write()
  await eventually(() => disk.writes === 1)
  for (let count = 0; count < 50; count++) client.say(xml('presence', ns.client))
  client.say(xml('r', ns.sm))
  await settle(relay, client)
  assert.equal(disk.writes, 2)
  assert.deepEqual(
    [...disk.streams.values()].map(({ counts }) => counts),
    [{ resumeMs: 60_000, handled: 50 }],
  )

  // While it cannot be written it is told what could be.
  disk.isFull = true
  client.say(xml('presence', ns.client))
  client.say(xml('r', ns.sm))
  const answer = client.next()
  const timer = setInterval(relay.write, 5)
  assert.equal((await answer).attributes.get('h'), '50')
  clearInterval(timer)
})
