/** An agent on bad ways to its relay: proxies, cuts, half-open connections. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { openHttpProxy } from '../testkit/http-proxy.ts'
import { until } from '../testkit/until.ts'
import { openWire } from '../testkit/wire.ts'
import { openRunning } from './for-tests.ts'
import { openMemory } from './memory/memory.ts'

test('field note 1: a way that cuts idle connections is learned, remembered, and then no longer cuts', async () => {
  const wire = Promise.withResolvers<Awaited<ReturnType<typeof openWire>>>()
  // The relay's port is known only once it runs: the wire is opened towards it from within.
  await using running = await openRunning({
    relayUrl: async (url) => {
      const opened = await openWire(url, { cutIdleAfterMs: 7000 })
      wire.resolve(opened)
      return opened.url
    },
  })
  await using opened = await wire.promise
  await until('cut twice', () => opened.counts.cut >= 2, 30_000)
  await until('a shorter hold', () => running.warnings.some((event) => event === 'uplink.hold-cut'))
  const { cut } = opened.counts
  running.relay.push('lobby', 'r1', { get: ['model'] })
  await until('answered', () => running.relay.answers.has('r1'))
  const sessions = running.relay.events.filter((event) => event === 'bound lobby')
  assert.equal(sessions.length, 1, 'one session all along')
  assert.equal(await running.stop(), 0)
  assert.ok(opened.counts.cut <= cut + 1)
  using memory = openMemory(running.data, systemClock)
  assert.equal(memory.find('lobby')?.learnedWaitSeconds, 5)
})

test('a connection that is cut is replaced at once, and the session lives on', async () => {
  const wire = Promise.withResolvers<Awaited<ReturnType<typeof openWire>>>()
  await using running = await openRunning({
    relayUrl: async (url) => {
      const opened = await openWire(url)
      wire.resolve(opened)
      return opened.url
    },
  })
  await using opened = await wire.promise
  await until('connected', () => running.relay.events.includes('connected lobby'))
  for (let round = 1; round <= 3; round++) {
    const before = opened.counts.connections
    opened.cutAll()
    await until('connected again', () => opened.counts.connections > before)
    running.relay.push('lobby', `r${round}`, { get: ['model'] })
    await until('answered', () => running.relay.answers.has(`r${round}`))
  }
  assert.equal(running.relay.events.filter((event) => event === 'bound lobby').length, 1)
  assert.deepEqual(
    running.lines.map((line) => line.event),
    ['agent.ready', 'device.online'],
  )
})

test('A5 a half-open connection is found by the survival notification, and a push gets through again', async () => {
  const wire = Promise.withResolvers<Awaited<ReturnType<typeof openWire>>>()
  await using running = await openRunning(
    {
      survivalTimeoutSeconds: 2,
      relayUrl: async (url) => {
        const opened = await openWire(url)
        wire.resolve(opened)
        return opened.url
      },
    },
    ['--survival-answer-timeout', '1'],
  )
  await using opened = await wire.promise
  await running.said('device.online')
  opened.set({ swallow: 'everything' })
  running.relay.push('lobby', 'lost', { get: ['model'] })
  await running.said('device.offline', 'unreachable')
  opened.set({ swallow: 'nothing' })
  // What the wire swallowed is gone for good: the log-in that was under way has to time out first.
  await until(
    'a new session',
    () => running.relay.events.filter((event) => event === 'bound lobby').length >= 2,
    40_000,
  )
  await until('online', () => running.lines.at(-1)?.event === 'device.online')
  running.relay.push('lobby', 'r1', { get: ['model'] })
  await until('answered', () => running.relay.answers.has('r1'))
})

test('A16 through an HTTP proxy that closes idle connections', async () => {
  await using proxy = await openHttpProxy({ cutIdleAfterMs: 4000 })
  await using running = await openRunning({}, [], { HTTP_PROXY: proxy.url })
  await until('connected', () => running.relay.events.includes('connected lobby'))
  await until('cut', () => proxy.counts.cut >= 2)
  running.relay.push('lobby', 'r1', { set: { location: 'behind a proxy' } })
  await until('answered', () => running.relay.answers.has('r1'))
  assert.equal(running.relay.events.filter((event) => event === 'bound lobby').length, 1)
})
