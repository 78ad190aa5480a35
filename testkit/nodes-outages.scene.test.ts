/** N6 what the handbook says of record and bus that are gone (docs/operating.md, "What happens when") is so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openBusWire } from './bus-wire.ts'
import { type Cluster, type ClusterOptions, openCluster, openClusterServers } from './cluster.ts'
import { openFleet } from './fleet.ts'
import { openFolder } from './folder.ts'
import { startHouseFile } from './process.ts'
import { readMetric } from './read-metric.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

/** A device that stands at one node. */
async function openDevice(cluster: Cluster, relayUrl: string): Promise<AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const { body } = await createService(cluster.url, cluster.adminKey).post('/v1/devices', { id: 'lobby' })
  const settings = ['--relay', relayUrl, '--id', 'lobby', '--driver', 'virtual', '--data', folder.path]
  const environment = { FAIRLEAD_SECRET: Object(body).secret }
  const agent = building.use(await startHouseFile('cli/main.ts', ['agent', ...settings], { environment }))
  await agent.nextEvent('device.online', 60_000)
  const built = building.move()
  return { [Symbol.asyncDispose]: () => built.disposeAsync() }
}

/** Two nodes, and who asks at each; the device is at the first. @param options as of a cluster */
async function openPair(options: ClusterOptions = {}) {
  await using building = new AsyncDisposableStack()
  const cluster = building.use(await openCluster({ ...options, nodes: 2 }))
  const [own, other] = cluster.nodes
  assert.ok(own && other)
  building.use(await openDevice(cluster, own.url))
  const atOwn = createService(own.url, cluster.adminKey)
  const atOther = createService(other.url, cluster.adminKey)
  const built = building.move()
  return { cluster, own, other, atOwn, atOther, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const answered = '200  answered'

/** A session that has just begun. @returns what its next and last request is answered, wherever it comes to */
async function beginSession(url: string): Promise<(url: string) => Promise<number>> {
  const say = (to: string, words: string) =>
    fetch(`${to}/http-bind`, {
      method: 'POST',
      body: `<body xmlns='http://jabber.org/protocol/httpbind' ${words}/>`,
      signal: AbortSignal.timeout(10_000),
    })
  const begun = await say(url, "to='localhost' rid='1' hold='1' wait='20' ver='1.6'")
  const sid = /sid='([^']+)'/.exec((await begun.text()).replaceAll('"', "'"))?.[1]
  return async (at) => (await say(at, `sid='${sid}' rid='2' type='terminate'`)).status
}

async function ask(service: Service): Promise<string> {
  const { status, outcome, body } = await service.ask('lobby', { get: ['model'], timeoutSeconds: 5 })
  return `${status} ${Object(body).code ?? ''} ${outcome}`
}

test('N6 without the bus a node reaches its own devices, and says of others that nothing was sent; without the record as well nobody acts', async () => {
  await using pair = await openPair()
  const { cluster, own, other, atOwn, atOther } = pair
  for (const service of [atOwn, atOther])
    await until('it is answered for', async () => (await ask(service)) === answered)

  const goOn = await beginSession(own.url)
  await cluster.servers.nats.kill()
  const notSent = '503 unavailable not-sent'
  await until('its loss is noticed', async () => (await ask(atOther)) === notSent)
  assert.equal(await ask(atOwn), answered)
  assert.equal(await goOn(other.url), 503, 'it is sent on at once')
  assert.equal(await goOn(own.url), 200)
  assert.equal((await atOwn.read('/readyz')).status, 200)

  await cluster.servers.postgres.kill()
  await until('its lease is over', async () => (await ask(atOwn)) === notSent, 15_000)
  assert.equal(await ask(atOther), notSent)
  assert.equal((await atOwn.read('/readyz')).status, 503)

  await cluster.servers.postgres.start()
  await cluster.servers.nats.restart()
  for (const service of [atOwn, atOther])
    await until('it is answered for again', async () => (await ask(service)) === answered, 60_000)
})

