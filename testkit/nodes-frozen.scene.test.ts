/** 6.6 A node stands still: what the others say of the devices that it has, before and after it is taken for dead. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { openCluster } from './cluster.ts'
import { openHandDevice } from './hand-device.ts'
import { readMetric } from './read-metric.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

test('6.6 a node stands still: others say at once that its device cannot be reached, and keep what is deferred once it is dead', async () => {
  await using cluster = await openCluster()
  const [frozen, other] = cluster.nodes
  assert.ok(frozen && other)
  const service = createService(other.url, cluster.adminKey)
  const { secret } = Object((await service.post('/v1/devices', { id: 'lobby' })).body)
  const done: unknown[] = []
  const openAt = async (relayUrl: string) => {
    const device = await openHandDevice({ relayUrl, id: 'lobby', secret })
    device.serve(({ request }) => {
      if (request.set) done.push(request.set['location'])
      return { values: request.set ?? { model: 'Hand' }, errors: {} }
    })
    return device
  }
  const ask = async () => {
    const askedMs = performance.now()
    const { status, outcome, body } = await service.ask('lobby', { get: ['model'], timeoutSeconds: 1 })
    return { words: `${status} ${Object(body).code} ${outcome}`, afterMs: performance.now() - askedMs }
  }

  await using _first = await openAt(frozen.url)
  await until('it is answered for', async () => (await ask()).words.startsWith('200'))
  frozen.process().signal('SIGSTOP')
  try {
    // It is silent after six seconds, and dead after eight at the earliest; who asks before that waits for longer.
    const told: Awaited<ReturnType<typeof ask>>[] = []
    await until('it is said soon that nothing was sent', async () => {
      void ask().then((one) => told.push(one))
      await pause(250)
      return told.some(({ words, afterMs }) => words === '503 unavailable not-sent' && afterMs < 4_000)
    })
    await until('it is taken for dead', async () => (await readMetric(other.url, 'fairlead_nodes')) === 2, 60_000)
    const { words, afterMs } = await ask()
    assert.equal(words, '409 device-offline not-sent')
    assert.ok(afterMs < 4_000, `told after ${afterMs} ms`)
    const deferred = { set: { location: 'here' }, deliverWithinSeconds: 60, timeoutSeconds: 1 }
    const { status, requestId } = await service.ask('lobby', deferred)
    assert.equal(status, 202)
    await using _second = await openAt(other.url)
    const outcome = async () => Object((await service.read(`/v1/requests/${requestId}`)).body).outcome
    await until('what was deferred is done', async () => (await outcome()) === 'answered')
    assert.equal((await ask()).words, '200 undefined answered')

    frozen.process().signal('SIGCONT')
    await until('it is there again', async () => (await readMetric(other.url, 'fairlead_nodes')) === 3, 60_000)
    assert.equal((await ask()).words, '200 undefined answered')
    assert.deepEqual(done, ['here'])
  } finally {
    frozen.process().signal('SIGCONT')
  }
})
