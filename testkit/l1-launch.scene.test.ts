/** L1: a device launches a program that a service hosts, keeps the request information, and runs it by sending that. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, beforeEach, test } from 'node:test'
import { listenOnFreePort } from './listen.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openProgramService } from './program-service.ts'
import { readMetric } from './read-metric.ts'
import { isPlayedOnNodes } from './relays.ts'
import { callRelay, createService } from './service.ts'
import { until } from './until.ts'

await using building = new AsyncDisposableStack()
const street = building.use(await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.1'] }))
const host = building.use(await openProgramService())
const scene = building.move()
after(() => scene.disposeAsync())
const { service, url } = street

const done = { done: { title: 'Done', lines: ['It is done.'] } }
beforeEach(() => {
  host.decide = ({ type }) => (type === 'run' ? done : {})
})

let devices = 0
/** A device that calls over plain HTTP with its secret, and holds no session. */
async function openCaller(account = 'default') {
  const id = `caller-${++devices}`
  const { body } = await service.post('/v1/devices', { id, account })
  const authorization = `Basic ${Buffer.from(`${id}:${Object(body).secret}`).toString('base64')}`
  const call = (method: string, path: string, sent?: unknown) =>
    callRelay(url, method, path, sent, { authorization }).then((reply) => ({ ...reply, body: Object(reply.body) }))
  return { id, call }
}
type Caller = Awaited<ReturnType<typeof openCaller>>

