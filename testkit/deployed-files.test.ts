/** What we hand to operators fits together and fits the relay: compose files, image, environment files, systemd units, NATS. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLog, systemClock, systemRandom } from '@fairlead/base'
import { parse } from 'yaml'
import { openNatsBus } from '../relay/bus/nats-bus.ts'
import { relayOptions } from '../relay/options.ts'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'
import { fillIn, untilItListens } from './proxy-program.ts'

const home = fileURLToPath(new URL('..', import.meta.url))
const read = (name: string) => readFileSync(join(home, 'deploy', name), 'utf8')

interface Service {
  image: string
  build?: { context: string; dockerfile: string }
  environment?: Record<string, string>
  env_file?: string
  healthcheck?: { test: string[] }
  stop_grace_period?: string
  restart?: string
  command?: string[]
  volumes?: string[]
  networks?: unknown
  depends_on?: object
  ports?: string[]
}

interface Compose {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

const compose = (name: string): Compose => parse(read(name), { merge: true })
const addressOf = ({ networks }: Service) => /172[\d.]+/.exec(JSON.stringify(networks))?.[0] ?? ''
const isRelay = ({ image }: Service) => image.startsWith('fairlead:')

/** `NAME=VALUE` lines, those that are commented out as well. */
function variablesOf(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^#?([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
}

const optionNames = new Set(
  Object.keys(relayOptions).map((key) => `FAIRLEAD_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`),
)

function assertOptions(names: Iterable<string>): void {
  const unknown = [...names].filter((name) => name.startsWith('FAIRLEAD_') && !optionNames.has(name))
  assert.deepEqual(unknown, [])
}

for (const [file, proxyFile, nodes] of [
  ['compose.yaml', 'nginx.conf', 1],
  ['compose-nodes.yaml', 'nginx-nodes.conf', 3],
] as const) {
  const { services, volumes } = compose(file)
  const relays = Object.values(services).filter(isRelay)

  test(`${file}: each service has a health check, comes back, and has the time to end`, () => {
    for (const [name, service] of Object.entries(services)) {
      assert.ok((service.healthcheck?.test.length ?? 0) > 1, name)
      assert.equal(service.restart, 'always', name)
      assert.ok(Number.parseInt(service.stop_grace_period ?? '', 10) >= 20, name)
    }
  })

  test(`${file}: each image has a version, and ours is built from this clone`, () => {
    for (const { image } of Object.values(services)) assert.match(image, /^[a-z]+:\d+(\.\d+)*(-[a-z]+)?$/)
    const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
    for (const { image, build } of relays) {
      assert.equal(image, `fairlead:${version}`)
      assert.deepEqual(build, { context: '..', dockerfile: 'deploy/Dockerfile' })
    }
  })

  test(`${file}: every option exists, and what differs between relays is not in it`, () => {
    for (const { environment = {}, env_file = '' } of relays) {
      assertOptions(Object.keys(environment))
      assertOptions(variablesOf(read(`${env_file}.example`)).keys())
      assert.match(environment['FAIRLEAD_LISTEN'] ?? '', /:8080$/)
    }
  })

  test(`${file}: nginx is started with our file, and it names the ${nodes} relays at their addresses`, async () => {
    assert.equal(relays.length, nodes)
    const nginx = services['nginx']
    assert.ok(nginx?.volumes?.includes(`./${proxyFile}:/etc/fairlead/${proxyFile}:ro`))
    await using folder = await openFolder()
    await mkdir(join(folder.path, 'conf.d'))
    await writeFile(join(folder.path, 'nginx.conf'), 'events { worker_connections  1024; }\n')
    const script = (nginx?.command?.[2] ?? '')
      .replaceAll('/etc/nginx', folder.path)
      .replaceAll('/etc/fairlead', join(home, 'deploy'))
      .replace('exec nginx', 'echo')
    const ran = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
    assert.equal(ran.stdout, 'nginx\n'.replace('nginx', '-g daemon off; worker_rlimit_nofile 65536;'), ran.stderr)
    assert.match(readFileSync(join(folder.path, 'nginx.conf'), 'utf8'), /worker_connections 32768;/)
    const site = readFileSync(join(folder.path, 'conf.d/default.conf'), 'utf8')
    const named = [...site.matchAll(/^ +server ([\d.]+:\d+)/gm)].map(([, address]) => address)
    assert.deepEqual(
      named,
      relays.map((relay) => `${addressOf(relay)}:8080`),
    )
    for (const { environment } of relays)
      assert.equal(environment?.['FAIRLEAD_TRUSTED_PROXIES'], `${addressOf(nginx ?? { image: '' })}/32`)
  })

  test(`${file}: what is mounted is there, or is the operator's own`, () => {
    const own = ['./tls/relay.example.pem', './tls/relay.example.key']
    for (const [from = ''] of Object.values(services).flatMap((service) =>
      (service.volumes ?? []).map((volume) => volume.split(':')),
    ))
      assert.ok(from in volumes || own.includes(from) || existsSync(join(home, 'deploy', from)), from)
    for (const { volumes: mounted } of relays) assert.match(String(mounted), /^[\w-]+:\/var\/lib\/fairlead$/)
    assert.equal(new Set(relays.map(({ volumes: mounted }) => String(mounted))).size, nodes)
  })
}

