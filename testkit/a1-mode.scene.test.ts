/** A1, A1b: the session maintenance mode, wherever it is set, and what a device does in it. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { runAgentCommand, startAgent } from './agent-command.ts'
import { lookAt, untilState } from './device-look.ts'
import { openFolder } from './folder.ts'
import { type HttpWire, openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openNginx } from './nginx.ts'
import { until } from './until.ts'

const times = ['--wait', '5', '--inactivity', '10', '--survival-timeout', '2', '--management-timeout', '15']
const quick = ['--survival-timeout', '1']

/** A street whose device `lobby` is watched; `witness` has the same timer and shows that time has gone by. */
async function openStreet() {
  await using building = new AsyncDisposableStack()
  const street = building.use(await openNeighbourhood({ relay: times }))
  const wire = building.use(await openHttpWire(street.url))
  const witness = building.use(await openHttpWire(street.url))
  const folder = building.use(await openFolder())
  const built = building.move()
  return { ...street, wire, witness, folder: folder.path, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const calls = (wire: HttpWire, path: string) => wire.visits.filter((visit) => visit.path === path).length

/** Until a device with a timer of one second has shown three times more that it lives. */
async function letThreeTimersPass(witness: HttpWire): Promise<void> {
  const before = calls(witness, '/device/v1/survival')
  await until('three timers have passed', () => calls(witness, '/device/v1/survival') >= before + 3)
}

/** Presses the switch of the device's own page, as a person would. */
async function press(page: string, mode: 'on' | 'off'): Promise<void> {
  const html = await (await fetch(page)).text()
  const token = /name="token" value="([^"]+)"/.exec(html)?.[1] ?? assert.fail(`no token in ${html}`)
  assert.match(html, new RegExp(`name="mode" value="${mode}"`), 'the page offers the other mode')
  const form = new URLSearchParams({ token, mode })
  assert.equal((await fetch(`${page}/mode`, { method: 'POST', body: form, redirect: 'manual' })).status, 303)
}

test('A1 switched OFF while a request runs: it is answered, then silence; switched ON: here again, without a restart', async () => {
  await using street = await openStreet()
  await street.openAgent({ id: 'witness', relayUrl: street.witness.url, agent: quick })
  const driver = 'virtual?secondsPerPage=6'
  const lobby = await street.openAgent({ id: 'lobby', driver, relayUrl: street.wire.url, agent: quick })

  const page = { command: 'print-test-page', timeoutSeconds: 20 }
  const accepted = await street.service.ask('lobby', page, { prefer: 'respond-async' })
  assert.equal(accepted.status, 202)
  const fate = async () => (await street.service.read(`/v1/requests/${accepted.requestId}`)).body as { outcome: string }
  await until('the device has got it', async () => 'sentAt' in (await fate()))

  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  assert.equal((await fate()).outcome, 'pending', 'the page is still being printed')
  await until('the request is over', async () => (await fate()).outcome !== 'pending', 30_000)
  assert.equal((await fate()).outcome, 'answered')
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'mode-off')
  assert.equal((await lobby.process.nextEvent('device.offline'))['reason'], 'mode-off')

  const before = street.wire.visits.length
  await letThreeTimersPass(street.witness)
  assert.deepEqual(street.wire.visits.slice(before), [], 'nothing is sent while the mode is OFF')
  const refused = await street.service.ask('lobby', { get: ['model'] })
  assert.deepEqual([refused.status, refused.outcome], [409, 'not-sent'])

  await runAgentCommand(['mode', 'on', '--data', lobby.data])
  await lobby.process.nextEvent('device.online', 3000)
  await untilState(street.service, 'lobby', 'online', 1000)
  assert.equal(street.wire.visits[before]?.path, '/device/v1/register', 'register comes first')
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
})

test('A1 switched OFF while idle: the relay shows it within a second', async () => {
  await using street = await openStreet()
  const lobby = await street.openAgent({ id: 'lobby' })
  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'mode-off')
})

test('A1 switched OFF, ON and OFF again before it has registered anew: the relay shows OFFLINE within a second', async () => {
  await using street = await openStreet()
  // It has to outlast three commands, also where they start slowly.
  const driver = 'virtual?secondsPerPage=12'
  const lobby = await street.openAgent({ id: 'lobby', driver, relayUrl: street.wire.url })
  const page = { command: 'print-test-page', timeoutSeconds: 40 }
  const { requestId } = await street.service.ask('lobby', page, { prefer: 'respond-async' })
  const fate = async () => (await street.service.read(`/v1/requests/${requestId}`)).body as { outcome: string }
  await until('the device has got it', async () => 'sentAt' in (await fate()))

  street.wire.set({ silentPath: '/device/v1/register' })
  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  await runAgentCommand(['mode', 'on', '--data', lobby.data])
  await until('it registers anew', () => calls(street.wire, '/device/v1/register') === 2)
  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  assert.equal((await fate()).outcome, 'pending', 'the page is still being printed')
  await until('the request is over', async () => (await fate()).outcome !== 'pending', 30_000)
  assert.equal((await fate()).outcome, 'answered')
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'mode-off')
})

test('A1 switched OFF while it opens another session: the relay shows OFFLINE within a second', async () => {
  await using street = await openStreet()
  const agent = ['--survival-timeout', '2', '--survival-mode', 'session']
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: street.wire.url, agent })
  street.wire.set({ silentPath: '/http-bind' })
  await until('another session is asked for', () => street.wire.visits.at(-1)?.body.includes(" ver='") === true)
  street.wire.set({ silentPath: '' })
  assert.equal((await lookAt(street.service, 'lobby')).state, 'online')
  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'mode-off')
})

