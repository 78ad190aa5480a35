/** Field note 27: nobody can tell what is broken; here doctor, log and the device's own page each name it, with the address that was tried. */
import assert from 'node:assert/strict'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { startAgent } from '../agent-command.ts'
import { type CertificateOptions, makeCertificate } from '../certificate.ts'
import { openFolder } from '../folder.ts'
import { openHttpProxy } from '../http-proxy.ts'
import { listenOnFreePort } from '../listen.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import { startHouseFile } from '../process.ts'
import { runCli } from '../run-cli.ts'
import { until } from '../until.ts'
import { untilLogged } from './log.ts'
import { openNames } from './names.ts'

// The doctor's every finding: cli/doctor/doctor.test.ts, also of clocks; what cuts and buffers: pain 1 and cli/doctor/hold.test.ts.

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(await openNeighbourhood())
})
after(() => scene.disposeAsync())

/** What is wrong, and the words for it at each place where a person may look. */
interface Trouble {
  relayUrl: string
  secret?: string
  environment?: Record<string, string>
  doctor?: [check: string, says: RegExp]
  log: RegExp
  page: RegExp
}

/** Asks all three. */
async function mustBeNamed({ relayUrl, secret = 'x'.repeat(20), environment = {}, ...wanted }: Trouble): Promise<void> {
  await using folder = await openFolder()
  await using names = await openNames()
  await names.set({ localhost: '127.0.0.1' })
  const given = ['--relay', relayUrl, '--id', 'lobby', '--driver', 'virtual', '--data', folder.path]
  const listen = ['--listen', '127.0.0.1:0']
  const noProxy = { NO_PROXY: '', no_proxy: '', FAIRLEAD_SECRET: secret, ...environment }
  await using agent = await startAgent([...given, ...listen], noProxy, names.start)
  const { msg } = await untilLogged(agent, 'device.state', wanted.log)
  assert.ok(msg.includes(relayUrl), `the log says where: ${msg}`)
  assert.ok(!agent.output().stderr.includes(secret))

  const { url } = await agent.nextEvent('agent.ready')
  const page = await until('the page names it', async () => {
    const text = await (await fetch(String(url), { headers: { 'accept-language': 'en' } })).text()
    return wanted.page.test(text) && text
  })
  assert.ok(page.includes(relayUrl), 'the page says where')

  if (!wanted.doctor) return
  const [check, says] = wanted.doctor
  const args = ['doctor', '--relay', relayUrl, '--hold', '0']
  await using asked = await startHouseFile(
    'cli/main.ts',
    args,
    { environment: { ...noProxy, HOME: '/nowhere' } },
    names.start,
  )
  const { code } = await asked.exited
  const lines = asked.output().stdout.split('\n')
  assert.equal(code, 1, asked.output().stderr)
  const finding = lines.findIndex((line) => line.startsWith(`TROUBLE  ${check} `))
  assert.match(lines[finding] ?? '', says, asked.output().stdout)
  assert.match(lines[finding + 1] ?? '', /^ +→ \S/, 'and what to do')
  assert.match(lines[0] ?? '', /^Needed: from here TCP to \S+ port \d+/)
  assert.ok(
    lines.some((line) => line.startsWith(`In the way to ${relayUrl}/: `)),
    lines.join('\n'),
  )
}

const openServer = (listener: RequestListener) => listenOnFreePort(createHttpServer(listener))

