/** D6 a node goes under load, behind nginx and behind HAProxy as we deploy them, and nobody has to know. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openStockDevice } from './cast/cast.ts'
import { type Cluster, type ClusterOptions, openCluster, openClusterServers } from './cluster.ts'
import { withoutCutOffs } from './fleet.ts'
import { openFolder } from './folder.ts'
import { startHouseFile } from './process.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

const boshDevices = Array.from({ length: 12 }, (_, at) => `bosh-${at}`)
const devices = [...boshDevices, 'web-socket']

interface Load extends AsyncDisposable {
  /** What services were told, as `STATUS OUTCOME`, of all devices or of one. */
  answers(device?: string): string[]
  /** Each device has been answered for so many times more. */
  moreAnswered(times: number): Promise<void>
  stop(): Promise<void>
}

/** Often enough that something is in hand whenever something happens, and seldom enough that connections are idle as well. */
const pauseMs = 100

/** Twelve devices over BOSH, one over WebSocket, and a service for each that asks again and again. */
async function openLoad(cluster: Cluster): Promise<Load> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const service = createService(cluster.url, cluster.adminKey)
  const secrets = new Map<string, string>()
  for (const id of devices) secrets.set(id, Object((await service.post('/v1/devices', { id })).body).secret)
  await mkdir(join(folder.path, 'data'))
  const config = join(folder.path, 'agent.yaml')
  const entries = boshDevices.map((id) => ({ id, secret: secrets.get(id), driver: 'virtual' }))
  await writeFile(config, JSON.stringify({ relay: cluster.url, devices: entries }))
  building.use(await startHouseFile('cli/main.ts', ['agent', '--config', config, '--data', join(folder.path, 'data')]))
  const webSocket = building.use(
    await openStockDevice({
      role: { client: 'xmpp-js', transport: 'websocket' },
      relayUrl: cluster.url,
      domain: 'localhost',
      id: 'web-socket',
      secret: secrets.get('web-socket') ?? '',
      objects: { model: 'Stock' },
    }),
  )
  await webSocket.online()
  const online = async () => Object((await service.read('/v1/devices?state=online')).body).items?.length
  await until('all are online', async () => (await online()) === devices.length, 60_000)

  const told = new Map<string, string[]>(devices.map((id) => [id, []]))
  let isOver = false
  const asking = Promise.all(
    devices.map(async (id) => {
      while (!isOver) {
        told.get(id)?.push(
          await service.ask(id, { get: ['model'] }).then(
            ({ status, outcome }) => `${status} ${outcome}`,
            (error) => `none: ${error.cause?.code ?? error.message}`,
          ),
        )
        await pause(pauseMs)
      }
    }),
  )
  const answered = (id: string) => told.get(id)?.filter((one) => one === '200 answered').length ?? 0
  const built = building.move()
  return {
    answers: (device) => (device === undefined ? [...told.values()].flat() : (told.get(device) ?? [])),
    async moreAnswered(times) {
      const before = new Map(devices.map((id) => [id, answered(id)]))
      const missing = () => devices.filter((id) => answered(id) < (before.get(id) ?? 0) + times)
      await until(
        () => `answered ${times} times more: ${missing().map((id) => `${id} (${told.get(id)?.slice(-3).join(', ')})`)}`,
        () => missing().length === 0,
        60_000,
      )
    },
    async stop() {
      isOver = true
      await asking
    },
    async [Symbol.asyncDispose]() {
      isOver = true
      await asking
      await built.disposeAsync()
    },
  }
}

function count(answers: readonly string[]): Map<string, number> {
  const counted = new Map<string, number>()
  for (const answer of answers) counted.set(answer, (counted.get(answer) ?? 0) + 1)
  return counted
}

/** What devices were told over HTTP that a device cannot live with. */
async function failedForDevices(cluster: Cluster): Promise<string[]> {
  return (await cluster.served()).filter((line) => /^\w+ \/(http-bind|device\/v1)\S* 5\d\d$/.test(line))
}

for (const balancer of ['nginx', 'haproxy'] as const satisfies ClusterOptions['balancer'][]) {
  test(`D6 behind ${balancer} a node is stopped under load, and no request fails`, async () => {
    await using cluster = await openCluster({ servers, balancer })
    await using load = await openLoad(cluster)
    await load.moreAnswered(5)
    const [node] = cluster.nodes
    await node?.stop('SIGTERM')
    await load.moreAnswered(5)
    await node?.start()
    await load.moreAnswered(5)
    await load.stop()
    for (const id of boshDevices) assert.ok(load.answers(id).includes('200 answered'), id)
    const answers = withoutCutOffs(boshDevices.flatMap((id) => load.answers(id)))
    assert.deepEqual([...count(answers).keys()], ['200 answered'], await cluster.complaints())
    // A WebSocket stands at one node, and what its device has in hand goes with that: only that it comes back is sure.
    assert.ok(load.answers('web-socket').includes('200 answered'))
    assert.deepEqual(await failedForDevices(cluster), [])
  })

  test(`D6 behind ${balancer} a node is killed under load: what it had in hand fails, and no other exchange of a BOSH device`, async () => {
    await using cluster = await openCluster({ servers, balancer })
    await using load = await openLoad(cluster)
    await load.moreAnswered(5)
    await cluster.nodes[1]?.stop('SIGKILL')
    await load.moreAnswered(5)
    await load.stop()
    // The node that died had it: one that pushed it knows that it does not know; the balancer says so, HAProxy without a word.
    const broken = ['502 unknown', '502 null', 'none: UND_ERR_SOCKET']
    // A device of the dead node, until another one has taken it over.
    const answers = new Set(load.answers())
    for (const usual of ['200 answered', '409 not-sent', ...broken]) answers.delete(usual)
    assert.deepEqual(answers, new Set())
    // Each service has one in hand; asked again while the kernel still closes the dead node's sockets, it may fail once more.
    for (const id of devices) {
      const failed = load.answers(id).filter((answer) => broken.includes(answer))
      assert.ok(failed.length <= 2, `${id}: ${failed.join(', ')}`)
    }
    // Answers to what it had in hand are said again, until it is known whether it lives.
    const failed = (await failedForDevices(cluster)).map(
      (line) => /^POST (\S+\/responses\/\S+) 50[23]$/.exec(line)?.[1] ?? line,
    )
    for (const answer of new Set(failed))
      await until(
        `it is taken, or need not be said again: ${answer}`,
        async () => (await cluster.served()).some((line) => /^POST \S+ 20[02]$/.test(line) && line.includes(answer)),
        60_000,
      )
  })
}
