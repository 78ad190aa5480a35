/** The relay's options: what each does, told by a relay that runs with it. */
import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ns, readAnswer, renderBody, textOf, type Xml } from '@fairlead/protocol/xmpp'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { joinByHand } from './hand-device.ts'
import { listenOnFreePort } from './listen.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { startHouseFile } from './process.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let folder: string

before(async () => {
  folder = scene.use(await openFolder()).path
})
after(() => scene.disposeAsync())

interface Ready {
  url: string
  publicUrl: string
  pid: number
  version: string
}

async function startRelay(args: readonly string[], environment: Record<string, string> = {}, from?: string) {
  const options = { environment, ...(from !== undefined && { folder: from }) }
  const relay = await startHouseFile('cli/main.ts', ['relay', ...args], options)
  return { relay, ready: (await relay.nextEvent('relay.ready')) as unknown as Ready }
}

let made = 0
const freshData = () => join(folder, `data-${++made}`)

/** Opens a BOSH session as far as its first answer. */
async function greet(url: string, more: Record<string, string> = {}) {
  const attributes = { rid: 1, to: 'localhost', wait: '55', hold: '1', ver: '1.11', 'xmpp:version': '1.0', ...more }
  const answer = await fetch(`${url}/http-bind`, { method: 'POST', body: renderBody(attributes) })
  return readAnswer(await answer.bytes())
}

function mechanismsIn(features: Xml | undefined): string[] {
  const offered: string[] = []
  const walk = (element: Xml) => {
    if (element.name === 'mechanism' && element.ns === ns.sasl) offered.push(textOf(element))
    for (const child of element.children) if (typeof child !== 'string') walk(child)
  }
  if (features) walk(features)
  return offered.sort()
}

test('--listen: port 0 picks one, and the ready line tells it with pid and version', async () => {
  const { relay, ready } = await startRelay(['--listen', '127.0.0.1:0', '--data', freshData()])
  await using _relay = relay
  assert.match(ready.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/)
  assert.equal(ready.publicUrl, ready.url.replace('127.0.0.1', 'localhost'))
  assert.equal(ready.pid, relay.pid)
  assert.match(ready.version, /^\d+\.\d+\.\d+/)
  assert.equal((await fetch(`${ready.url}/readyz`)).status, 200)
  assert.deepEqual(relay.output().stdout.split('\n').length, 2, 'one line on standard output')
})

test('--data: ./data of the folder it was started in if nothing is said, readable by its owner alone', async () => {
  await using place = await openFolder()
  const { relay } = await startRelay(['--listen', '127.0.0.1:0'], {}, place.path)
  await using _relay = relay
  assert.equal((await stat(join(place.path, 'data'))).mode & 0o777, 0o700)
})

test('--admin-key: made at the first start, told once, kept for its owner alone; another value replaces it', async () => {
  const data = freshData()
  const start = (...more: string[]) => startRelay(['--listen', '127.0.0.1:0', '--data', data, ...more])
  const statusWith = async (url: string, key: string) => (await createService(url, key).read('/v1/accounts')).status

  const first = await start()
  const kept = (await readFile(join(data, 'admin-key'), 'utf8')).trim()
  assert.equal((await stat(join(data, 'admin-key'))).mode & 0o777, 0o600)
  assert.equal(
    first.relay
      .output()
      .stderr.split('\n')
      .filter((line) => line.includes(kept)).length,
    1,
  )
  assert.equal(await statusWith(first.ready.url, kept), 200)
  await first.relay.stop()

  const second = await start()
  assert.ok(!second.relay.output().stderr.includes(kept), 'told again')
  assert.equal(await statusWith(second.ready.url, kept), 200)
  await second.relay.stop()

  const other = 'another key of 28 characters'
  const third = await start('--admin-key', other)
  assert.equal(await statusWith(third.ready.url, kept), 401)
  assert.equal(await statusWith(third.ready.url, other), 200)
  assert.equal((await readFile(join(data, 'admin-key'), 'utf8')).trim(), other)
  assert.ok(!third.relay.output().stderr.includes(other))
  await third.relay.stop()
})

