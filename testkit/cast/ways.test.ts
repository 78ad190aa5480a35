/** Stock clients live with what lies between them and the relay: a real nginx, and a wire that repeats and reorders (N7). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHttpWire } from '../http-wire.ts'
import { openNginx } from '../nginx.ts'
import { openSmallRelay, type SmallRelay } from '../small-relay.ts'
import { cast, openStockDevice, type Role } from './cast.ts'

const secret = 'a secret'

/** Every answer belongs to its question, and none is missing. */
async function talk(relay: SmallRelay, turns: number) {
  for (let turn = 0; turn < turns; turn++) {
    const set = { set: { location: `room ${turn}` } }
    assert.deepEqual(await relay.pushes.push('lobby', 'set', set), { values: set.set, errors: {} })
  }
  const several = ['model', 'location', 'a', 'b'].map((name) => relay.pushes.push('lobby', 'get', { get: [name] }))
  assert.deepEqual(Object((await Promise.all(several))[1]).values, { location: `room ${turns - 1}` })
}

function openDevice(role: Role, relayUrl: string, relay: SmallRelay, authorityPath?: string) {
  const objects = { model: 'Stock', location: 'here' }
  const trust = authorityPath === undefined ? {} : { authorityPath }
  return openStockDevice({ role, relayUrl, domain: relay.domain, id: 'lobby', secret, objects, ...trust })
}

for (const role of cast) {
  test(`N7 ${role.client} over ${role.transport} answers through nginx as we deploy it`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret }, trustedProxies: ['127.0.0.1/32'] })
    await using nginx = await openNginx(relay.url, { setUp: 'as-deployed' })
    await using device = await openDevice(role, nginx.url, relay, nginx.authorityPath)
    await device.online()
    await talk(relay, 3)
  })
}

for (const role of cast.filter(({ transport }) => transport === 'bosh')) {
  test(`N7 ${role.client} over ${role.transport} answers each request once on a wire that repeats and reorders`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret } })
    await using wire = await openHttpWire(relay.url, { duplicateFraction: 0.3, reorderFraction: 0.3, delayMs: 20 }, 42)
    await using device = await openDevice(role, wire.url, relay)
    await device.online()
    await talk(relay, 12)
    const answered = device.process.output().stdout.match(/"event":"request"/g)
    assert.equal(answered?.length, 12 + 4)
    assert.ok(wire.counts.duplicated > 2, `${wire.counts.duplicated} repeated`)
    assert.ok(wire.counts.reordered > 2, `${wire.counts.reordered} held back`)
  })

  test(`N7 ${role.client} over ${role.transport} answers through nginx out of the box`, async () => {
    await using relay = await openSmallRelay({ devices: { lobby: secret } })
    await using nginx = await openNginx(relay.url, { setUp: 'out-of-the-box' })
    await using device = await openDevice(role, nginx.url, relay)
    await device.online()
    await talk(relay, 3)
  })
}