async function offer(program: object): Promise<void> {
  const { status, body } = await service.post('/v1/programs', { title: 'A program', url: host.url, ...program })
  assert.equal(status, 201, JSON.stringify(body))
  assert.match(Object(body).secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  host.trust(Object(body).secret)
}

/** @returns how this device runs it */
async function launch({ call }: Caller, program: string, values: object = {}) {
  const { body } = await call('POST', '/device/v1/launches', { program })
  const told = await call('POST', `/device/v1/launches/${body.launchId}/information`, { values })
  assert.equal(told.status, 200, JSON.stringify(told.body))
  const { pathname } = new URL(told.body.address)
  const run = (runId: string, more: object = {}) => call('POST', pathname, { runId, values, ...more })
  return { launchId: body.launchId as string, address: told.body.address as string, run }
}

const callsOf = (program: string) => host.received.filter(({ call }) => call.program === program)
const fareOf = async (program: string) => Object((await service.read(`/v1/programs/${program}`)).body)

test('L1 a program is offered, launched with what it asks for, and run by one call; each step is the program’s', async () => {
  await offer({ program: 'hello', description: 'Says hello', asks: ['model', 'serial'] })
  const device = await openCaller()
  const offered = (await device.call('GET', '/device/v1/programs')).body.programs
  assert.deepEqual(offered, [{ program: 'hello', title: 'A program', description: 'Says hello' }])

  const launched = await device.call('POST', '/device/v1/launches', { program: 'hello' })
  assert.equal(launched.status, 201)
  const { launchId } = launched.body
  assert.deepEqual(launched.body, { launchId, program: 'hello', asks: ['model', 'serial'] })
  const path = `/device/v1/launches/${launchId}`
  const early = await device.call('POST', `${path}/runs`, { runId: 'early', values: {} })
  assert.deepEqual([early.status, early.body.code], [409, 'information-missing'])

  const values = { model: 'Coffee machine', location: 'nobody asked for it' }
  const told = await device.call('POST', `${path}/information`, { values })
  assert.deepEqual(told.body, { launchId, address: `${street.publicUrl}${path}/runs` })
  const asked = { model: 'Coffee machine' }
  const who = { program: 'hello', account: 'default', device: device.id, launchId }
  assert.deepEqual(callsOf('hello').at(-1)?.call, { type: 'launch', ...who, values: asked })

  const ask = { title: 'To whom?', fields: [{ name: 'to', label: 'Address', type: 'email', value: 'a@b.example' }] }
  const scan = {
    title: 'Put it on the glass',
    to: 'http://127.0.0.1:9/up',
    authorization: 'Bearer once',
    color: 'gray',
  }
  host.decide = (call) => (call.type === 'run' && call.answers['to'] ? { scan } : { ask })
  assert.deepEqual((await device.call('POST', `${path}/runs`, { runId: '1', values })).body, { ask })
  const answers = { to: 'c@d.example' }
  assert.deepEqual((await device.call('POST', `${path}/runs`, { runId: '1', values, answers })).body, { scan })
  assert.deepEqual(callsOf('hello').at(-1)?.call, { type: 'run', ...who, runId: '1', values: asked, answers })

  const again = await device.call('POST', `${path}/runs`, { runId: '1', values, answers })
  assert.deepEqual(again.body, { scan })
  const ids = callsOf('hello')
    .filter(({ call }) => call.type === 'run')
    .map(({ id }) => id)
  assert.equal(ids[1], ids[2], 'a repeat is the same call')
  assert.notEqual(ids[0], ids[1])
  const { lastRun, ...fare } = await fareOf('hello')
  assert.deepEqual([fare.devices, fare.launches, lastRun.outcome, lastRun.device], [1, 1, 'scanning', device.id])
  const { items } = Object((await service.read('/v1/programs/hello/launches')).body)
  assert.deepEqual([items.length, items[0].values, items[0].lastRun.outcome], [1, asked, 'scanning'])
  // Each node counts its own.
  const counted = isPlayedOnNodes || (await readMetric(url, 'fairlead_program_runs_total{outcome="scanning"}'))
  assert.ok(counted === true || counted === 2, String(counted))
})

test('L1 a launch outlives the relay: what the device kept is enough', async () => {
  await offer({ program: 'lasting' })
  const device = await openCaller()
  const { run } = await launch(device, 'lasting')
  await street.restartRelay('SIGKILL')
  assert.deepEqual((await run('after')).body, done)
})

test('L1 a program refuses in words; the launch is dead then', async () => {
  await offer({ program: 'picky', asks: ['model'] })
  const device = await openCaller()
  const { launchId } = (await device.call('POST', '/device/v1/launches', { program: 'picky' })).body
  host.decide = () => ({ refused: 'Only for machines that scan.' })
  const told = await device.call('POST', `/device/v1/launches/${launchId}/information`, { values: {} })
  assert.deepEqual(
    [told.status, told.body.code, told.body.detail],
    [422, 'program-refused', 'Only for machines that scan.'],
  )
  assert.equal((await device.call('POST', `/device/v1/launches/${launchId}/information`, { values: {} })).status, 404)
  const entries = Object((await service.read(`/v1/audit?device=${device.id}`)).body).items
  assert.deepEqual(
    entries.slice(0, 1).map(({ action, result, subject }: Record<string, string>) => [action, result, subject]),
    [['launch.made', 'program-refused', launchId]],
  )
})

test('L1 what is no step is told as that, and never shown', async () => {
  await offer({ program: 'rubbish' })
  const { run } = await launch(await openCaller(), 'rubbish')
  const rubbish: [string, object | ((response: import('node:http').ServerResponse) => void), RegExp][] = [
    ['two steps', { ...done, failed: { reason: 'x' } }, /not as the contract has it/],
    ['a scan to nowhere', { scan: { title: 'x', to: 'file:///etc/passwd' } }, /answer\.scan\.to/],
    [
      'a choice without choices',
      { ask: { title: 'x', fields: [{ name: 'a', label: 'a', type: 'choice' }] } },
      /choices/,
    ],
    ['control characters', { done: { title: 'x\u0007', lines: [] } }, /control/],
    ['no JSON', (response) => void response.end('<html>'), /not JSON/],
    ['nothing', (response) => void response.writeHead(204).end(), /not as the contract/],
    ['an error', (response) => void response.writeHead(500).end(), /answered 500/],
    ['too much', (response) => void response.end(`"${'x'.repeat(70_000)}"`), /more than 65536 bytes/],
    [
      'half of it',
      (response) => void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy()),
      /./,
    ],
  ]
  for (const [what, answer, words] of rubbish) {
    host.decide = (_call, response) => {
      if (typeof answer !== 'function') return answer
      answer(response)
      return undefined
    }
    const { status, body } = await run(what.replaceAll(' ', '-'))
    assert.deepEqual([status, body.code], [502, 'program-unreachable'], what)
    assert.match(body.detail, words)
  }
  const { lastRun } = await fareOf('rubbish')
  assert.equal(lastRun.outcome, 'unreachable')
})

test('L1 a program that is away, or leads elsewhere, is told as away; the same run succeeds when it is back', async () => {
  const gone = await listenOnFreePort(createServer())
  await gone[Symbol.asyncDispose]()
  await offer({ program: 'away', url: gone.url })
  const device = await openCaller()
  const { launchId } = (await device.call('POST', '/device/v1/launches', { program: 'away' })).body
  const tell = () => device.call('POST', `/device/v1/launches/${launchId}/information`, { values: {} })
  assert.deepEqual([(await tell()).status, (await tell()).body.code], [502, 'program-unreachable'])
  assert.equal((await service.call('PATCH', '/v1/programs/away', { url: host.url })).status, 200)
  const taken = await tell()
  assert.equal(taken.status, 200)
  const run = () => device.call('POST', new URL(taken.body.address).pathname, { runId: 'same', values: {} })
  host.decide = (_call, response) => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end()
  const redirected = await run()
  assert.deepEqual([redirected.status, redirected.body.code], [502, 'program-unreachable'])
  assert.match(redirected.body.detail, /redirects are not followed/)
  host.decide = () => done
  assert.deepEqual((await run()).body, done)
})

