/** Field note 9: after a blip of the network only a restart of the agent helps; here it comes back by itself, from each of them. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createServer as createTlsServer } from 'node:tls'
import { makeCertificate } from '../certificate.ts'
import { untilState } from '../device-look.ts'
import { openFolder } from '../folder.ts'
import { openHttpProxy } from '../http-proxy.ts'
import { listenOnFreePort } from '../listen.ts'
import { type Neighbourhood, openNeighbourhood, type RunningAgent } from '../neighbourhood.ts'
import { openNetworks } from '../networks.ts'
import { until } from '../until.ts'
import { readLog, untilLogged } from './log.ts'
import { openNames } from './names.ts'
import { openPoints } from './points.ts'

// A crash of the relay: pains 4 and 11. A machine that stops in the middle: testkit/a6-management.scene.test.ts.

const times = ['--wait', '5', '--inactivity', '3', '--survival-timeout', '0', '--management-timeout', '15']
/** The longest pause between two tries is 60 s; a blip as short as these teaches nobody to wait so long. */
const backWithinMs = 40_000

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(await openNeighbourhood({ relay: times }))
})
after(() => scene.disposeAsync())

/** It is gone, for the relay too. */
const untilGone = (id: string, there = street) => untilState(there.service, id, 'offline', 30_000)

/** The same process as before is ONLINE and answers. */
async function mustComeBack({ id, process }: RunningAgent, there = street): Promise<void> {
  await untilState(there.service, id, 'online', backWithinMs)
  const { status, body } = await there.service.ask(id, { get: ['model'] })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(process.output().stdout.match(/agent\.ready/g)?.length, 1)
  const pauses = readLog(process).flatMap(({ msg }) => /Next try in (\d+) s/.exec(msg)?.[1] ?? [])
  assert.ok(
    pauses.every((seconds) => Number(seconds) <= 60),
    pauses.join(', '),
  )
}