test('compose-nodes.yaml: hosts, users and passwords of the examples agree', () => {
  const { services } = compose('compose-nodes.yaml')
  const [nodes, servers] = [variablesOf(read('nodes.env.example')), variablesOf(read('servers.env.example'))]
  for (const [option, host, user] of [
    ['FAIRLEAD_DATABASE_URL', 'postgres', 'POSTGRES'],
    ['FAIRLEAD_BUS_URL', 'nats', 'NATS'],
  ] as const) {
    const url = new URL(nodes.get(option) ?? '')
    assert.equal(url.hostname, host)
    assert.equal(services[host]?.env_file, 'servers.env')
    assert.equal(url.username, servers.get(`${user}_USER`))
    assert.equal(url.password, servers.get(`${user}_PASSWORD`))
  }
})

test('only nginx can be reached from outside', () => {
  for (const file of ['compose.yaml', 'compose-nodes.yaml'])
    for (const [name, { ports }] of Object.entries(compose(file).services))
      assert.equal(ports !== undefined, name === 'nginx', name)
})

test('NATS takes its file, looks for machines that are gone, and lets in who has the password', async () => {
  await using folder = await openFolder()
  const file = join(folder.path, 'nats.conf')
  const port = await findFreePort()
  const filled = fillIn('deploy/nats.conf', read('nats.conf'), {
    '"0.0.0.0:4222"': `"127.0.0.1:${port}"`,
    'http: "0.0.0.0:8222"': '',
  })
  assert.match(filled, /^ping_interval: "10s"$/m)
  await writeFile(file, filled)
  const environment = Object.fromEntries(variablesOf(read('servers.env.example')))
  await using server = await startProcess('/usr/sbin/nats-server', ['--config', file], { environment })
  await untilItListens('nats-server', server, port)
  const user = `${environment['NATS_USER']}:${environment['NATS_PASSWORD']}`
  assert.equal(await connectTo(`nats://${user}@127.0.0.1:${port}`), 'connected')
  assert.match(await connectTo(`nats://127.0.0.1:${port}`), /lets nobody in without a user/)
})

/** @returns `connected`, or why not */
async function connectTo(busUrl: string): Promise<string> {
  const needs = { clock: systemClock, random: systemRandom, log: silentLog, namespace: 'deployed' }
  try {
    await using _bus = await openNatsBus({ ...needs, url: busUrl, key: Buffer.alloc(32) })
    return 'connected'
  } catch (error) {
    return String(error)
  }
}

test('the image is built in stages, runs as a user without rights, and starts what is there', () => {
  const text = read('Dockerfile')
  const bases = [...text.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
  assert.deepEqual(bases, ['debian:13-slim', 'debian:13-slim'])
  assert.match(text.slice(text.lastIndexOf('FROM')), /^USER fairlead$/m)
  for (const [, path = ''] of text.matchAll(/"\/opt\/fairlead\/([^"]+)"/g))
    assert.ok(existsSync(join(home, path)), path)
  const settings = [...text.matchAll(/(FAIRLEAD_\w+)=/g)].map(([, name = '']) => name)
  assertOptions(settings)
})

for (const [file, instance, example] of [
  ['fairlead.service', 'fairlead.service', 'fairlead.env.example'],
  ['fairlead@.service', 'fairlead@8081.service', 'nodes.env.example'],
] as const) {
  test(`systemd takes ${file} without a complaint`, async () => {
    await using folder = await openFolder()
    await writeFile(join(folder.path, file), read(file).replaceAll('/opt/fairlead/', home))
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', join(folder.path, instance)], {
      encoding: 'utf8',
    })
    assert.equal(verified.status, 0, verified.stderr)
    assert.equal(verified.stderr + verified.stdout, '')
  })

  test(`${file} gives a relay that is broken into little to do`, async () => {
    await using folder = await openFolder()
    const path = join(folder.path, file)
    await writeFile(path, read(file).replaceAll('/opt/fairlead/', home))
    const arguments_ = ['security', '--offline=true', '--no-pager', '--threshold=20', path]
    const rated = spawnSync('systemd-analyze', arguments_, { encoding: 'utf8' })
    assert.equal(rated.status, 0, rated.stdout.slice(-200) + rated.stderr)
  })

  test(`${file} sets options that exist, stops in time, comes back, and has files enough`, () => {
    const text = read(file)
    const lines = new Set(text.split('\n'))
    assertOptions([...text.matchAll(/^Environment=(\w+)=/gm)].map(([, name = '']) => name))
    assertOptions(variablesOf(read(example)).keys())
    for (const line of [
      'Restart=always',
      'TimeoutStopSec=20',
      'KillSignal=SIGTERM',
      'KillMode=mixed',
      'LimitNOFILE=262144',
      'ProtectSystem=strict',
      'NoNewPrivileges=yes',
      'DynamicUser=yes',
    ])
      assert.ok(lines.has(line), line)
    assert.match(text, /^EnvironmentFile=\/etc\/fairlead\//m)
    // What it may write to is what it is told to write to.
    for (const [option, folder] of [
      ['FAIRLEAD_DATA=/var/lib/', 'StateDirectory='],
      ['NODE_COMPILE_CACHE=/var/cache/', 'CacheDirectory='],
    ] as const) {
      const [written, allowed] = [option, folder].map((name) => text.split(name)[1]?.split('\n')[0])
      assert.equal(written, allowed)
    }
    assert.ok(text.includes(example), 'it says which example to copy')
  })
}

test('every file of deploy/ that another one names is there', () => {
  for (const file of ['compose.yaml', 'compose-nodes.yaml', 'fairlead.service', 'fairlead@.service', 'Dockerfile'])
    for (const [, path = ''] of read(file).matchAll(/\b(deploy\/[\w.@-]+\w|docs\/\w+\.md)/g))
      assert.ok(existsSync(normalize(join(home, dirname(path), path.split('/')[1] ?? ''))), `${file}: ${path}`)
})