/** A relay's port with TLS of its own making. */
async function openSecure(certificate: CertificateOptions) {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const { certPath, keyPath } = await makeCertificate(folder.path, certificate)
  const data = building.use(await openFolder())
  const given = ['--listen', '127.0.0.1:0', '--data', data.path, '--tls-cert', certPath, '--tls-key', keyPath]
  const relay = building.use(await startHouseFile('cli/main.ts', ['relay', ...given]))
  const { url } = await relay.nextEvent('relay.ready')
  const built = building.move()
  return {
    relayUrl: `https://localhost:${new URL(String(url)).port}`,
    environment: { NODE_EXTRA_CA_CERTS: certPath },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

describe('troubles', { concurrency: 4 }, () => {
  test('pain 27: a name without an address', () =>
    mustBeNamed({
      relayUrl: 'http://relay.test',
      doctor: ['name', /relay\.test: (there is no such name here|no name server answers)\./],
      log: /The name relay\.test has no address: check the spelling and this network's DNS\./,
      page: /The name relay\.test is not found\. Check its spelling and this network’s DNS\./,
    }))

  test('pain 27: a port on which nothing listens', async () => {
    const gone = await listenOnFreePort(createServer())
    await gone[Symbol.asyncDispose]()
    await mustBeNamed({
      relayUrl: gone.url,
      doctor: ['connection', new RegExp(`127\\.0\\.0\\.1 refuses connections on port ${gone.port}\\.`)],
      log: /refused the connection: the relay is not running there, or the port is wrong\./,
      page: /Nothing listens at 127\.0\.0\.1\. Is the relay running, and the port right\?/,
    })
  })

  test('pain 27: a wrong secret', async () => {
    await street.enrol('lobby')
    await mustBeNamed({
      relayUrl: street.url,
      log: /does not accept this device ID with this secret: check both, or ask for a new secret \(rotate\)\./,
      page: /The relay does not accept this device’s ID and secret\./,
    })
  })

  test('pain 27: a certificate for another name', async () => {
    await using secure = await openSecure({ names: ['DNS:other.example'] })
    await mustBeNamed({
      ...secure,
      doctor: ['certificate', /The certificate is for DNS:other\.example, not for localhost\./],
      log: /No trusted connection: .*other\.example\. Check the relay's certificate and the clock here/,
      page: /Its certificate is not trusted \(.*other\.example/,
    })
  })

  test('pain 27: a certificate whose time is over, or a clock that is wrong', async () => {
    await using secure = await openSecure({ days: -1 })
    await mustBeNamed({
      ...secure,
      doctor: ['certificate', /The certificate expired on /],
      log: /No trusted connection: certificate has expired\. Check the relay's certificate and the clock here/,
      page: /Its certificate is not trusted \(certificate has expired\)/,
    })
  })

  test('pain 27: https where there is none', () =>
    mustBeNamed({
      relayUrl: street.url.replace('http:', 'https:'),
      doctor: ['certificate', /What answers there does not speak TLS\./],
      log: /No trusted connection: /,
      page: /Its certificate is not trusted/,
    }))

  test('pain 27: a proxy that wants to know who asks', async () => {
    await using proxy = await openHttpProxy({ credentials: 'ann:secret' })
    await mustBeNamed({
      relayUrl: street.url,
      environment: { HTTP_PROXY: proxy.url, http_proxy: proxy.url },
      doctor: ['relay', new RegExp(`The proxy ${proxy.url} wants to know who you are \\(407\\)\\.`)],
      log: /The HTTP proxy did not let it through: it wants a user and a password \(407\), as in HTTP_PROXY=/,
      page: /The HTTP proxy does not let it through/,
    })
  })

  test('pain 27: another program on the port', async () => {
    await using other = await openServer((_, response) => void response.end('{"name":"something else"}'))
    await mustBeNamed({
      relayUrl: other.url,
      doctor: ['relay', /answers \(200\), but it is not a Fairlead relay\./],
      log: /What answered is not a relay: check the address, or sign in to this network\./,
      page: /Something else answered in its place\. Check the address, or sign in to this network\./,
    })
  })

  test('pain 27: a server in front without a relay behind it', async () => {
    await using front = await openServer((_, response) => void response.writeHead(502).end('<h1>Bad Gateway</h1>'))
    await mustBeNamed({
      relayUrl: front.url,
      doctor: ['relay', /in place of the relay: 502\./],
      log: /Something in front of the relay gave up waiting \(502\)/,
      page: /The answer was HTTP 502/,
    })
  })

  test('pain 27: a relay that is too old for what asks it', async () => {
    const problem = { type: 'urn:fairlead:problem:not-found', title: 'Not found', status: 404, code: 'not-found' }
    await using old = await openServer((_, response) => {
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem))
    })
    await mustBeNamed({
      relayUrl: old.url,
      doctor: ['relay', /A Fairlead relay answers .*: it is older than this command\./],
      log: /A relay answers there that does not know what this agent asks \(404\): it is older than the agent/,
      page: /HTTP 404/,
    })
  })

  test('pain 27: on a good way all three say so, and nothing says OK that was not looked at', async () => {
    const { process } = await street.openAgent({ id: 'well', agent: ['--listen', '127.0.0.1:0'] })
    await untilLogged(process, 'device.state', /^Connected: the relay can reach this device\.$/)
    const { url } = await process.nextEvent('agent.ready')
    assert.match(await (await fetch(String(url))).text(), /Services can reach this device through the relay\./)
    const { code, stdout } = await runCli(['doctor', '--relay', street.url, '--hold', '0'])
    assert.equal(code, 0)
    assert.match(stdout, /\nunknown {2}hold .*Not measured/)
    assert.match(stdout, /\nNothing found in the way to .*; not known: hold\.\n$/)
  })
})
