/** A10 a device's answer that comes when the node which had the request is gone, or is heard by no other node. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openBusWire } from './bus-wire.ts'
import { type Cluster, type ClusterNode, openCluster, openClusterServers } from './cluster.ts'
import { type HandDevice, openHandDevice, type Pushed } from './hand-device.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

function serviceAt(cluster: Cluster, at: number) {
  const { url } = cluster.nodes[at] ?? assert.fail('there is no such node')
  return createService(url, cluster.adminKey)
}

async function enrol(cluster: Cluster, id: string): Promise<string> {
  const { status, body } = await serviceAt(cluster, 0).post('/v1/devices', { id })
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body).secret
}

/** Whoever has the device's secret says this to that node. @returns the status */
async function say(cluster: Cluster, at: number, id: string, secret: string, requestId: string, response: object) {
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
  const { status } = await fetch(`${cluster.nodes[at]?.url}/device/v1/responses/${requestId}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(response),
  })
  return status
}

async function onePush(device: HandDevice): Promise<Pushed> {
  for (;;) {
    const [pushed] = await device.hold()
    if (pushed) return pushed
  }
}

const here = { values: { location: 'here' }, errors: {} }

test('A10 a late answer to a node that died is taken by any other: its device is told to keep it no longer, and what is on disk tells what happened', async () => {
  await using cluster = await openCluster({ servers })
  const secret = await enrol(cluster, 'lobby')
  const other = await enrol(cluster, 'another')
  const relayUrl = cluster.nodes[0]?.url ?? ''
  await using device = await openHandDevice({ relayUrl, id: 'lobby', secret })
  const set = { set: { location: 'here' }, timeoutSeconds: 60 }
  const keyed = { 'idempotency-key': 'k' }

  const pushing = onePush(device)
  await until(
    'it is online',
    async () => Object((await serviceAt(cluster, 1).read('/v1/devices/lobby')).body).state === 'online',
  )
  const asking = serviceAt(cluster, 1).ask('lobby', set)
  const fleeting = await pushing
  const nextPush = onePush(device)
  const askingKeyed = serviceAt(cluster, 1).ask('lobby', set, keyed)
  const stored = await nextPush
  await cluster.nodes[0]?.stop('SIGKILL')
  // What a node that was given up wrote a moment later: nobody else will look at it.
  const run = (sql: string) => servers.postgres.run(sql, cluster.databaseUrl)
  const { requestId } = stored
  const columns = 'device, account, kind, body, accepted_at, keep_until, outcome, sent_at, node'
  const copied = 'device, account, kind, body, accepted_at, keep_until, outcome, sent_at, 999'
  await run(
    `insert into request (request_id, ${columns}) select 'left-behind', ${copied} from request where request_id = '${requestId}'`,
  )

  /** Not taken at once, since for some seconds it may live: then for good. @returns what came before 202, if not 503 */
  async function untilTaken(at: number, requestId: string): Promise<number[]> {
    const others: number[] = []
    await until(
      'it is taken',
      async () => {
        const status = await say(cluster, at, 'lobby', secret, requestId, here)
        if (status !== 503 && status !== 202) others.push(status)
        return status === 202
      },
      60_000,
    )
    return others
  }
  assert.deepEqual(await Promise.all([untilTaken(1, fleeting.requestId), untilTaken(2, stored.requestId)]), [[], []])
  assert.equal((await asking).outcome, 'unknown')
  await until('what was left behind is over', async () => {
    const [row] = await run("select outcome from request where request_id = 'left-behind'")
    return row?.['outcome'] === 'unknown'
  })
  const keyedReply = await askingKeyed
  // The device's word may be on disk before the node that asked gives up: then the service is told it.
  const told = [keyedReply.outcome, Object(keyedReply.body).values]
  assert.deepEqual(told, keyedReply.outcome === 'answered' ? ['answered', here.values] : ['unknown', undefined])

  for (const at of [1, 2]) {
    const { body } = await serviceAt(cluster, at).read(`/v1/requests/${stored.requestId}`)
    assert.deepEqual([Object(body).outcome, Object(body).values], ['answered', here.values])
    assert.equal((await serviceAt(cluster, at).read(`/v1/requests/${fleeting.requestId}`)).status, 404)
    const again = await serviceAt(cluster, at).ask('lobby', set, keyed)
    assert.deepEqual([again.status, again.headers.get('idempotency-replayed')], [200, 'true'])
    const tell = (requestId: string, response: object, id = 'lobby', key = secret) =>
      say(cluster, at, id, key, requestId, response)
    assert.equal(await tell(stored.requestId, { values: {}, errors: {} }), 409, 'something else')
    assert.equal(await tell(stored.requestId, here, 'another', other), 404, 'of another device')
    assert.equal(await tell('A'.repeat(32), here), 404, 'a made-up one')
  }
})

/** Two nodes, of which the first has the bus over a bad wire, and the device; one is asked, and the device has been told. */
async function askOverWire(at: number) {
  await using building = new AsyncDisposableStack()
  const wire = building.use(await openBusWire(servers))
  const cluster = building.use(await openCluster({ servers, nodes: 2, place: wire.place }))
  const secret = await enrol(cluster, 'lobby')
  const relayUrl = cluster.nodes[0]?.url ?? ''
  const device = building.use(await openHandDevice({ relayUrl, id: 'lobby', secret }))
  const pushing = onePush(device)
  const service = serviceAt(cluster, at)
  await until('it is online', async () => Object((await service.read('/v1/devices/lobby')).body).state === 'online')
  const asking = service.ask('lobby', { set: { location: 'here' }, timeoutSeconds: 60 })
  // Awaited where it matters: before that the scene may have failed.
  asking.catch(() => {})
  const { requestId } = await pushing
  const built = building.move()
  return { wire, cluster, device, secret, asking, requestId, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

test('A10 an answer that cannot be brought to the node where its service waits is not turned away for good', async () => {
  await using street = await askOverWire(0)
  const { wire, cluster, secret, asking, requestId } = street
  wire.set({ dropFraction: 1 })
  wire.cutAll()
  await until('the bus is gone for it', async () => {
    const metrics = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text()
    return /^fairlead_bus_connected 0$/m.test(metrics)
  })
  assert.equal(await say(cluster, 1, 'lobby', secret, requestId, here), 503)
  assert.equal(await say(cluster, 0, 'lobby', secret, requestId, here), 200)
  assert.equal((await asking).outcome, 'answered')
})

test('A10 an answer that is lost with a short break of the bus is asked for again, when its node is back', async () => {
  await using street = await askOverWire(1)
  const { wire, device, asking, requestId } = street
  wire.set({ swallow: 'to-relay' })
  assert.equal(await device.answer(requestId, here), 200)
  wire.cutAll()
  wire.set({ swallow: 'nothing' })
  const startedMs = performance.now()
  const reply = await asking
  assert.deepEqual([reply.outcome, Object(reply.body).values], ['answered', here.values])
  assert.ok(performance.now() - startedMs < 20_000, 'and not only when its time is over')
})

async function hasSession({ url }: ClusterNode): Promise<boolean> {
  return /^fairlead_sessions\{transport="bosh"\} 1$/m.test(await (await fetch(`${url}/metrics`)).text())
}

test('A10 an answer in the session is brought to the node that asked, when the session has gone to another one meanwhile', async () => {
  await using cluster = await openCluster({ servers })
  const secret = await enrol(cluster, 'lobby')
  await using device = await openHandDevice({ relayUrl: cluster.url, id: 'lobby', secret })
  const pushing = onePush(device)
  let holder = -1
  await until('a node has its session', async () => {
    holder = (await Promise.all(cluster.nodes.map(hasSession))).indexOf(true)
    return holder >= 0
  })
  const asker = serviceAt(cluster, (holder + 1) % 3)
  await until('it is online', async () => Object((await asker.read('/v1/devices/lobby')).body).state === 'online')
  const asking = asker.ask('lobby', { set: { location: 'here' }, timeoutSeconds: 30 })
  asking.catch(() => {})
  const { requestId } = await pushing
  const held = device.hold()
  const stopping = cluster.nodes[holder]?.stop('SIGTERM')
  assert.deepEqual(await held, [], 'it is sent away with its session')
  device.answerInSession(requestId, here).catch(() => {})
  const reply = await asking
  assert.deepEqual([reply.status, Object(reply.body).values], [200, here.values])
  await stopping
})

test('I5 an answer that the record refuses is told to the service that waits, to nobody else before it is stored, and stored before its node leaves', async () => {
  await using cluster = await openCluster({ servers, nodes: 1 })
  const secret = await enrol(cluster, 'lobby')
  await using device = await openHandDevice({ relayUrl: cluster.url, id: 'lobby', secret })
  const [node] = cluster.nodes
  assert.ok(node)
  const service = serviceAt(cluster, 0)
  const pushing = onePush(device)
  await until('it is online', async () => Object((await service.read('/v1/devices/lobby')).body).state === 'online')
  const set = { set: { location: 'here' }, timeoutSeconds: 60 }
  const keyed = { 'idempotency-key': 'k' }
  const asking = service.ask('lobby', set, keyed)
  const { requestId } = await pushing

  const run = (sql: string) => servers.postgres.run(sql, cluster.databaseUrl)
  const lock = "from pg_locks where relation = 'request'::regclass and mode = 'ExclusiveLock' and granted"
  const locking = run('begin; lock table request in exclusive mode; select pg_sleep(60)').catch(() => {})
  await until('nothing can be written of requests', async () => (await run(`select 1 ${lock}`)).length > 0)
  const held = device.hold().catch(() => {})
  device.answerInSession(requestId, here).catch(() => {})
  const reply = await asking
  assert.deepEqual([reply.status, Object(reply.body).values], [200, here.values])
  assert.equal((await service.ask('lobby', set, keyed)).status, 503)

  const stopping = node.stop('SIGTERM')
  await until(
    'it takes nothing more',
    async () => (await fetch(`${node.url}/v1/devices`).catch(() => undefined)) === undefined,
  )
  await run(`select pg_terminate_backend(pid) ${lock}`)
  await Promise.all([locking, stopping, held])
  await node.start()
  assert.equal(Object((await service.read(`/v1/requests/${requestId}`)).body).outcome, 'answered')
})

test('A10 a late answer to what one node wrote down and another one sent is on disk before anybody is told it', async () => {
  await using cluster = await openCluster({ servers, nodes: 2 })
  const secret = await enrol(cluster, 'lobby')
  const [first, second] = cluster.nodes
  assert.ok(first && second)
  const service = serviceAt(cluster, 0)
  await using before = await openHandDevice({ relayUrl: first.url, id: 'lobby', secret })
  const pushed: Pushed[] = []
  const holding = (async () => {
    for (;;) pushed.push(...(await before.hold()))
  })().catch(() => {})
  await until('it is online', async () => Object((await service.read('/v1/devices/lobby')).body).state === 'online')
  // As many as it may have in hand: the next one waits at its node.
  const inHand = Array.from({ length: 8 }, () => service.ask('lobby', { get: ['model'], timeoutSeconds: 20 }))
  // Awaited where it matters: before that the scene may have failed.
  Promise.all(inHand).catch(() => {})
  await until('it has its hands full', async () => pushed.length === 8)
  const set = { set: { location: 'here' }, timeoutSeconds: 4 }
  const keyed = { 'idempotency-key': 'k' }
  const asking = service.ask('lobby', set, keyed)
  await until('it is written down', async () => {
    const rows = await servers.postgres.run("select 1 from request where outcome = 'pending'", cluster.databaseUrl)
    return rows.length === 1
  })
  await using device = await openHandDevice({ relayUrl: second.url, id: 'lobby', secret })
  const { requestId } = await onePush(device)
  const reply = await asking
  assert.deepEqual([reply.status, reply.outcome], [504, 'unknown'])

  const held = device.hold().catch(() => {})
  device.answerInSession(requestId, here).catch(() => {})
  const elsewhere = serviceAt(cluster, 1)
  await until('it is known', async () => (await elsewhere.ask('lobby', set, keyed)).status === 200)
  const [row] = await servers.postgres.run(
    `select outcome from request where request_id = '${requestId}'`,
    cluster.databaseUrl,
  )
  assert.equal(row?.['outcome'], 'answered')
  for (const at of [0, 1]) {
    const { body } = await serviceAt(cluster, at).read(`/v1/requests/${requestId}`)
    assert.deepEqual([Object(body).outcome, Object(body).values], ['answered', here.values])
  }
  for (const { requestId } of pushed) await device.answer(requestId, { values: { model: 'Lobby 1' }, errors: {} })
  await Promise.all(inHand)
  await device.leave()
  await Promise.all([held, holding])
})
