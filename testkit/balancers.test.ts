/** Each rule of our files for several nodes holds with the real nginx and HAProxy, and without its line it does not. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { openHaproxy } from './haproxy.ts'
import { openNginx } from './nginx.ts'
import { findFreePort } from './ports.ts'
import { type Manner, openGoneMachine, openStandIns, type StandIns } from './stand-in-nodes.ts'
import { until } from './until.ts'

type Change = Readonly<Record<string, string>>

interface Rule {
  says: string
  /** What is taken out of each file, so that it does not hold; a file that is not named has no such line. */
  without: { nginx?: Change; haproxy?: Change }
  /** What makes it quicker to see, with the rule and without it. */
  with?: { nginx?: Change; haproxy?: Change }
  /** @throws {AssertionError} when it does not hold */
  play(street: Street): Promise<void>
}

interface Street extends StandIns {
  balancer: 'nginx' | 'haproxy'
  /** @returns the status, or why there is none */
  ask(method: string, path: string, bodyBytes?: number): Promise<string>
}

async function openStreet(balancer: 'nginx' | 'haproxy', change: Change): Promise<Street & AsyncDisposable> {
  await using building = new AsyncDisposableStack()
  const nodes = building.use(await openStandIns())
  const plainPort = await findFreePort()
  const { url } = building.use(
    balancer === 'nginx'
      ? await openNginx(nodes.urls, { setUp: 'as-deployed', plainPort, change })
      : await openHaproxy(nodes.urls, { plainPort, change }),
  )
  const built = building.move()
  return {
    ...nodes,
    balancer,
    async ask(method, path, bodyBytes = 100) {
      const body = method === 'GET' ? null : 'x'.repeat(bodyBytes)
      try {
        const answer = await fetch(url + path, { method, body, signal: AbortSignal.timeout(6_000) })
        assert.equal(answer.headers.get('set-cookie'), null)
        await answer.text()
        return String(answer.status)
      } catch (error) {
        assert.ok(error instanceof Error && !(error instanceof assert.AssertionError), String(error))
        return error.name
      }
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

function allAre(manner: Manner, { nodes }: StandIns): void {
  for (const node of nodes) node.manner = manner
}

/** Two of three do something else, so whoever goes on from node to node gets to the one that serves. */
function onlyLastServes(manner: Manner, street: Street): void {
  allAre(manner, street)
  const [, , last] = street.nodes
  if (last) last.manner = 'serves'
}

const nginxForServices = 'proxy_next_upstream error timeout http_503;'
const nginxForDevices = 'proxy_next_upstream error timeout http_503 non_idempotent;'
const haproxyRetry = 'retry-on conn-failure empty-response response-timeout 503'
const haproxyOnce = 'http-request disable-l7-retry unless of_device or is_look'
const devicePaths = ['/http-bind', '/http-bind/', '/bosh', '/bosh/', '/device/v1/responses/r1']

const rules: Rule[] = [
  {
    says: 'whoever finds a node gone is sent to the next one, a service with its POST too',
    without: {
      nginx: { [nginxForServices]: 'proxy_next_upstream off;' },
      haproxy: { 'retries 3': 'retries 0', 'option redispatch 1': '' },
    },
    async play({ nodes, ask }) {
      await nodes[1]?.close()
      const asked = Array.from({ length: 6 }, () => ask('POST', '/v1/devices/lobby/requests'))
      assert.deepEqual(new Set(await Promise.all(asked)), new Set(['200']))
    },
  },
  {
    says: "a service's POST that a node has heard is not sent to another one when that breaks off",
    without: {
      nginx: { [nginxForServices]: nginxForDevices },
      haproxy: { [haproxyOnce]: '' },
    },
    async play(street) {
      allAre('breaks-off', street)
      assert.equal(await street.ask('POST', '/v1/devices/lobby/requests'), '502')
      assert.deepEqual(street.heard(), ['POST /v1/devices/lobby/requests 100'])
    },
  },
  {
    says: "a node's 503 to a service's POST is the answer",
    without: {
      nginx: { [nginxForServices]: nginxForDevices },
      haproxy: { [haproxyOnce]: '' },
    },
    async play(street) {
      allAre('refuses', street)
      assert.equal(await street.ask('POST', '/v1/keys'), '503')
      assert.equal(street.heard().length, 1)
    },
  },
  {
    says: 'whoever only looks is sent on by a node that cannot act',
    without: {
      nginx: { [nginxForServices]: 'proxy_next_upstream error timeout;' },
      haproxy: { ' or is_look': '' },
    },
    async play(street) {
      onlyLastServes('refuses', street)
      for (let turn = 0; turn < 3; turn++) assert.equal(await street.ask('GET', '/v1/devices'), '200')
    },
  },
  {
    says: 'a device is sent on by a node that cannot act, whatever it says',
    without: {
      nginx: { [nginxForDevices]: 'proxy_next_upstream error timeout non_idempotent;' },
      haproxy: { [haproxyRetry]: 'retry-on conn-failure empty-response' },
    },
    async play(street) {
      onlyLastServes('refuses', street)
      for (const path of devicePaths) assert.equal(await street.ask('POST', path), '200', path)
    },
  },
  {
    says: 'what a device says goes to the next node when one has heard it and breaks off',
    without: {
      nginx: { [nginxForDevices]: 'proxy_next_upstream error timeout http_503;' },
      haproxy: { [haproxyRetry]: 'retry-on conn-failure 503' },
    },
    async play(street) {
      onlyLastServes('breaks-off', street)
      for (const path of devicePaths) assert.equal(await street.ask('POST', path), '200', path)
    },
  },
  {
    says: 'that is so with long answers as well',
    without: {
      nginx: { 'proxy_request_buffering on;': 'proxy_request_buffering off;' },
      haproxy: { 'tune.bufsize 65536': '' },
    },
    async play(street) {
      onlyLastServes('breaks-off', street)
      const bytes = street.balancer === 'nginx' ? 4_000_000 : 40_000
      for (let turn = 0; turn < 3; turn++) {
        assert.equal(await street.ask('POST', '/device/v1/responses/r1', bytes), '200')
        assert.equal(street.nodes[2]?.heard.at(-1), `POST /device/v1/responses/r1 ${bytes}`)
      }
    },
  },
  {
    says: 'a node that refuses once is asked again',
    without: { nginx: { ' max_fails=0;': ';' } },
    async play(street) {
      const { nodes, ask } = street
      onlyLastServes('refuses', street)
      await ask('GET', '/v1/devices')
      allAre('serves', street)
      const before = nodes.map(({ heard }) => heard.length)
      for (let turn = 0; turn < 6; turn++) await ask('GET', '/v1/devices')
      const more = nodes.map(({ heard }, at) => heard.length - (before[at] ?? 0))
      assert.ok(Math.min(...more) > 0, String(more))
    },
  },
  {
    says: 'each request of a client goes to the next node, and nobody is given a cookie',
    without: {
      nginx: { 'upstream fairlead {': 'upstream fairlead { ip_hash;' },
      haproxy: { 'balance roundrobin': 'balance source' },
    },
    async play({ nodes, ask }) {
      for (let turn = 0; turn < 9; turn++) await ask('POST', '/http-bind')
      assert.deepEqual(
        nodes.map(({ heard }) => heard.length),
        [3, 3, 3],
      )
    },
  },
  {
    says: 'a machine that does not even refuse costs two seconds',
    without: {
      nginx: { 'proxy_connect_timeout 2s;': '' },
    },
    async play({ nodes, ask }) {
      const [gone] = nodes
      await gone?.close()
      await using _machine = await openGoneMachine(Number(new URL(gone?.url ?? '').port))
      const asked = Array.from({ length: 3 }, () => ask('POST', '/v1/devices/lobby/requests'))
      assert.deepEqual(await Promise.all(asked), ['200', '200', '200'])
    },
  },
  {
    says: 'a node that stands still keeps a device no longer than the longest hold',
    with: {
      nginx: { 'proxy_read_timeout 65s;': 'proxy_read_timeout 1s;' },
      haproxy: { 'set-timeout server 65s': 'set-timeout server 1s' },
    },
    without: {
      nginx: { 'proxy_read_timeout 1s;': '' },
      haproxy: { 'http-request set-timeout server 1s if of_device': '' },
    },
    async play(street) {
      onlyLastServes('says-nothing', street)
      assert.equal(await street.ask('POST', '/http-bind'), '200')
    },
  },
  {
    says: 'a node that is not ready gets nothing new',
    without: { haproxy: { '/readyz': '/healthz' } },
    async play(street) {
      const [first] = street.nodes
      if (first) first.isReady = false
      const passesBy = async () => {
        const before = first?.heard.length
        for (let turn = 0; turn < 3; turn++) await street.ask('POST', '/v1/keys')
        return first?.heard.length === before
      }
      await until('it is passed by', passesBy, 5_000).catch(({ message }) => assert.fail(message))
    },
  },
  {
    says: 'when no node is ready, all are asked',
    without: { haproxy: { 'server node1-anyway 127.0.0.1:8081 backup': '' } },
    async play(street) {
      for (const node of street.nodes) node.isReady = false
      const asked = new Set<string>()
      const untilMs = performance.now() + 5_000
      while (performance.now() < untilMs) asked.add(await street.ask('POST', '/http-bind'))
      assert.deepEqual([...asked], ['200'])
    },
  },
]

for (const { says, without, with: quicker = {}, play } of rules)
  for (const balancer of ['nginx', 'haproxy'] as const) {
    const line = without[balancer]
    if (line === undefined) continue
    test(`${balancer}: ${says}`, async () => {
      await using street = await openStreet(balancer, quicker[balancer] ?? {})
      await play(street)
    })

    test(`${balancer}, without its line: not so that ${says}`, async () => {
      await using street = await openStreet(balancer, { ...quicker[balancer], ...line })
      await assert.rejects(play(street), assert.AssertionError)
    })
  }

/** Lines that matter to what is let through and how long, without those about where nodes are and what is sent again. */
function commonLines(file: string): string[] {
  const text = readFileSync(new URL(`../deploy/${file}`, import.meta.url), 'utf8')
  const lines = text.split('\n').map((line) =>
    line
      .replace(/#.*/, '')
      .replace(/ backlog[ =]16384/, '')
      .trim(),
  )
  const own = /^(proxy_next_upstream|proxy_request_buffering|proxy_pass|server 1|server relay|timeout connect|retries)/
  return lines.filter((line) => line !== '' && line !== '}' && !own.test(line))
}

for (const [one, several] of [
  ['nginx.conf', 'nginx-nodes.conf'],
  ['haproxy.cfg', 'haproxy-nodes.cfg'],
] as const)
  test(`${several} has every other line of ${one}`, () => {
    const there = new Set(commonLines(several))
    const missing = commonLines(one).filter((line) => !there.has(line))
    const renamed = ['default_backend relay', 'backend relay']
    assert.deepEqual(
      missing.filter((line) => !renamed.includes(line)),
      [],
    )
  })
