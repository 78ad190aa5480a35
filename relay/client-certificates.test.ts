/** Devices log in to a whole relay with certificates instead of secrets: BOSH and WebSocket over real TLS. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:https'
import { test } from 'node:test'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { mechanismsOf, ns, readXml, renderOpen, renderXml, saslElement, type Xml, xml } from '@fairlead/protocol/xmpp'
import { WebSocket } from 'ws'
import { readRelayConfig } from './config.ts'
import { temporaryFolder } from './database/for-tests.ts'
import { type MadeCertificate, makeCertificate } from './http/certificate-for-tests.ts'
import { makeSelfSigned } from './http/self-signed.ts'
import { openRelay } from './relay.ts'
import { bodyText } from './xmpp/bosh-play.ts'
import { bindRequest } from './xmpp/stream-trial.ts'

const domain = 'relay.example'
const adminKey = 'the-admin-key-of-this-test'
const ca = makeCertificate({ subject: 'Our CA', isCa: true })
const server = makeSelfSigned()
const files: Record<string, string> = { cert: server.certificate, key: server.key, ca: ca.certificate }

const certificateOf = (id: string) =>
  makeCertificate({ subject: id, signer: ca, usage: 'client', names: [`URI:xmpp:${id}@${domain}`] })

/** A relay that knows the device `mfp-1`. */
async function openSecureRelay() {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const options = { tlsCert: 'cert', tlsKey: 'key', tlsClientCa: 'ca', listen: '127.0.0.1:0', adminKey, domain }
  const flags = { ...options, data: folder.path }
  const config = readRelayConfig({ flags, environment: {}, readFile: (path) => files[path] ?? '' })
  const relay = opening.use(await openRelay({ config, clock: systemClock, random: systemRandom, log: silentLog }))
  const service = (method: string, path: string, body?: unknown) =>
    ask(relay.port, { method, path, body: body && JSON.stringify(body), key: adminKey })
  assert.match(await service('POST', '/v1/devices', { id: 'mfp-1' }), /"secret"/)
  const opened = opening.move()
  return {
    port: relay.port,
    stateOf: async (id: string): Promise<string> => JSON.parse(await service('GET', `/v1/devices/${id}`)).state,
    remove: (id: string) => service('DELETE', `/v1/devices/${id}`),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

interface Ask {
  method: string
  path: string
  body?: unknown
  key?: string
  shown?: MadeCertificate | undefined
}

/** One call on a connection of its own. @throws when the connection is closed without an answer */
async function ask(port: number, { method, path, body, key, shown }: Ask): Promise<string> {
  const headers = {
    ...(key && { authorization: `Bearer ${key}` }),
    ...(key && body !== undefined && { 'content-type': 'application/json' }),
  }
  const call = request({ port, host: 'localhost', method, path, headers, agent: new Agent(), ...secured(shown) })
  const [response] = await once(call.end(body), 'response')
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

function secured(shown: MadeCertificate | undefined) {
  return { ca: server.certificate, ...(shown && { cert: shown.certificate, key: shown.key }) }
}

/** A BOSH client; `shown` may be changed between requests. */
function createClient(port: number, shown: MadeCertificate | undefined) {
  let sid: string | undefined
  let rid = 100
  const client = {
    shown,
    async post(attributes = {}, payload = ''): Promise<Xml> {
      const body = bodyText({ sid, rid: rid++, ...attributes }, payload)
      const answer = readXml(await ask(port, { method: 'POST', path: '/http-bind', body, shown: client.shown }))
      sid ??= answer.attributes.get('sid')
      return answer
    },
    /** Sends the last rid once more from now on. */
    repeat: () => void rid--,
    open: () => client.post({ to: domain, wait: 5, hold: 1, ver: '1.11', 'xmpp:version': '1.0' }),
    restart: (from: string) => client.post({ to: domain, from, 'xmpp:restart': 'true' }),
  }
  return client
}

const external = renderXml(saslElement('auth', new Uint8Array(0), 'EXTERNAL'))
const ping = renderXml(xml('iq', ns.client, { type: 'get', id: 'p', to: domain }, xml('ping', ns.ping)))

function first(answer: Xml): Xml {
  const [child] = answer.children
  assert.ok(typeof child === 'object', renderXml(answer))
  return child
}

async function logIn(port: number, shown: MadeCertificate) {
  const client = createClient(port, shown)
  assert.deepEqual(mechanismsOf(first(await client.open()))[0], 'EXTERNAL')
  assert.equal(first(await client.post({}, external)).name, 'success')
  await client.restart(`mfp-1@${domain}`)
  const bound = await client.post({}, renderXml(bindRequest('panel')))
  assert.match(renderXml(bound), new RegExp(`<jid>mfp-1@${domain}/panel</jid>`))
  return client
}

test('B-202 a device logs in over BOSH by its certificate alone, and is online', async () => {
  await using relay = await openSecureRelay()
  const client = await logIn(relay.port, certificateOf('mfp-1'))
  const held = client.post()
  await untilAsync(async () => (await relay.stateOf('mfp-1')) === 'online')
  const answers = await Promise.all([held, client.post({ type: 'terminate' }, ping)])
  assert.match(answers.map((answer) => renderXml(answer)).join(), /id='p'/)
})

test('B-202 a restart for another device ends the session', async () => {
  await using relay = await openSecureRelay()
  const client = createClient(relay.port, certificateOf('mfp-1'))
  await client.open()
  await client.post({}, external)
  assert.match(renderXml(await client.restart(`mfp-2@${domain}`)), /remote-stream-error.*<invalid-from/)
})

test('B-201 a session is spoken with by its own certificate only', async () => {
  await using relay = await openSecureRelay()
  const own = certificateOf('mfp-1')
  const client = await logIn(relay.port, own)
  for (const another of [undefined, certificateOf('mfp-2'), certificateOf('mfp-1')]) {
    client.shown = another
    await assert.rejects(client.post({}, ping), /socket hang up|ECONNRESET/)
    client.repeat()
  }
  client.shown = own
  assert.match(renderXml(await client.post({}, ping)), /type='result'/, 'B-200 the session is not harmed')
})

test('B-202 without a certificate, EXTERNAL is neither offered nor taken', async () => {
  await using relay = await openSecureRelay()
  const client = createClient(relay.port, undefined)
  assert.ok(!mechanismsOf(first(await client.open())).includes('EXTERNAL'))
  assert.match(renderXml(await client.post({}, external)), /<invalid-mechanism/)
})

test('the certificate of a removed device stops working at once', async () => {
  await using relay = await openSecureRelay()
  const own = certificateOf('mfp-1')
  const client = await logIn(relay.port, own)
  const held = client.post()
  await relay.remove('mfp-1')
  assert.equal((await held).attributes.get('type'), 'terminate')
  const again = createClient(relay.port, own)
  await again.open()
  assert.match(renderXml(await again.post({}, external)), /<not-authorized/)
})

test('a device that is removed between its log-in and its bind is not let in', async () => {
  await using relay = await openSecureRelay()
  const client = createClient(relay.port, certificateOf('mfp-1'))
  await client.open()
  assert.equal(first(await client.post({}, external)).name, 'success')
  await relay.remove('mfp-1')
  await client.restart(`mfp-1@${domain}`)
  assert.match(renderXml(await client.post({}, renderXml(bindRequest('panel')))), /<not-authorized/)
})

async function openSocket(port: number, shown: MadeCertificate | undefined) {
  const socket = new WebSocket(`wss://localhost:${port}/xmpp-websocket`, ['xmpp'], secured(shown))
  const inbox: Xml[] = []
  socket.on('message', (data) => inbox.push(readXml(String(data))))
  await once(socket, 'open')
  return {
    say: (element: Xml | string) => socket.send(typeof element === 'string' ? element : renderXml(element)),
    async next(): Promise<Xml> {
      if (inbox.length === 0) await once(socket, 'message', { signal: AbortSignal.timeout(5000) })
      const message = inbox.shift()
      assert.ok(message)
      return message
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}

test('B-202 a device logs in over WebSocket by its certificate alone, and is online', async () => {
  await using relay = await openSecureRelay()
  using client = await openSocket(relay.port, certificateOf('mfp-1'))
  client.say(renderOpen({ to: domain }))
  await client.next()
  assert.equal(mechanismsOf(await client.next())[0], 'EXTERNAL')
  client.say(external)
  assert.equal((await client.next()).name, 'success')
  client.say(renderOpen({ to: domain, from: `mfp-1@${domain}` }))
  await client.next()
  await client.next()
  client.say(bindRequest('panel'))
  assert.equal((await client.next()).attributes.get('type'), 'result')
  await untilAsync(async () => (await relay.stateOf('mfp-1')) === 'online')
})

test('B-202 without a certificate, a WebSocket is not offered EXTERNAL', async () => {
  await using relay = await openSecureRelay()
  using client = await openSocket(relay.port, undefined)
  client.say(renderOpen({ to: domain }))
  await client.next()
  assert.ok(!mechanismsOf(await client.next()).includes('EXTERNAL'))
})

/** Asks again until it is so. */
async function untilAsync(isSo: () => Promise<boolean>): Promise<void> {
  const limit = AbortSignal.timeout(5000)
  while (!(await isSo())) if (limit.aborted) throw new Error('It did not become so within five seconds.')
}
