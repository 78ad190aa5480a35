/** What stands in the way to NATS is said in one sentence that tells what to do, and holds no password. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { Failure, systemClock, systemRandom, UsageError } from '@fairlead/base'
import { makeCertificate } from '../../testkit/certificate.ts'
import { openFolder } from '../../testkit/folder.ts'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { openNats } from '../../testkit/nats.ts'
import { startProcess } from '../../testkit/process.ts'
import { until } from '../../testkit/until.ts'
import { clusterKey, createHeardLog } from './for-tests.ts'
import { openNatsBus } from './nats-bus.ts'

const { log, logged } = createHeardLog()
const open = (url: string) =>
  openNatsBus({ url, key: clusterKey, namespace: 'street', clock: systemClock, random: systemRandom, log })

async function refusal(url: string, wanted: RegExp, kind: typeof Failure | typeof UsageError = Failure): Promise<void> {
  await assert.rejects(open(url), (error) => {
    assert.ok(error instanceof kind, String(error))
    if (error instanceof Failure) assert.equal(error.code, 'unavailable')
    assert.match(error.message, wanted)
    assert.match(error.message, /^[^\n]+: [^\n]+\.$|^The bus is [^\n]+\.$/)
    assert.doesNotMatch(error.message, /secret/)
    return true
  })
}

const withUser = (url: string, user: string) => url.replace('//', `//${user}@`)

test('a URL that is none of NATS is wrong usage', async () => {
  await refusal('http://user:secret@127.0.0.1:4222', /not http:\/\/\.$/, UsageError)
  await refusal('user:secret@127.0.0.1', /^The bus is nats:/, UsageError)
  await refusal('nats://user:secret#1@127.0.0.1:42', /%40 for @/, UsageError)
  await refusal('nats://', /no HOST/, UsageError)
  await refusal(
    'nats://127.0.0.1?creds=/nowhere/bus.creds',
    /\/nowhere\/bus.creds of the bus cannot be read/,
    UsageError,
  )
})

test('nobody listens there', async () => {
  await using listening = await listenOnFreePort(createServer())
  const { port } = listening
  await listening[Symbol.asyncDispose]()
  await refusal(`nats://u:secret@127.0.0.1:${port}`, /^Nothing listens at 127.0.0.1:\d+: start the NATS server/)
})

test('there is no host of that name', async () => {
  await refusal('nats://u:secret@nats.invalid:4222', /^There is no host of the name in nats.invalid:4222/)
})

test('wrong passwords, users and tokens, and none, are told from each other', async () => {
  await using nats = await openNats({ configuration: 'authorization { user: relay, password: "right" }' })
  await refusal(withUser(nats.url, 'relay:secret'), /lets nobody in as user relay: give/)
  await refusal(withUser(nats.url, 'secret'), /this token/)
  await refusal(nats.url, /without a user/)
  await using bus = await open(withUser(nats.url, 'relay:right'))
  assert.equal(bus.isConnected(), true)
})

test('a password with special characters and a token let it in', async () => {
  await using one = await openNats({ configuration: 'authorization { user: "re@lay", password: "a/b:c@d#e" }' })
  await using bus = await open(withUser(one.url, 're%40lay:a%2Fb%3Ac%40d%23e'))
  await using other = await openNats({ configuration: 'authorization { token: "t0k en" }' })
  await using tokenBus = await open(withUser(other.url, 't0k%20en'))
  assert.deepEqual([bus.isConnected(), tokenBus.isConnected()], [true, true])
})

test('a permission that is missing shows at the start, and what to grant', async () => {
  for (const rights of [
    'publish: "street.>"',
    'subscribe: "street.>"',
    'publish: "street.>", subscribe: "street.in.>"',
  ]) {
    const denied = rights.includes('in.>')
      ? rights
      : `${rights}, ${rights.startsWith('p') ? 'subscribe' : 'publish'}: "x"`
    await using nats = await openNats({
      configuration: `authorization { users: [{ user: relay, password: secret, permissions: { ${denied} } }] }`,
    })
    await refusal(withUser(nats.url, 'relay:secret'), /grant the relay's user publish and subscribe on street\.>\.$/)
  }
  await using nats = await openNats({
    configuration:
      'authorization { users: [{ user: relay, password: p, permissions: { publish: "street.>", subscribe: "street.>" } }] }',
  })
  await using bus = await open(withUser(nats.url, 'relay:p'))
  assert.equal(bus.isConnected(), true)
})

test('a permission that is taken away for one subject is logged with what to grant', async () => {
  await using nats = await openNats({
    configuration:
      'authorization { users: [{ user: relay, password: p, permissions: { publish: { deny: "street.say.presence" } } }] }',
  })
  await using bus = await open(withUser(nats.url, 'relay:p'))
  bus.publish('presence', { head: {} })
  await bus.flush()
  await until('it is logged', () =>
    logged().some((text) => /bus\.forbidden.*publish to street\.say\.presence: grant/.test(text)),
  )
})

test('a server that is too old is told apart', async () => {
  const server = createServer((socket) => {
    socket.write('INFO {"server_id":"x","version":"2.1.9","proto":1,"max_payload":1048576}\r\n')
    socket.on('data', (data) => String(data).includes('PING') && socket.write('PONG\r\n'))
    socket.on('error', () => {})
  })
  await using listening = await listenOnFreePort(server)
  await refusal(`nats://127.0.0.1:${listening.port}`, /version 2\.1\.9, which is too old: install 2\.2 or newer\.$/)
})

test('something that is no NATS server is told apart', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write('SSH-2.0-OpenSSH_9.2\r\n')
  })
  await using listening = await listenOnFreePort(server)
  await refusal(`nats://127.0.0.1:${listening.port}`, /is no NATS server: correct --bus-url\.$/)
})

test('TLS counts when it is asked for, with the CAs of this machine', async () => {
  await using folder = await openFolder()
  const { certPath, keyPath } = await makeCertificate(folder.path)
  await using nats = await openNats({
    configuration: `tls { cert_file: "${certPath}", key_file: "${keyPath}" }`,
  })
  const overTls = nats.url.replace('nats://127.0.0.1', 'tls://localhost')
  await refusal(overTls, /^The certificate of NATS at localhost:\d+ is not trusted \(\w+\): let this machine's store/)
  await refusal(nats.url, /write tls:\/\/ for nats:\/\//)
  await using plain = await openNats()
  await refusal(plain.url.replace('nats:', 'tls:'), /offers no TLS: write nats:/)

  await using started = await startTrusting(certPath, [overTls, overTls.replace('localhost', '127.0.0.1')])
  for (let n = 0; n < 2; n++) assert.equal((await started.nextEvent('open'))['connected'], true)
  assert.equal((await started.exited).code, 0)
})

test('a server that wants a certificate of its clients, and one that has no room, are told apart', async () => {
  await using folder = await openFolder()
  const { certPath, keyPath } = await makeCertificate(folder.path)
  await using strict = await openNats({
    configuration: `tls { cert_file: "${certPath}", key_file: "${keyPath}", ca_file: "${certPath}", verify: true }`,
  })
  await using started = await startTrusting(certPath, [strict.url.replace('nats://127.0.0.1', 'tls://localhost')])
  assert.equal((await started.exited).code, 1)
  assert.match(started.output().stderr, /wants its clients to show a certificate.*: .*take verify out of its tls block/)
  await using small = await openNats({ configuration: 'max_connections: 1' })
  // Whoever looked whether it listens has that room for a moment.
  await using _one = await until('it has room', () => open(small.url).catch(() => undefined))
  await refusal(small.url, /cannot be used \(.+\): look into its log, or correct --bus-url\.$/)
})

test('a server that breaks off what it began over TLS may want a certificate, and that is said', async () => {
  const server = createServer((socket) => {
    socket.write('INFO {"server_id":"x","version":"2.9.0","proto":1,"max_payload":1048576,"tls_required":true}\r\n')
    socket.once('data', () => socket.resetAndDestroy())
    socket.on('error', () => {})
  })
  await using listening = await listenOnFreePort(server)
  await refusal(
    `tls://127.0.0.1:${listening.port}`,
    /breaks TLS off \(ECONNRESET\).*show a certificate: look into its log/,
  )
})

/** A program that trusts this certificate, as `SSL_CERT_FILE` has it, and opens these one after the other. */
function startTrusting(certPath: string, urls: readonly string[]) {
  const program = `
    import { silentLog, systemClock as clock, systemRandom as random } from '@fairlead/base'
    import { openNatsBus } from '${new URL('./nats-bus.ts', import.meta.url).pathname}'
    const key = new Uint8Array(32)
    for (const url of ${JSON.stringify(urls)}) {
      await using bus = await openNatsBus({ url, key, namespace: 'street', clock, random, log: silentLog })
      console.log(JSON.stringify({ event: 'open', connected: bus.isConnected() }))
    }`
  return startProcess(process.execPath, ['--input-type=module', '-e', program], {
    environment: { SSL_CERT_FILE: certPath },
  })
}
