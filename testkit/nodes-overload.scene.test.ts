/** R-12, N6: one of several nodes has more to do than it can: what the others are told, and where its devices and log-ins go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openCluster } from './cluster.ts'
import { openHandDevice } from './hand-device.ts'
import { readMetric } from './read-metric.ts'
import { createService } from './service.ts'
import { starve } from './starve.ts'
import { until } from './until.ts'

test('R-12 a node that is late refuses what comes over another node as not sent, takes what is more urgent, and log-ins go to the other', async () => {
  await using cluster = await openCluster({ nodes: 2, relay: ['--overload-log-ins', '1'] })
  const [late, other] = cluster.nodes
  assert.ok(late && other)
  const service = createService(other.url, cluster.adminKey)
  const enrol = async (id: string) => String(Object((await service.post('/v1/devices', { id })).body).secret)
  await using lobby = await openHandDevice({ relayUrl: late.url, id: 'lobby', secret: await enrol('lobby') })
  lobby.serve(({ request: { get } }) => ({ values: get ? { model: 'x' } : {}, errors: {} }))
  const get = (headers = {}) => service.ask('lobby', { get: ['model'] }, headers)
  const set = (headers = {}) => service.ask('lobby', { set: { location: 'x' } }, headers)
  await until('it is reached over the other node', async () => (await get()).status === 200)

  await using starvation = starve(late.process())
  starvation.stopMs = 550
  // A SET shows that it is not the last level but one.
  const { read, written } = await until(
    'GETs are refused and SETs are not',
    async () => {
      const [read, written] = [await get(), await set()]
      return read.status === 503 && written.status === 200 && { read, written }
    },
    60_000,
  )
  assert.equal(written.outcome, 'answered')
  assert.equal(read.outcome, 'not-sent')
  assert.match(read.headers.get('retry-after') ?? '', /^[1-9]\d?$/)
  assert.match(String(Object(read.body).detail), /has more to do than it can, and has not taken this call/)
  assert.equal(await readMetric(other.url, 'fairlead_overload_level'), 0, 'the other node has nothing to do')

  // One a second would be let in by the late node; the balancer asks the next one for all others.
  for (let at = 0; at < 6; at++) {
    const id = `new-${at}`
    const device = await openHandDevice({ relayUrl: cluster.url, id, secret: await enrol(id) })
    await device.leave()
  }

  starvation.stopMs = 1200
  const key = { 'idempotency-key': 'one' }
  const kept = await until(
    'SETs are refused, too',
    async () => {
      const reply = await set(key)
      return reply.status === 503 && reply
    },
    60_000,
  )
  assert.equal(kept.outcome, 'not-sent')
  starvation.stopMs = 0
  await until('it does all again', async () => (await get()).status === 200 && (await set(key)).status === 200, 60_000)
})

test('R-12 what a node has taken is not refused by the late one that it follows its device to', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const [late, leaving] = cluster.nodes
  assert.ok(late && leaving)
  const service = createService(leaving.url, cluster.adminKey)
  const { body } = await service.post('/v1/devices', { id: 'lobby' })
  // Its log-in is at the node that leaves; from then on it comes to either, as balanced.
  const secret = String(Object(body).secret)
  await using lobby = await openHandDevice({ relayUrl: leaving.url, id: 'lobby', secret, thenUrl: cluster.url })
  const letGo = Promise.withResolvers<void>()
  let pushed = 0
  lobby.serve(async () => {
    pushed++
    await letGo.promise
    return { values: { model: 'x' }, errors: {} }
  })
  await until('it is online', async () => Object((await service.read('/v1/devices/lobby')).body).state === 'online')
  // As many as may be on their way, and one that waits for its turn.
  const ask = () => service.ask('lobby', { get: ['model'], timeoutSeconds: 60 })
  const asked = Array.from({ length: 8 }, ask)
  await until('eight are on their way', () => pushed === 8)
  asked.push(ask())

  await using starvation = starve(late.process())
  starvation.stopMs = 550
  await until('the other is late', async () => (await readMetric(late.url, 'fairlead_overload_level')) >= 2, 60_000)
  const stopped = leaving.stop('SIGTERM')
  await until(
    'the device is at the late node',
    async () => (await readMetric(late.url, 'fairlead_sessions{transport="bosh"}')) === 1,
    60_000,
  )
  letGo.resolve()
  for (const { status, body } of await Promise.all(asked)) assert.equal(status, 200, JSON.stringify(body))
  await stopped
})
