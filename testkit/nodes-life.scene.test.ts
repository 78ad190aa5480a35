/** N6 D6: nodes come and go, and devices go on with the sessions that they have (`safety.md` 6.7). */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openCluster, openClusterServers } from './cluster.ts'
import { askAgainAndAgain, openFleet, untilOnline } from './fleet.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

async function askAll(service: Service, ids: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(ids.map((id) => service.ask(id, { get: ['model'] })))
  return answers.map(({ status, outcome }) => `${status} ${outcome}`)
}

async function get(options: RequestOptions): Promise<IncomingMessage> {
  const [answer] = await once(request({ host: '127.0.0.1', ...options }).end(), 'response')
  return answer.resume()
}

const devicesInAll = 30

test('6.7 a node is killed: its devices go on at the others, and none logs in anew', async () => {
  await using cluster = await openCluster({ servers })
  await using fleet = await openFleet(cluster, devicesInAll)
  const before = fleet.logIns()
  assert.equal(before, devicesInAll)
  assert.deepEqual(new Set(await askAll(fleet.service, fleet.ids)), new Set(['200 answered']))
  // What a log-in wrote down reaches the disk a moment later, for which nobody waits.
  await until('every session is written down', async () => {
    const [row] = await servers.postgres.run('select count(*)::int as n from session', cluster.databaseUrl)
    return row?.['n'] === devicesInAll
  })
  const killedAt = performance.now()
  await cluster.nodes[1]?.stop('SIGKILL')
  await until(
    'all are answered for again',
    async () => (await askAll(fleet.service, fleet.ids)).every((answer) => answer === '200 answered'),
    60_000,
  )
  const backMs = performance.now() - killedAt
  assert.ok(backMs < 30_000, `back after ${Math.round(backMs)} ms`)
  assert.equal(fleet.logIns(), before)
  await untilOnline(fleet.service, devicesInAll)
})

test('R-15 a node is stopped and comes back: nothing that is asked meanwhile fails, and nobody logs in anew', async () => {
  await using cluster = await openCluster({ servers })
  await using fleet = await openFleet(cluster, devicesInAll)
  const before = fleet.logIns()
  await using asking = askAgainAndAgain(fleet)
  await asking.more(100)
  for (const node of cluster.nodes) {
    await node.stop('SIGTERM')
    await asking.more(100)
    await node.start()
  }
  const failed = await asking.failed()
  assert.equal(fleet.logIns(), before, 'nobody logs in anew')
  assert.deepEqual(
    failed,
    new Map(),
    `of ${asking.answers.length} answers; the balancer: ${await cluster.complaints()}`,
  )
})

test('R-15 a node that leaves answers what still comes on a connection that a balancer has kept, and ends it then', async () => {
  await using cluster = await openCluster({ servers, nodes: 2 })
  const [leaving] = cluster.nodes
  const { port = '' } = new URL(leaving?.url ?? '')
  const kept = new Agent({ keepAlive: true, maxSockets: 1 })
  const look = () => get({ agent: kept, port, path: '/healthz' })
  assert.equal((await look()).headers.connection, 'keep-alive')
  const left = leaving?.stop('SIGTERM')
  // Whoever comes anew is not let in, as a balancer's next look at it finds.
  await until('it listens no more', async () => (await get({ port, path: '/healthz' }).catch(() => false)) === false)
  const answer = await look()
  assert.deepEqual([answer.statusCode, answer.headers.connection], [200, 'close'])
  await left
})

test('N6 a node that waits for the record while it starts comes up all the same', async () => {
  await using cluster = await openCluster({ nodes: 1, servers })
  const [node] = cluster.nodes
  await node?.stop('SIGTERM')
  const run = (sql: string) => servers.postgres.run(sql, cluster.databaseUrl)
  const locking = run('begin; lock table device; select pg_sleep(60)').catch(() => {})
  const lock = `from pg_locks where relation = 'device'::regclass and mode = 'AccessExclusiveLock' and granted`
  await until('the table is locked', async () => (await run(`select 1 ${lock}`)).length > 0)
  const starting = node?.start()
  const waits = `select 1 from pg_locks where relation = 'device'::regclass and not granted`
  await until('the node waits for it', async () => (await run(waits)).length > 0)
  // As long as a hundred thousand devices take to be read.
  await pause(1_500)
  await run(`select pg_terminate_backend(pid) ${lock}`)
  await locking
  await starting
  assert.equal((await createService(cluster.url, cluster.adminKey).read('/v1/devices')).status, 200)
})
