/** N6 D6: what lasts — event streams, WebSocket streams, idempotency keys — goes on at another node. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Cluster, openCluster, openClusterServers } from './cluster.ts'
import { openEventStream } from './event-stream.ts'
import { createService } from './service.ts'
import { openWebSocketDevice } from './websocket-device.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())
const cluster: Cluster = await openCluster({ servers })
after(() => cluster[Symbol.asyncDispose]())
const services = cluster.nodes.map(({ url }) => createService(url, cluster.adminKey))
const serviceAt = (at: number) => services[at] ?? assert.fail('three nodes')
const urlAt = (at: number) => cluster.nodes[at]?.url ?? assert.fail('three nodes')

async function enrol(id: string): Promise<string> {
  const { status, body } = await serviceAt(0).post('/v1/devices', { id })
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body).secret
}

test('XEP-0198 a stream that lost its socket is resumed at another node, with what was pushed meanwhile', async () => {
  const secret = await enrol('ws')
  const first = await openWebSocketDevice(urlAt(0), 'ws', secret)
  await first.bind()
  const previd = await first.manage()
  first.socket.terminate()
  const asking = serviceAt(2).ask('ws', { set: { location: 'here' }, timeoutSeconds: 20 })

  const second = await openWebSocketDevice(urlAt(1), 'ws', secret)
  assert.match(await second.resume(previd, 0), /^<resumed/)
  second.answer(await second.nextPush(), { location: 'here' })
  const { status, body } = await asking
  assert.deepEqual([status, Object(body).values], [200, { location: 'here' }])
  const { body: device } = await serviceAt(0).read('/v1/devices/ws')
  assert.deepEqual([Object(device).state, Object(device).transport], ['online', 'websocket'])

  // Nobody resumes it who is not that device, nor what was never given.
  const thief = await openWebSocketDevice(urlAt(2), 'thief', await enrol('thief'))
  assert.match(await thief.resume(previd, 0), /^<failed.*item-not-found/)
  thief.socket.terminate()
  second.socket.terminate()
})

test('an event stream goes on at another node without a gap and without a repeat', async () => {
  const account = { account: 'default' }
  const tell = async (at: number, id: string) =>
    assert.equal((await serviceAt(at).post('/v1/devices', { id, ...account })).status, 201)
  let lastEventId = ''
  const seen: unknown[] = []
  for (let turn = 0; turn < 9; turn++) {
    const at = turn % 3
    await using stream = await openEventStream({
      relayUrl: urlAt(at),
      key: cluster.adminKey,
      query: 'type=device.registered',
      ...(lastEventId && { lastEventId }),
    })
    await tell((turn + 1) % 3, `turn-${turn}`)
    const event = await stream.next()
    seen.push(event.data['device'])
    lastEventId = event.id
    // This one comes while nobody listens.
    await tell((turn + 2) % 3, `between-${turn}`)
    if (turn < 8) continue
    seen.push((await stream.next()).data['device'])
  }
  const expected = Array.from({ length: 9 }, (_, turn) => [`turn-${turn}`, `between-${turn}`]).flat()
  // Each stream begins with what came between, so it is told of the turn before at the next one.
  assert.deepEqual(new Set(seen).size, seen.length, 'no repeat')
  assert.deepEqual(seen, expected.slice(0, seen.length))
})

test('an idempotency key counts at every node', async () => {
  await enrol('keyed')
  const asked = { set: { location: 'there' }, deliverWithinSeconds: 600 }
  const first = await serviceAt(0).ask('keyed', asked, { 'idempotency-key': 'k' })
  assert.equal(first.status, 202)
  for (const service of services) {
    const again = await service.ask('keyed', asked, { 'idempotency-key': 'k' })
    assert.equal(again.requestId === first.requestId || again.status === 409, true, JSON.stringify(again.body))
    const other = await service.ask('keyed', { set: { location: 'x' } }, { 'idempotency-key': 'k' })
    assert.equal(other.status, 422, JSON.stringify(other.body))
  }
})

test('a key that is revoked at one node opens no other, and a made-up sid or request ID leads nowhere', async () => {
  const { body } = await serviceAt(0).post('/v1/keys', { account: 'default' })
  const { key, keyId } = body as { key: string; keyId: string }
  for (const { url } of cluster.nodes) assert.equal((await createService(url, key).read('/v1/devices')).status, 200)
  assert.equal((await serviceAt(1).call('DELETE', `/v1/keys/${keyId}`)).status, 204)
  for (const { url } of cluster.nodes) assert.equal((await createService(url, key).read('/v1/devices')).status, 401)

  const made = 'A'.repeat(32)
  assert.equal((await serviceAt(2).read(`/v1/requests/${made}`)).status, 404)
  const poll = `<body xmlns='http://jabber.org/protocol/httpbind' sid='${made}' rid='7'/>`
  for (const { url } of cluster.nodes) {
    const answer = await (await fetch(`${url}/http-bind`, { method: 'POST', body: poll })).text()
    assert.match(answer, /item-not-found/)
  }
})
