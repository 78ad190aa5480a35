/** N8: what operators see of three real nodes, in their metrics, on the dashboard and by its alerts. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { type ClusterNode, openCluster, openClusterServers } from './cluster.ts'
import { openPrometheus } from './prometheus.ts'
import { openRawDevice } from './raw-device.ts'
import { readMetric } from './read-metric.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const servers = await openClusterServers()
after(() => servers[Symbol.asyncDispose]())

interface Panel {
  title: string
  targets: { expr: string }[]
}

const read = (name: string) => readFileSync(new URL(`../deploy/${name}`, import.meta.url), 'utf8')
const { panels }: { panels: Panel[] } = JSON.parse(read('grafana-dashboard.json'))
const hostOf = ({ url }: ClusterNode) => new URL(url).host

async function untilAll(nodes: readonly ClusterNode[], metric: string, wanted: number): Promise<void> {
  const values = async () => Promise.all(nodes.map(({ url }) => readMetric(url, metric)))
  await until(`${metric} is ${wanted} at ${nodes.length}`, async () => (await values()).every((one) => one === wanted))
}

test('N8 every panel of the dashboard shows something of three nodes, and nothing is alarmed while all is well', async () => {
  await using cluster = await openCluster({ servers })
  const service = createService(cluster.url, cluster.adminKey)
  await using prometheus = await openPrometheus(cluster.nodes.map(hostOf), cluster.adminKey)
  const { body } = await service.post('/v1/devices', { id: 'lobby' })
  const device = await openRawDevice({ relayUrl: cluster.url, id: 'lobby', secret: Object(body).secret })
  const held = device.send()
  const unanswered = held.catch(() => {})
  const isOnline = async () => Object((await service.read('/v1/devices/lobby')).body).state === 'online'
  await until('the device is online', isOnline)

  // Something to see: an answer that never comes, and a key that nobody has.
  const asked = service.ask('lobby', { get: ['model'], timeoutSeconds: 1 })
  const stranger = createService(cluster.url, 'no-key-of-anybody')
  for (let turn = 0; turn < 6; turn++) assert.equal((await stranger.read('/v1/devices')).status, 401)
  assert.equal((await asked).status, 504)

  const expressions = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })))
  assert.ok(expressions.length > 20)
  for (const { title, expr } of expressions) {
    const asksFor = expr.replaceAll('$job', 'fairlead').replaceAll('$__rate_interval', '1m')
    const hasData = async () => {
      // What is counted must grow to have a rate.
      await service.ask('lobby', { get: ['model'], timeoutSeconds: 1 })
      await stranger.read('/v1/devices')
      return (await prometheus.query(asksFor)).length > 0
    }
    await until(`"${title}" shows something: ${expr}`, hasData)
  }
  assert.deepEqual(
    (await prometheus.query('fairlead_node_info')).map(({ metric }) => [metric['instance'], metric['state']]).sort(),
    cluster.nodes.map((node) => [hostOf(node), 'serving']).sort(),
  )
  const alerts = await prometheus.alerts()
  // One of two requests is left unanswered here; nothing else may be said.
  for (const name of ['FairleadOutcomesUnknown', 'FairleadRequestsSlow']) alerts.delete(name)
  assert.deepEqual(alerts, new Map())
  device.vanish()
  await unanswered

  await cluster.nodes[2]?.stop('SIGKILL')
  await until('the node is missed', async () => (await prometheus.alerts()).get('FairleadNodeDown') === 'pending')
})

test('N8 every metric that a panel or an alert names is one that a node tells', async () => {
  await using cluster = await openCluster({ servers, nodes: 1 })
  const [node] = cluster.nodes
  assert.ok(node)
  await createService(cluster.url, 'no-key-of-anybody').read('/v1/devices')
  const text = await (await fetch(`${node.url}/metrics`)).text()
  const told = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name))
  const named = new Set(
    [...(read('prometheus-alerts.yaml') + read('grafana-dashboard.json')).matchAll(/\bfairlead_\w+/g)].map(([name]) =>
      name.replace(/_bucket$/, ''),
    ),
  )
  assert.ok(named.size > 15)
  assert.deepEqual([...named.difference(told)], [])
})

test('N8 each node tells how it stands: with the others, with the bus, with the record', async () => {
  // Servers of its own: they are taken away.
  await using cluster = await openCluster()
  const [first, second, third] = cluster.nodes
  assert.ok(first && second && third)
  await untilAll(cluster.nodes, 'fairlead_nodes', 3)
  for (const metric of ['fairlead_node_holds', 'fairlead_bus_connected', 'fairlead_database_writable'])
    await untilAll(cluster.nodes, metric, 1)
  await untilAll(cluster.nodes, 'fairlead_bus_refused_total', 0)

  await third.stop('SIGKILL')
  const left = [first, second]
  await untilAll(left, 'fairlead_nodes', 2)

  await cluster.servers.nats.kill()
  await untilAll(left, 'fairlead_bus_connected', 0)
  await untilAll(left, 'fairlead_bus_disconnects_total', 1)
  await cluster.servers.nats.restart()
  await untilAll(left, 'fairlead_bus_connected', 1)
  await untilAll(left, 'fairlead_node_holds', 1)

  await cluster.servers.postgres.kill()
  await untilAll(left, 'fairlead_database_writable', 0)
  await cluster.servers.postgres.start()
  await untilAll(left, 'fairlead_database_writable', 1)
})