describe('blips', { concurrency: 11 }, () => {
  test('pain 9: the name has no address for a while, and then another one', async () => {
    await using names = await openNames()
    await names.set({ 'relay.test': '127.0.0.1' })
    await using here = await openPoints(street.url)
    const agent = await street.openAgent({
      id: 'named',
      relayUrl: `http://relay.test:${here.port}`,
      start: names.start,
    })
    await names.set({})
    here.lead(undefined)
    await untilLogged(agent.process, 'device.state', /The name relay\.test has no address/)
    await untilGone('named')
    here.lead(street.url)
    await names.set({ 'relay.test': '127.0.0.2' })
    await untilLogged(agent.process, 'device.state', /relay\.test refused the connection/, backWithinMs)
    await names.set({ 'relay.test': '127.0.0.1' })
    await mustComeBack(agent)
  })

  const portals: Record<string, [RequestListener, RegExp]> = {
    'a page that asks to sign in': [
      (_, response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome to this hotel'),
      /What answered is not a relay: check the address, or sign in to this network\./,
    ],
    'a redirect to such a page': [
      (_, response) => void response.writeHead(302, { location: 'http://192.0.2.1/login' }).end(),
      /sends us elsewhere \(302\), and is not a relay: check the address, or sign in to this network\./,
    ],
    'another server’s 404': [
      (_, response) => void response.writeHead(404).end('Not Found'),
      /There is no relay at this address \(404\): check the address and the path\./,
    ],
    'nonsense that is no HTTP': [
      ({ socket }) => void socket.end('220 mail.example ESMTP\r\n'),
      /What answered is not a relay/,
    ],
    'a 200 with nothing in it': [(_, response) => void response.end(), /What answered is not a relay/],
  }
  for (const [at, [name, [listener, sentence]]] of Object.entries(portals).entries())
    test(`pain 9: for a while something else answers in the relay's place: ${name}`, async () => {
      const id = `portal-${at}`
      await using portal = await listenOnFreePort(createHttpServer(listener))
      await using points = await openPoints(street.url)
      const agent = await street.openAgent({ id, relayUrl: points.url })
      points.lead(portal.url)
      await untilLogged(agent.process, 'device.state', sentence, 30_000)
      await untilGone(id)
      points.lead(street.url)
      await mustComeBack(agent)
    })

  test('pain 9: the proxy restarts, and lets nobody through meanwhile', async () => {
    await using points = await openPoints(undefined)
    const first = await openHttpProxy()
    points.lead(first.url)
    const environment = { HTTP_PROXY: points.url, http_proxy: points.url, NO_PROXY: '', no_proxy: '' }
    const agent = await street.openAgent({ id: 'proxied', environment })
    assert.ok(first.visits.length > 0, 'it goes that way')
    points.lead(undefined)
    await first[Symbol.asyncDispose]()
    await untilGone('proxied')
    await using strict = await openHttpProxy({ credentials: 'not:known' })
    points.lead(strict.url)
    await untilLogged(agent.process, 'device.state', /407/, backWithinMs)
    await using second = await openHttpProxy()
    points.lead(second.url)
    await mustComeBack(agent)
    assert.ok(second.visits.length > 0)
  })

  test('pain 9: the certificate is exchanged for a wrong one, and for another right one', async () => {
    const { hostname, port } = new URL(street.url)
    await using folders = new AsyncDisposableStack()
    const make = async (commonName: string, name = 'DNS:localhost') => {
      const folder = folders.use(await openFolder())
      const made = await makeCertificate(folder.path, { commonName, names: [name] })
      return { cert: made.cert, key: await readFile(made.keyPath, 'utf8') }
    }
    const [one, other] = [await make('One'), await make('Other')]
    const wrong = await make('Wrong', 'DNS:elsewhere.example')
    const trusted = join(folders.use(await openFolder()).path, 'trusted.pem')
    await writeFile(trusted, one.cert + wrong.cert + other.cert)
    const front = createTlsServer(one, (near) => {
      const far = connect(Number(port), hostname)
      near.pipe(far).pipe(near)
      for (const socket of [near, far])
        socket.on('error', () => {}).on('close', () => [near, far].map((each) => each.destroy()))
    })
    const listening = folders.use(await listenOnFreePort(front))
    const points = folders.use(await openPoints(undefined))
    const swap = (certificate: { cert: string; key: string }) => {
      front.setSecureContext(certificate)
      points.lead(listening.url)
    }
    swap(one)
    const relayUrl = `https://localhost:${points.port}`
    const agent = await street.openAgent({ id: 'secure', relayUrl, environment: { NODE_EXTRA_CA_CERTS: trusted } })
    swap(wrong)
    await untilLogged(agent.process, 'device.state', /No trusted connection: .*elsewhere\.example/, backWithinMs)
    await untilGone('secure')
    swap(other)
    await mustComeBack(agent)
  })

  test('pain 9: the machine sleeps, and wakes up in another network', async () => {
    await using one = await openPoints(street.url, { from: '127.0.0.3' })
    const agent = await street.openAgent({ id: 'sleeper', relayUrl: one.url })
    agent.process.signal('SIGSTOP')
    await untilGone('sleeper')
    one.lead(undefined)
    one.lead(street.url)
    agent.process.signal('SIGCONT')
    await mustComeBack(agent)
  })

  test('pain 9: the relay is away for long', async () => {
    await using own = await openNeighbourhood({ relay: times })
    await using points = await openPoints(own.url)
    const agent = await own.openAgent({ id: 'patient', relayUrl: points.url })
    points.lead(undefined)
    await untilGone('patient', own)
    const tries = points.counts.turnedAway
    await until('it has tried for a while', () => points.counts.turnedAway >= tries + 5, 60_000)
    points.lead(own.url)
    await mustComeBack(agent, own)
  })

  test('pain 9: the cable is out for longer than the relay believes in the device, and in again', async () => {
    await using networks = await openNetworks()
    const { address, start, reach } = networks.internet
    const relayUrl = `http://${address}:8080`
    const there = ['--public-url', relayUrl, '--insecure-transport', ...times]
    await using own = await openNeighbourhood({ start, reach, listen: '0.0.0.0:8080', relay: there })
    const survival = ['--survival-timeout', '3', '--survival-answer-timeout', '2']
    const agent = await own.openAgent({ id: 'unplugged', relayUrl, start: networks.left.start, agent: survival })
    await networks.left.unplug()
    await untilGone('unplugged', own)
    await untilLogged(agent.process, 'device.state', /^The relay http:\S+ cannot be reached\./, backWithinMs)
    await networks.left.plugIn()
    await mustComeBack(agent, own)
  })
})