test("A1 the panel's switch does the same at once", async () => {
  await using street = await openStreet()
  const lobby = await street.openAgent({ id: 'lobby', agent: ['--listen', '127.0.0.1:0'] })
  const page = String((await lobby.process.nextEvent('agent.ready'))['url'])

  await press(page, 'off')
  assert.equal((await untilState(street.service, 'lobby', 'offline', 1000)).reason, 'mode-off')
  await press(page, 'on')
  await untilState(street.service, 'lobby', 'online', 3000)
})

test('A1 switched OFF in the midst of many requests: each is answered, or was never sent', async () => {
  await using street = await openStreet()
  // Pushes, answers and the farewell pass each other on the way.
  street.wire.set({ delayMs: 60 })
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: street.wire.url, agent: ['--listen', '127.0.0.1:0'] })
  const page = String((await lobby.process.nextEvent('agent.ready'))['url'])
  const fates = new Map<string, number>()
  let over = false

  async function keepAsking(): Promise<void> {
    while (!over) {
      const { status, outcome } = await street.service.ask('lobby', { get: ['model'] })
      fates.set(`${status} ${outcome}`, (fates.get(`${status} ${outcome}`) ?? 0) + 1)
    }
  }
  const asking = Array.from({ length: 6 }, keepAsking)
  for (let turn = 0; turn < 5; turn++) {
    const answered = () => fates.get('200 answered') ?? 0
    const before = answered()
    await until('it answers', () => answered() > before + 10)
    await press(page, 'off')
    await untilState(street.service, 'lobby', 'offline', 1000)
    await press(page, 'on')
    await untilState(street.service, 'lobby', 'online')
  }
  over = true
  await Promise.all(asking)
  assert.deepEqual([...fates.keys()].sort(), ['200 answered', '409 not-sent'], JSON.stringify([...fates]))
})

test('A1 provisioned OFF by a file, a device says nothing until somebody switches it on', async () => {
  await using street = await openStreet()
  const { secret } = await street.enrol('lobby')
  const [config, data] = [join(street.folder, 'agent.yaml'), join(street.folder, 'lobby')]
  const devices = [{ id: 'lobby', secret, driver: 'virtual' }]
  // JSON is YAML.
  await writeFile(config, JSON.stringify({ relay: street.wire.url, sessionMaintenance: 'off', devices }))
  await using agent = await startAgent(['--config', config, '--data', data, ...quick])
  assert.equal((await agent.nextEvent('device.offline'))['reason'], 'mode-off')
  await street.openAgent({ id: 'witness', relayUrl: street.witness.url, agent: quick })
  await letThreeTimersPass(street.witness)
  assert.deepEqual(street.wire.visits, [])
  assert.equal((await lookAt(street.service, 'lobby')).reason, 'never-seen')

  await runAgentCommand(['mode', 'on', '--data', data])
  await agent.nextEvent('device.online')

  // The panel's word is younger than the factory's, and stands over a restart with the factory's file.
  await agent.kill()
  await using again = await startAgent(['--config', config, '--data', data, ...quick])
  await again.nextEvent('device.online')
})

test('A1b after power-on the data folder alone brings the device back; switched OFF, it stays silent', async () => {
  await using street = await openStreet()
  await street.openAgent({ id: 'witness', relayUrl: street.witness.url, agent: quick })
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: street.wire.url, agent: quick })
  await lobby.process.kill()

  await using second = await startAgent(['--data', lobby.data])
  await second.nextEvent('device.online')
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).status, 200)
  await runAgentCommand(['mode', 'off', '--data', lobby.data])
  await untilState(street.service, 'lobby', 'offline', 1000)
  await second.kill()

  const before = street.wire.visits.length
  await using third = await startAgent(['--data', lobby.data])
  assert.equal((await third.nextEvent('device.offline'))['reason'], 'mode-off')
  await letThreeTimersPass(street.witness)
  assert.deepEqual(street.wire.visits.slice(before), [])
  await runAgentCommand(['mode', 'on', '--data', lobby.data])
  await third.nextEvent('device.online')
})

test('A1b a device that was sent on to https starts there after power-on: its secret is not told in clear again', async () => {
  await using street = await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.1/32'] })
  await using nginx = await openNginx(street.url, { setUp: 'as-deployed' })
  const environment = { NODE_EXTRA_CA_CERTS: nginx.authorityPath ?? '' }
  const sentOn = async () => (await nginx.served()).filter((line) => line.endsWith(' 308')).length
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: nginx.plainUrl ?? '', environment })
  assert.equal(await sentOn(), 1)
  await lobby.process.kill()

  await using again = await startAgent(['--data', lobby.data], environment)
  await again.nextEvent('device.online')
  assert.equal(await sentOn(), 1)
})

test('A1 the option of the command line sets the mode as well', async () => {
  await using street = await openStreet()
  const { secret } = await street.enrol('lobby')
  const device = ['--relay', street.wire.url, '--id', 'lobby', '--driver', 'virtual']
  const data = ['--data', join(street.folder, 'lobby')]
  const environment = { FAIRLEAD_SECRET: secret }
  await using off = await startAgent([...device, ...data, '--session-maintenance', 'off'], environment)
  assert.equal((await off.nextEvent('device.offline'))['reason'], 'mode-off')
  await off.stop()
  assert.deepEqual(street.wire.visits, [])
  await using on = await startAgent([...data, '--session-maintenance', 'on'])
  await on.nextEvent('device.online')
})