test('S-W2 L1 a program on a private network that nobody allowed is refused when it is added, and when it moves there', async () => {
  const order = { program: 'inside', title: 'x', url: 'http://10.0.0.1/' }
  const refused = await service.post('/v1/programs', order)
  assert.deepEqual([refused.status, Object(refused.body).code], [400, 'invalid-request'])
  assert.match(Object(refused.body).detail, /^body\.url: .*--webhook-networks/)
  await offer({ program: 'inside' })
  assert.equal((await service.call('PATCH', '/v1/programs/inside', { url: 'http://169.254.169.254/' })).status, 400)
})

test('L1 ten runs of a device may be under way, and each that ends makes room', async () => {
  await offer({ program: 'slow' })
  const device = await openCaller()
  const { run } = await launch(device, 'slow')
  const held: (() => void)[] = []
  host.decide = (_call, response) => void held.push(() => response.end(JSON.stringify(done)))
  const running = Array.from({ length: 10 }, (_, at) => run(`run-${at}`))
  await until('ten are under way', () => held.length === 10)
  const eleventh = await run('one-too-many')
  assert.deepEqual([eleventh.status, eleventh.body.code], [429, 'too-many-requests'])
  assert.ok(eleventh.headers.get('retry-after'))
  for (const answer of held) answer()
  assert.deepEqual(new Set((await Promise.all(running)).map(({ status }) => status)), new Set([200]))
  host.decide = () => done
  assert.equal((await run('afterwards')).status, 200)
})

test('L1 a launch is its device’s and its owner’s: others find nothing, and with device or program it is gone', async () => {
  await offer({ program: 'mine', tag: 'hall' })
  const [device, neighbour] = [await openCaller(), await openCaller()]
  assert.equal(
    (await device.call('POST', '/device/v1/launches', { program: 'mine' })).status,
    404,
    'it has no such tag',
  )
  await service.call('PATCH', `/v1/devices/${device.id}`, { addTags: ['hall'] })
  const { launchId, run } = await launch(device, 'mine')
  const path = `/device/v1/launches/${launchId}`
  for (const [method, inner, body] of [
    ['POST', '/information', { values: {} }],
    ['POST', '/runs', { runId: 'x', values: {} }],
    ['DELETE', '', undefined],
  ] as const)
    assert.equal((await neighbour.call(method, path + inner, body)).status, 404, inner)
  assert.equal((await run('1')).status, 200)
  await service.call('PATCH', `/v1/devices/${device.id}`, { removeTags: ['hall'] })
  assert.equal((await run('2')).status, 404, 'it is not offered any more')
  await service.call('PATCH', `/v1/devices/${device.id}`, { addTags: ['hall'] })
  assert.equal((await run('3')).status, 200)
  await service.call('DELETE', '/v1/programs/mine')
  assert.equal((await run('4')).status, 404)
  await offer({ program: 'mine' })
  assert.equal((await run('5')).status, 404, 'a program of that name is another one')

  const second = await launch(device, 'mine')
  assert.equal((await device.call('DELETE', `/device/v1/launches/${second.launchId}`)).status, 204)
  assert.equal((await second.run('1')).status, 404)
  await launch(device, 'mine')
  await service.post(`/v1/devices/${device.id}/release`, {})
  assert.deepEqual(Object((await service.read('/v1/programs/mine/launches')).body).items, [])
})

test('L1 two accounts may have programs of one name, each for its own devices', async () => {
  await service.post('/v1/accounts', { id: 'beside' })
  const { key } = Object((await service.post('/v1/keys', { account: 'beside' })).body)
  const beside = createService(url, key)
  await offer({ program: 'twin' })
  const made = await beside.post('/v1/programs', { program: 'twin', title: 'Theirs', url: host.url })
  assert.equal(made.status, 201)
  assert.deepEqual([Object(made.body).account, Object(made.body).title], ['beside', 'Theirs'])
  assert.equal((await beside.post('/v1/programs', { program: 'twin', title: 'x', url: host.url })).status, 409)
  const theirs = await openCaller('beside')
  const { programs } = (await theirs.call('GET', '/device/v1/programs')).body
  assert.deepEqual(programs, [{ program: 'twin', title: 'Theirs', description: '' }])
  assert.equal((await beside.call('DELETE', '/v1/programs/twin?account=default')).status, 404)
  assert.equal((await beside.call('DELETE', '/v1/programs/twin')).status, 204)
  assert.equal((await service.read('/v1/programs/twin')).status, 200)
})

test('L1 after a rotation calls are signed with the new secret', async () => {
  await offer({ program: 'turned' })
  const { run } = await launch(await openCaller(), 'turned')
  const { secret } = Object((await service.post('/v1/programs/turned/rotate', {})).body)
  assert.match(secret, /^whsec_/)
  host.trust(secret)
  assert.equal((await run('1')).status, 200)
})
