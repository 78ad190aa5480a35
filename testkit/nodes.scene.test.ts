/** N6 D6: several nodes of one relay, and nobody outside can tell. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { readAnswer, renderBody } from '@fairlead/protocol/xmpp'
import { openBusWire } from './bus-wire.ts'
import { openCluster, openClusterServers } from './cluster.ts'
import { startHouseFile } from './process.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

test('N6 any node takes any request for a device that is at one of them', async () => {
  await using cluster = await openCluster()
  const services = cluster.nodes.map(({ url }) => createService(url, cluster.adminKey))
  const [first, second, third] = services
  assert.ok(first && second && third)
  const { status, body } = await first.post('/v1/devices', { id: 'mfp.1' })
  assert.equal(status, 201, JSON.stringify(body))
  for (const service of services) assert.equal((await service.read('/v1/devices/mfp.1')).status, 200)
  const { secret } = body as { secret: string }
  const offline = await second.ask('mfp.1', { get: ['model'] })
  assert.deepEqual([offline.status, offline.outcome], [409, 'not-sent'])

  await using agent = await startHouseFile(
    'cli/main.ts',
    [
      'agent',
      '--relay',
      cluster.url,
      '--id',
      'mfp.1',
      '--driver',
      'virtual',
      '--data',
      `${cluster.nodes[0]?.data}-agent`,
    ],
    { environment: { FAIRLEAD_SECRET: secret } },
  )
  await agent.nextEvent('device.online')
  for (const service of services)
    await until('online', async () => Object((await service.read('/v1/devices/mfp.1')).body).state === 'online')
  for (let round = 0; round < 5; round++)
    for (const service of services) {
      const answer = await service.ask('mfp.1', { get: ['model'] })
      assert.deepEqual([answer.status, answer.outcome], [200, 'answered'], JSON.stringify(answer.body))
      for (const other of services) {
        const receipt = await other.read(`/v1/requests/${answer.requestId}`)
        assert.equal(receipt.status, 200, JSON.stringify(receipt.body))
      }
    }
})

test('B-095 requests of one session that came to two nodes are answered in their order', async () => {
  await using servers = await openClusterServers()
  // What goes to the second node, and comes from it, takes its time.
  await using wire = await openBusWire(servers, 1)
  await using cluster = await openCluster({ servers, nodes: 2, place: wire.place, relay: ['--anonymous', 'on'] })
  const [first, second] = cluster.nodes.map(({ url }) => url)
  assert.ok(first && second)
  async function post(url: string, attributes: Record<string, string | number>, payload = '') {
    const headers = { 'content-type': 'text/xml; charset=utf-8' }
    const body = renderBody(attributes, payload)
    return readAnswer(await (await fetch(`${url}/http-bind`, { method: 'POST', headers, body })).bytes())
  }
  const creation = { rid: 1, to: 'localhost', wait: 1, hold: 1, ver: '1.6', 'xmpp:version': '1.0' }
  const auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
  const bind = "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
  wire.set({ delayMs: 60 })

  /** The later one arrives while the earlier one, or its answer, is on its way. */
  async function orderOf(afterMs: number): Promise<number[]> {
    const { sid = '' } = await post(first ?? '', creation)
    const order: number[] = []
    const earlier = post(second ?? '', { sid, rid: 2 }, auth).then(() => order.push(2))
    await pause(afterMs)
    await Promise.all([earlier, post(first ?? '', { sid, rid: 3 }, bind).then(() => order.push(3))])
    return order
  }
  const orders = await Promise.all(Array.from({ length: 40 }, (_, at) => orderOf(at * 3)))
  assert.deepEqual(
    orders.filter(([earlier]) => earlier !== 2),
    [],
  )
})
