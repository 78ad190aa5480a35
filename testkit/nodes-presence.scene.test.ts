/** A8: how a device stands, asked at a node that it was never at, before anything of it is on disk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCluster, openClusterServers } from './cluster.ts'
import { openHandDevice, SessionOver } from './hand-device.ts'
import { createService } from './service.ts'
import { until } from './until.ts'
import { openWire } from './wire.ts'

test('A8 a device that came and left a moment ago is offline everywhere, with why and since when, though its node has yet to write it', async () => {
  await using servers = await openClusterServers()
  await using wires = new AsyncDisposableStack()
  const slowed: Awaited<ReturnType<typeof openWire>>[] = []
  const place = async (at: number, { databaseUrl }: { databaseUrl: string }) => {
    if (at !== 0) return {}
    const url = new URL(databaseUrl)
    const wire = wires.use(await openWire(`http://${url.host}`))
    slowed.push(wire)
    url.port = String(wire.port)
    return { databaseUrl: String(url) }
  }
  await using cluster = await openCluster({ servers, nodes: 2, place })
  const [first, second] = cluster.nodes.map(({ url }) => createService(url, cluster.adminKey))
  assert.ok(first && second)
  const { secret } = Object((await second.post('/v1/devices', { id: 'guest' })).body)
  await using device = await openHandDevice({ relayUrl: cluster.nodes[0]?.url ?? '', id: 'guest', secret })
  // What its node knows from now on reaches the record, and the others, half a second later.
  for (const wire of slowed) wire.set({ delayMs: 500 })
  const held = device.hold().catch((error: unknown) => error)
  const stateAt = async (service: typeof first) => Object((await service.read('/v1/devices/guest')).body)
  await until('it is online', async () => (await stateAt(first)).state === 'online')
  const cameBy = new Date().toISOString()
  await device.leave()
  assert.ok((await held) instanceof SessionOver)

  const asked = await second.ask('guest', { get: ['model'] })
  const { code, reason, lastSeenAt } = Object(asked.body)
  assert.deepEqual([asked.status, asked.outcome, code, reason], [409, 'not-sent', 'device-offline', 'terminated'])
  assert.ok(lastSeenAt >= cameBy, `seen at ${lastSeenAt}, it left after ${cameBy}`)
  const stands = await stateAt(second)
  assert.deepEqual([stands.state, stands.reason], ['offline', 'terminated'])
})

test('A8 a device whose node has just been killed has been seen, and why it is offline is told before that node is known to be dead', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const [own, other] = cluster.nodes
  assert.ok(own && other)
  const service = createService(other.url, cluster.adminKey)
  const { secret } = Object((await service.post('/v1/devices', { id: 'guest' })).body)
  await using device = await openHandDevice({ relayUrl: own.url, id: 'guest', secret })
  const held = device.hold().catch((error: unknown) => error)
  // What a node that is killed has not written yet nobody knows.
  await until('it is written down as online', async () => {
    const [row] = await cluster.servers.postgres.run("select state from device where id = 'guest'", cluster.databaseUrl)
    return row?.['state'] === 'online'
  })
  await own.stop('SIGKILL')
  const asked = await service.ask('guest', { get: ['model'] })
  const { code, reason, lastSeenAt } = Object(asked.body)
  assert.deepEqual([asked.status, asked.outcome, code, reason], [409, 'not-sent', 'device-offline', 'relay-restart'])
  assert.ok(lastSeenAt, 'it has been seen')
  await held
})
