/** An agent with virtual devices at a real BOSH door: modes, sessions, requests, the end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@fairlead/base'
import { tableOf } from '../cli/table.ts'
import { openDeviceDoor } from '../testkit/device-door.ts'
import { until } from '../testkit/until.ts'
import { openRunning, secret } from './for-tests.ts'
import { runAgent } from './main.ts'

test('A2 A3 A4 a device registers over plain HTTP, logs in, and holds a connection', async () => {
  await using running = await openRunning()
  await running.said('device.online')
  assert.deepEqual(
    running.lines.map((line) => line.event),
    ['agent.ready', 'device.online'],
  )
  assert.deepEqual(
    running.relay.calls.map((call) => call.path),
    ['/device/v1/register'],
  )
  const capabilities = running.relay.calls[0]?.body['capabilities'] as Record<string, unknown>
  assert.equal(typeof capabilities['model'], 'string')
  assert.deepEqual(running.relay.events.slice(0, 2), ['bound lobby', 'connected lobby'], 'the relay knows it by then')
})

test('A9 A10 a pushed GET and SET are answered by plain HTTP with their request IDs', async () => {
  await using running = await openRunning()
  const { relay } = running
  await until('connected', () => relay.events.includes('connected lobby'))
  relay.push('lobby', 'r1', { get: ['toner.black', 'no.such'] })
  relay.push('lobby', 'r2', { set: { location: '2nd floor' } })
  relay.push('lobby', 'r3', { command: 'no-such-command' })
  await until('answered', () => relay.answers.size === 3)
  const got = relay.answers.get('r1') as { values: Record<string, unknown>; errors: Record<string, { code: string }> }
  assert.equal(got.values['toner.black'], 100)
  assert.equal(got.errors['no.such']?.code, 'unknown-object')
  assert.deepEqual(relay.answers.get('r2'), { values: { location: '2nd floor' }, errors: {} })
  assert.equal(typeof relay.answers.get('r3')?.['refused'], 'string')
})

test('A10 an answer is repeated until the relay takes it', async () => {
  let refusals = 2
  await using running = await openRunning({
    intercept(request, response) {
      if (!request.url?.includes('/responses/') || refusals-- <= 0) return false
      if (refusals === 1) request.socket.destroy()
      else response.writeHead(503).end()
      return true
    },
  })
  const { relay } = running
  await until('connected', () => relay.events.includes('connected lobby'))
  relay.push('lobby', 'r1', { get: ['model'] })
  await until('answered', () => relay.answers.has('r1'))
  assert.equal(refusals, -1)
})

test('6.1 a SET that is pushed twice is done once and answered twice', async () => {
  await using running = await openRunning()
  const { relay } = running
  await until('connected', () => relay.events.includes('connected lobby'))
  relay.push('lobby', 'r1', { command: 'print-test-page', arguments: { pages: 1 } })
  await until('answered', () => relay.answers.has('r1'))
  const first = relay.answers.get('r1')
  relay.answers.clear()
  relay.push('lobby', 'r1', { command: 'print-test-page', arguments: { pages: 1 } })
  await until('answered', () => relay.answers.has('r1'))
  assert.deepEqual(relay.answers.get('r1'), first)
  relay.push('lobby', 'r2', { get: ['pages'] })
  await until('answered', () => relay.answers.has('r2'))
  assert.deepEqual(relay.answers.get('r2')?.['values'], { pages: { value: 1, unit: 'impressions' } })
})

test('A1 mode OFF ends the session with that reason, sends nothing more, and survives a restart; ON is at once', async () => {
  await using running = await openRunning({ survivalTimeoutSeconds: 1 })
  const { relay } = running
  await until('connected', () => relay.events.includes('connected lobby'))
  assert.equal(await running.command('mode', 'off'), 0)
  await running.said('device.offline', 'mode-off')
  await until('ended', () => relay.events.some((event) => event.startsWith('ended')))
  // Each request that is held is told of as a connection, that of the proof too.
  const others = relay.events.filter((event) => event !== 'connected lobby')
  assert.deepEqual(others, ['bound lobby', 'leaving lobby mode-off', 'ended lobby terminated'])
  const calls = relay.calls.length
  assert.equal(await running.stop(), 0)

  const again: Record<string, unknown>[] = []
  const stop = new AbortController()
  const io = {
    out: (line: string) => void again.push(JSON.parse(line)),
    err() {},
    environment: {},
    table: tableOf,
    log: silentLog,
  }
  const ended = runAgent(['--data', running.data], { ...io, stop: stop.signal })
  await until('said again', () => again.some((line) => line['event'] === 'device.offline'))
  assert.equal(relay.calls.length, calls, 'no register and no survival notification while OFF')
  assert.equal(await running.command('mode', 'on'), 0)
  await until('said again', () => again.some((line) => line['event'] === 'device.online'))
  assert.equal(relay.calls.at(calls)?.path, '/device/v1/register')
  stop.abort()
  assert.equal(await ended, 0)
})

test('A1 what was pushed before mode OFF is still answered', async () => {
  await using running = await openRunning({}, ['--driver', 'virtual?secondsPerPage=1'])
  const { relay } = running
  await until('connected', () => relay.events.includes('connected lobby'))
  relay.push('lobby', 'slow', { command: 'print-test-page', arguments: { pages: 1 } })
  relay.push('lobby', 'get', { get: ['model'] })
  await until('answered', () => relay.answers.has('get'))
  assert.equal(await running.command('mode', 'off'), 0)
  assert.equal(relay.answers.has('slow'), false)
  await until('terminated', () => relay.events.includes('ended lobby terminated'))
  assert.ok(relay.answers.has('slow'))
})

test('A5 the survival notification keeps a recognised session, and opens a new one when it is not', async () => {
  await using running = await openRunning({ survivalTimeoutSeconds: 1 })
  const { relay } = running
  await until('notified twice', () => relay.calls.filter((call) => call.path === '/device/v1/survival').length === 2)
  assert.equal(relay.calls[1]?.body['sid'], relay.lineOf('lobby')?.id)
  assert.equal(relay.events.filter((event) => event === 'bound lobby').length, 1)
  relay.recognizes = () => false
  await until('another session', () => relay.events.filter((event) => event === 'connected lobby').length >= 2)
  relay.recognizes = undefined
})

test('A5 a survival notification without an answer in the set time opens a new session', async () => {
  await using running = await openRunning({ survivalTimeoutSeconds: 1 }, ['--survival-answer-timeout', '1'])
  const { relay } = running
  relay.recognizes = () => 'silence'
  await until('another session', () => relay.events.filter((event) => event === 'connected lobby').length >= 2)
  relay.recognizes = undefined
})

test('A5 the variant "session" opens a new session, "nothing" and 0 do nothing', async () => {
  const settings = ['--survival-mode', 'session', '--survival-timeout', '1']
  await using running = await openRunning({}, settings)
  await until('another session', () => running.relay.events.filter((event) => event === 'bound lobby').length >= 2)
  assert.ok(running.relay.calls.every((call) => call.path === '/device/v1/register'))
})

test('a wrong secret is told as that', async () => {
  await using running = await openRunning({}, [], { FAIRLEAD_SECRET: 'not-the-secret-at-all' })
  await running.said('device.offline', 'unauthorized')
  assert.deepEqual(running.relay.events, [])
})

test('a relay that is gone and comes back finds its device again', async () => {
  const running = await openRunning()
  await using _running = running
  await until('connected', () => running.relay.events.includes('connected lobby'))
  const { port } = running.relay
  await running.relay[Symbol.asyncDispose]()
  await running.said('device.offline')
  await using back = await openDeviceDoor({ devices: { lobby: secret }, port })
  await until('back again', () => back.events.includes('connected lobby'))
  back.push('lobby', 'r1', { get: ['model'] })
  await until('back again', () => back.answers.has('r1'))
})

test('a second agent on the same folder is refused with one sentence', async () => {
  await using running = await openRunning()
  await running.said('device.online')
  assert.equal(await running.command(), 1)
  assert.match(running.errors.join(), /Another agent is running with the data folder/)
})

test('at the end the session is terminated and the status is 0', async () => {
  await using running = await openRunning()
  await until('connected', () => running.relay.events.includes('connected lobby'))
  assert.equal(await running.stop(), 0)
  assert.ok(running.relay.events.includes('ended lobby terminated'))
})
