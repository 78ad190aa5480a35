/** G3: changes that services ask for one after the other are made in that order, while their device goes from node to node. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Cluster, openCluster, openClusterServers } from './cluster.ts'
import { type HandDevice, openHandDevice } from './hand-device.ts'
import { createService, type Reply } from './service.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

const serviceAt = (cluster: Cluster, at: number) =>
  createService(cluster.nodes[at]?.url ?? assert.fail('there is no such node'), cluster.adminKey)

async function enrol(cluster: Cluster, id: string): Promise<string> {
  const { status, body } = await serviceAt(cluster, 0).post('/v1/devices', { id })
  assert.equal(status, 201, JSON.stringify(body))
  return Object(body).secret
}

/** It is taken, and may be carried out whenever its device can. */
const change = (cluster: Cluster, at: number, location: string): Promise<Reply> =>
  serviceAt(cluster, at).ask('lobby', { set: { location }, deliverWithinSeconds: 120 }, { prefer: 'respond-async' })

async function isOnline(cluster: Cluster, at: number): Promise<boolean> {
  return Object((await serviceAt(cluster, at).read('/v1/devices/lobby')).body).state === 'online'
}

/** What it was asked to be set to, in the order in which it was asked. */
async function takePushes(device: HandDevice, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  while (taken.length < count)
    for (const { requestId, request } of await device.hold()) {
      taken.push(request.set?.['location'])
      await device.answer(requestId, { values: request.set, errors: {} })
    }
  return taken
}

test('G3 a device logs in at another node: what was taken at the first comes before what is asked at the second', async () => {
  await using cluster = await openCluster({ servers })
  const secret = await enrol(cluster, 'lobby')
  const openAt = (at: number) => openHandDevice({ relayUrl: cluster.nodes[at]?.url ?? '', id: 'lobby', secret })
  for (let round = 0; round < 5; round++) {
    await using first = await openAt(0)
    const held = takePushes(first, 1)
    await until('it is online', () => isOnline(cluster, 0))
    const names = Array.from({ length: 8 }, (_, at) => `${round}.${at}`)
    assert.equal((await change(cluster, 0, names[0] ?? '')).status, 202)
    // It has no request at the relay from now on: all of this waits there.
    assert.deepEqual(await held, [names[0]])
    for (const [at, name] of names.slice(1, 4).entries()) assert.equal((await change(cluster, at, name)).status, 202)
    await using second = await openAt(1)
    for (const [at, name] of names.slice(4).entries())
      assert.equal((await change(cluster, (at + 1) % 3, name)).status, 202)
    assert.deepEqual(await takePushes(second, 7), names.slice(1))
    await second.leave()
    await until('it is gone', async () => !(await isOnline(cluster, 0)))
  }
})

test('G3 each node in turn is stopped and comes back: what is asked one after the other is done in that order', async () => {
  await using cluster = await openCluster({ servers })
  const secret = await enrol(cluster, 'lobby')
  await using device = await openHandDevice({ relayUrl: cluster.url, id: 'lobby', secret })
  const done: string[] = []
  device.serve(({ request }) => {
    done.push(String(request.set?.['location']))
    return { values: request.set, errors: {} }
  })
  await until('it is online', () => isOnline(cluster, 0))
  let isOver = false
  const asked: string[] = []
  const asking = (async () => {
    for (let at = 0; !isOver; at++) {
      const node = cluster.nodes[at % 3]
      if (!node?.isRunning()) continue
      const name = `change ${at}`
      const status = await change(cluster, at % 3, name).then(
        (reply) => reply.status,
        () => 0,
      )
      // A node that leaves takes no more: what it did not acknowledge is asked no second time.
      if (status === 202) asked.push(name)
    }
  })()
  for (let round = 0; round < 2; round++)
    for (const node of cluster.nodes) {
      await node.stop('SIGTERM')
      await node.start()
    }
  isOver = true
  await asking
  await until('all of it is done', () => asked.every((name) => done.includes(name)), 30_000)
  assert.deepEqual(
    done.filter((name) => asked.includes(name)),
    asked,
  )
  assert.ok(asked.length > 50, `${asked.length} were asked`)
})

test('G3 what was taken at a node that stood still while its device logged in elsewhere comes when it goes on, without a word of the device', async () => {
  await using cluster = await openCluster({ servers, nodes: 2 })
  const secret = await enrol(cluster, 'lobby')
  const openAt = (at: number) => openHandDevice({ relayUrl: cluster.nodes[at]?.url ?? '', id: 'lobby', secret })
  await using first = await openAt(0)
  const held = takePushes(first, 1)
  await until('it is online', () => isOnline(cluster, 0))
  assert.equal((await change(cluster, 0, 'before')).status, 202)
  assert.deepEqual(await held, ['before'])
  // It is with the relay, and holds no request there.
  assert.equal((await change(cluster, 0, 'meanwhile')).status, 202)
  const still = cluster.nodes[0]?.process() ?? assert.fail('there is no such node')
  still.signal('SIGSTOP')
  try {
    await using second = await openAt(1)
    let came: unknown[] = []
    const taking = takePushes(second, 1).then(
      (taken) => {
        came = taken
      },
      () => {},
    )
    await until('it is online there', () => isOnline(cluster, 1))
    still.signal('SIGCONT')
    await until('what was taken comes', () => came.length > 0, 10_000)
    assert.deepEqual(came, ['meanwhile'])
    await taking
  } finally {
    still.signal('SIGCONT')
  }
})

test('6.6 G3 a device logs in at a node that stood still and is somebody new: what the others took for it comes first', async () => {
  await using cluster = await openCluster({ servers })
  const secret = await enrol(cluster, 'lobby')
  const [frozen] = cluster.nodes
  const known = async (at: number) => {
    const { body } = await serviceAt(cluster, at).read('/metrics')
    return /^fairlead_nodes (\d+)$/m.exec(String(body))?.[1]
  }
  frozen?.process().signal('SIGSTOP')
  for (const at of [1, 2]) await until('it is taken for dead', async () => (await known(at)) === '2', 60_000)
  frozen?.process().signal('SIGCONT')
  const logIn = () => openHandDevice({ relayUrl: frozen?.url ?? '', id: 'lobby', secret })
  await using device = await until('it lets a device in', () => logIn().catch(() => false as const))
  const taking = takePushes(device, 3)
  const early = await Promise.all([1, 2].map((at) => change(cluster, at, 'early')))
  assert.deepEqual(
    early.map(({ status }) => status),
    [202, 202],
  )
  const late = serviceAt(cluster, 0).ask('lobby', { set: { location: 'late' } })
  assert.deepEqual(await taking, ['early', 'early', 'late'])
  assert.equal((await late).status, 200)
})