test('--admin-listen: /metrics and the console are served there and nowhere else; the API there wants a key as ever', async () => {
  // Which port it got is not told: one that was free a moment ago must do.
  const { url: adminUrl, ...free } = await listenOnFreePort(createServer())
  await free[Symbol.asyncDispose]()
  const listen = ['--listen', '127.0.0.1:0', '--admin-listen', new URL(adminUrl).host]
  const { relay, ready } = await startRelay([...listen, '--data', freshData()])
  await using _relay = relay
  assert.equal((await fetch(`${ready.url}/metrics`)).status, 404)
  const metrics = await fetch(`${adminUrl}/metrics`)
  assert.equal(metrics.status, 200)
  assert.match(await metrics.text(), /^fairlead_build_info\{/m)
  assert.equal((await fetch(`${adminUrl}/console/`)).status, 200)
  assert.equal((await fetch(`${ready.url}/console/`)).status, 404)
  // The console calls the API of where it stands itself.
  assert.equal((await fetch(`${adminUrl}/v1/devices`)).status, 401)
})

test('/metrics without --admin-listen: open on loopback; from elsewhere it wants the admin key', async () => {
  await using street = await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.1'] })
  const metrics = async (headers: Record<string, string>) =>
    await fetch(`${street.url}/metrics`, { headers: { 'x-forwarded-proto': 'https', ...headers } })
  const open = await fetch(`${street.url}/metrics`)
  assert.equal(open.status, 200)
  const text = await open.text()
  for (const name of [
    'fairlead_build_info',
    'fairlead_devices{state="online"}',
    'fairlead_sessions{transport="bosh"}',
    'fairlead_requests_total',
    'fairlead_request_seconds',
    'fairlead_http_requests_total',
    'fairlead_rejected_total',
    'fairlead_loop_lag_seconds',
  ])
    assert.ok(text.includes(name), name)
  const elsewhere = { 'x-forwarded-for': '203.0.113.9' }
  assert.equal((await metrics(elsewhere)).status, 401)
  assert.equal((await metrics({ ...elsewhere, authorization: `Bearer ${street.adminKey}` })).status, 200)
})

test('--domain, --wait, --inactivity, --survival-timeout, --request-timeout reach the devices', async () => {
  const times = ['--wait', '7', '--inactivity', '44', '--survival-timeout', '33', '--request-timeout', '9']
  await using street = await openNeighbourhood({ relay: times })
  const { wait, inactivity } = await greet(street.url)
  assert.deepEqual([wait, inactivity], [7, 44])
  await using device = await joinByHand(street, 'here')
  const registered = await device.call('/device/v1/register', {})
  assert.deepEqual(registered.body, {
    registration: 'enrolled',
    survivalTimeoutSeconds: 33,
    jid: 'here@localhost',
  })
  const held = device.hold()
  await until('the device is online', async () => {
    const { body } = await street.service.read('/v1/devices/here')
    return Object(body).state === 'online'
  })
  await street.service.ask('here', { get: ['model'] }, { prefer: 'respond-async' })
  assert.equal((await held)[0]?.request.timeoutSeconds, 9)
})

test('--domain: the JIDs of devices are there', async () => {
  await using street = await openNeighbourhood({ relay: ['--domain', 'fleet.example'] })
  assert.equal((await street.enrol('here')).jid, 'here@fleet.example')
  assert.equal((await greet(street.url, { to: 'fleet.example' })).from, 'fleet.example')
})

test('--public-url: the ready line and host-meta name it', async () => {
  await using street = await openNeighbourhood({ relay: ['--public-url', 'https://relay.example'] })
  assert.equal(street.publicUrl, 'https://relay.example')
  const { body } = await street.service.read('/.well-known/host-meta.json')
  const hrefs = Object(body).links.map(({ href }: { href: string }) => href)
  assert.deepEqual(hrefs.sort(), ['https://relay.example/http-bind', 'wss://relay.example/xmpp-websocket'])
})

test('--tls-cert, --tls-key: HTTPS; plain HTTP on the same port is sent there', async () => {
  const { certPath, keyPath, cert } = await makeCertificate(folder)
  const tls = ['--tls-cert', certPath, '--tls-key', keyPath]
  const { relay, ready } = await startRelay(['--listen', '127.0.0.1:0', '--data', freshData(), ...tls])
  await using _relay = relay
  const { port } = new URL(ready.url)
  assert.deepEqual([ready.url, ready.publicUrl], [`https://127.0.0.1:${port}`, `https://localhost:${port}`])
  const status = await new Promise((resolve, reject) => {
    request(`${ready.publicUrl}/readyz`, { ca: cert }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end()
  })
  assert.equal(status, 200)

  const plain = `http://127.0.0.1:${port}`
  const look = await fetch(`${plain}/v1/docs`, { redirect: 'manual' })
  assert.deepEqual([look.status, look.headers.get('location')], [308, `${ready.publicUrl}/v1/docs`])
  const { type, condition, uri } = await greet(plain)
  assert.deepEqual([type, condition, uri], ['terminate', 'see-other-uri', `${ready.publicUrl}/http-bind`])
})

test('--trusted-proxies: what a trusted proxy says counts, what others say does not', async () => {
  await using street = await openNeighbourhood({ relay: ['--trusted-proxies', '127.0.0.0/8,::1/128'] })
  const status = async (headers: Record<string, string>) => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9', ...headers }
    return (await street.service.call('GET', '/v1/devices', undefined, forwarded)).status
  }
  assert.equal(await status({ 'x-forwarded-proto': 'https' }), 200)
  assert.equal(await status({ 'x-forwarded-proto': 'http' }), 403)
})

test('--insecure-transport: secrets are taken over plain HTTP from elsewhere too', async () => {
  await using street = await openNeighbourhood({ relay: ['--insecure-transport', 'on'] })
  const { status } = await street.service.call('GET', '/v1/devices', undefined, { 'x-forwarded-for': '203.0.113.9' })
  assert.equal(status, 200)
})

test('--cors-origin: repeatable; those pages may call the API, others may not', async () => {
  const [one, other] = ['https://console.example', 'https://shop.example:8443']
  await using street = await openNeighbourhood({ relay: ['--cors-origin', one, '--cors-origin', other] })
  const allowed = async (origin: string) => {
    const { headers } = await street.service.call('GET', '/v1/devices', undefined, { origin })
    return headers.get('access-control-allow-origin')
  }
  assert.equal(await allowed(one), one)
  assert.equal(await allowed(other), other)
  assert.equal(await allowed('https://evil.example'), null)
})

test('--anonymous: offered on loopback, and such a session is no device', async () => {
  await using street = await openNeighbourhood({ relay: ['--anonymous', 'on'] })
  const { children } = await greet(street.url)
  assert.ok(mechanismsIn(children[0]).includes('ANONYMOUS'))
  assert.deepEqual(Object((await street.service.read('/v1/devices')).body).items, [])

  await using usual = await openNeighbourhood()
  const mechanisms = mechanismsIn((await greet(usual.url)).children[0])
  assert.deepEqual(mechanisms, ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'])
})

test('--config: a flag beats the environment, the environment beats the file', async () => {
  const config = join(folder, 'relay.yaml')
  await writeFile(config, 'wait: 11\ninactivity: 61\nsurvivalTimeout: 21\n')
  const args = ['--listen', '127.0.0.1:0', '--data', freshData(), '--config', config, '--wait', '13']
  const environment = { FAIRLEAD_WAIT: '12', FAIRLEAD_INACTIVITY: '62' }
  const { relay, ready } = await startRelay(args, environment)
  await using _relay = relay
  const { wait, inactivity } = await greet(ready.url)
  assert.deepEqual([wait, inactivity], [13, 62])
})

test('--config can itself come from the environment', async () => {
  const config = join(folder, 'other.yaml')
  await writeFile(config, `listen: 127.0.0.1:0\ndata: ${freshData()}\nwait: 14\n`)
  const { relay, ready } = await startRelay([], { FAIRLEAD_CONFIG: config })
  await using _relay = relay
  assert.equal((await greet(ready.url)).wait, 14)
})