test('N6 what is deferred at another node comes to a device whose node has no bus, by the record', async () => {
  await using servers = await openClusterServers()
  await using wire = await openBusWire(servers)
  await using pair = await openPair({ servers, place: wire.place })
  const { own, atOther } = pair
  await until('it is answered for', async () => (await ask(atOther)) === answered)

  wire.set({ dropFraction: 1 })
  wire.cutAll()
  await until('its loss is noticed', async () => (await readMetric(own.url, 'fairlead_bus_connected')) === 0)
  const request = { set: { location: 'here' }, deliverWithinSeconds: 60, timeoutSeconds: 2 }
  const { status, requestId } = await atOther.ask('lobby', request)
  assert.equal(status, 202)
  const outcomeOf = async () => Object((await atOther.read(`/v1/requests/${requestId}`)).body).outcome
  await until('it is done', async () => (await outcomeOf()) === 'answered', 10_000)
  assert.equal(await readMetric(own.url, 'fairlead_bus_connected'), 0)
})

test('N6 without the bus a device is sent on from node to node until it is at its own', async () => {
  await using cluster = await openCluster()
  await using _device = await openDevice(cluster, cluster.url)
  const at = cluster.nodes.map(({ url }) => createService(url, cluster.adminKey))
  await until('it is answered for', async () => (await ask(createService(cluster.url, cluster.adminKey))) === answered)
  await cluster.servers.nats.kill()
  const goneAtMs = performance.now()
  // Each push ends a held request, and the next one comes to any node.
  await until('it has been asked for some time', async () => {
    const answers = await Promise.all(at.map(ask))
    assert.ok(answers.includes(answered), answers.join(', '))
    return performance.now() - goneAtMs > 15_000
  })
  const failed = (await cluster.served()).filter((line) => /^\w+ \/(http-bind|device\/v1)\S* 5\d\d$/.test(line))
  assert.deepEqual(failed, [])
})

test('N6 without the record requests to devices go on, and what must be stored is refused', async () => {
  await using pair = await openPair()
  const { cluster, atOwn, atOther } = pair
  await until('it is answered for', async () => (await ask(atOther)) === answered)
  await cluster.servers.postgres.signal('SIGSTOP')
  const frozenAtMs = performance.now()
  const keyed = await atOwn
    .ask('lobby', { set: { location: 'here' }, timeoutSeconds: 1 }, { 'idempotency-key': 'k' })
    .finally(() => cluster.servers.postgres.signal('SIGCONT'))
  const waitedMs = performance.now() - frozenAtMs
  assert.deepEqual([keyed.status, keyed.outcome], [503, 'not-sent'])
  assert.ok(waitedMs < 4_000, `whoever waits for a second is told after ${waitedMs} ms`)
  await until('the record is there again', async () => (await atOwn.read('/readyz')).status === 200)

  await cluster.servers.postgres.kill()
  const goneAtMs = performance.now()
  await until('it has been away for longer than a lease', async () => {
    assert.deepEqual([await ask(atOwn), await ask(atOther)], [answered, answered])
    return performance.now() - goneAtMs > 15_000
  })
  const { status, body } = await atOwn.post('/v1/devices', { id: 'another' })
  assert.equal(status, 503, JSON.stringify(body))
})

test('N6 a node loses the bus for a moment: what others had from its sessions is asked for again at once', async () => {
  await using servers = await openClusterServers()
  await using wire = await openBusWire(servers)
  await using cluster = await openCluster({ servers, nodes: 2, place: wire.place })
  await using fleet = await openFleet(cluster, 20)
  const areAnswered = async () => {
    const asked = fleet.ids.map((id) => fleet.service.ask(id, { get: ['model'], timeoutSeconds: 1 }))
    return (await Promise.all(asked)).every(({ status }) => status === 200)
  }
  await until('they are answered for', areAnswered)
  for (let times = 1; times <= 3; times++) {
    wire.cutAll()
    await until('it was away', async () => {
      const figures = ['fairlead_bus_disconnects_total', 'fairlead_bus_connected']
      const [disconnects, isBack] = await Promise.all(
        figures.map((one) => readMetric(cluster.nodes[0]?.url ?? '', one)),
      )
      return disconnects === times && isBack === 1
    })
    await until('they are answered for again', areAnswered, 6_000)
  }
})
