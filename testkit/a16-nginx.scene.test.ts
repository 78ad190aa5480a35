/** A16: an agent whose way to the relay leads through a real nginx, TLS and a company's proxy. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookAt } from './device-look.ts'
import { openHttpProxy } from './http-proxy.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { openNginx } from './nginx.ts'
import { until } from './until.ts'

const trusting = ['--trusted-proxies', '127.0.0.1/32']

async function mustAnswer(street: Neighbourhood): Promise<void> {
  const { status, body } = await street.service.ask('lobby', { get: ['model'] })
  assert.equal(status, 200, JSON.stringify(body))
}

test('A16 through nginx as we deploy it, over TLS, an agent is ONLINE and answers', async () => {
  await using street = await openNeighbourhood({ relay: trusting })
  await using nginx = await openNginx(street.url, { setUp: 'as-deployed' })
  const environment = { NODE_EXTRA_CA_CERTS: nginx.authorityPath ?? '' }
  await street.openAgent({ id: 'lobby', relayUrl: nginx.url, environment })
  await mustAnswer(street)
})

test('A16 through a proxy that tunnels, and nginx over TLS behind it', async () => {
  await using street = await openNeighbourhood({ relay: trusting })
  await using nginx = await openNginx(street.url, { setUp: 'as-deployed' })
  await using proxy = await openHttpProxy({ credentials: 'lobby:proxy-password' })
  const environment = {
    NODE_EXTRA_CA_CERTS: nginx.authorityPath ?? '',
    HTTPS_PROXY: proxy.url.replace('http://', 'http://lobby:proxy-password@'),
    NO_PROXY: '',
  }
  await street.openAgent({ id: 'lobby', relayUrl: nginx.url, environment })
  await mustAnswer(street)
  assert.ok(proxy.visits.length > 0)
  for (const visit of proxy.visits) assert.equal(visit, `CONNECT 127.0.0.1:${nginx.port}`, 'it sees nothing but that')
})

test('A16 through nginx out of the box, with HTTP/1.0 and buffering, an agent answers', async () => {
  await using street = await openNeighbourhood({ relay: trusting })
  await using nginx = await openNginx(street.url, { setUp: 'out-of-the-box' })
  await street.openAgent({ id: 'lobby', relayUrl: nginx.url })
  for (let turn = 0; turn < 3; turn++) await mustAnswer(street)
})

test('A16 through an nginx that is less patient than the relay an agent stays ONLINE, and asks before it is cut off', async () => {
  // 60 s against 55 s is what operators have; the proportions are the same here, the other way round.
  await using street = await openNeighbourhood({ relay: [...trusting, '--wait', '20'] })
  await using nginx = await openNginx(street.url, { setUp: 'out-of-the-box', readTimeoutSeconds: 7 })
  const lobby = await street.openAgent({ id: 'lobby', relayUrl: nginx.url })
  const online = await lookAt(street.service, 'lobby')
  const timeOuts = async () => (await nginx.errors()).match(/upstream timed out/g)?.length ?? 0
  await until('nginx has cut it off twice', async () => (await timeOuts()) >= 2, 30_000)
  await until('it has drawn its conclusion', () => lobby.process.output().stderr.includes('uplink.hold-cut'), 10_000)
  await mustAnswer(street)

  const seen = await timeOuts()
  const quietFrom = Date.now()
  await until(
    'it has been quiet for longer than nginx waits',
    async () => {
      const { lastSeenAt } = await lookAt(street.service, 'lobby')
      return Date.parse(lastSeenAt ?? '') - quietFrom > 9000
    },
    30_000,
  )
  assert.equal(await timeOuts(), seen, 'it is not cut off any more')
  assert.equal((await lookAt(street.service, 'lobby')).stateSinceAt, online.stateSinceAt)
  await mustAnswer(street)
})
