/** What our HAProxy file promises holds with a real HAProxy. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { openHaproxy } from './haproxy.ts'
import { listenOnFreePort } from './listen.ts'
import { until } from './until.ts'

/** A server that plays the relay: it says back what it got, and streams `/stream` until it is told to end. */
async function openStreet() {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const connections = new Set<unknown>()
  const server = createServer((asked, response) => {
    connections.add(asked.socket)
    if (asked.url !== '/stream') return response.end(JSON.stringify({ ...asked.headers, version: asked.httpVersion }))
    response.write('first ')
    void mayEnd.then(() => response.end('last'))
    return undefined
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)))
  await using building = new AsyncDisposableStack()
  const relay = building.use(await listenOnFreePort(server))
  const haproxy = building.use(await openHaproxy(relay.url))
  const built = building.move()

  async function ask(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
    const asking = request(haproxy.url + path, { ca: haproxy.authority, headers }).end()
    const [answer] = await once(asking, 'response', { signal: AbortSignal.timeout(5000) })
    return answer
  }
  return { haproxy, connections, end, ask, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const textOf = async (answer: IncomingMessage) => Buffer.concat(await answer.toArray()).toString()

test('the relay learns who asked, and not what the asker says about that', async () => {
  await using street = await openStreet()
  const claims = {
    'X-Forwarded-For': '6.6.6.6',
    'X-Real-IP': '6.6.6.6',
    Forwarded: 'for=6.6.6.6',
    'X-Forwarded-Proto': 'gopher',
  }
  const headers = JSON.parse(await textOf(await street.ask('/echo', claims)))
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'https')
  assert.equal(headers['x-forwarded-host'], `127.0.0.1:${street.haproxy.port}`)
  assert.equal(headers.host, `127.0.0.1:${street.haproxy.port}`)
  assert.equal(headers.forwarded, undefined)
  assert.equal(headers['x-real-ip'], undefined)
})

test('connections to the relay are used again, with HTTP/1.1', async () => {
  await using street = await openStreet()
  for (let n = 0; n < 5; n++) assert.equal(JSON.parse(await textOf(await street.ask('/echo'))).version, '1.1')
  assert.ok(street.connections.size < 5, `${street.connections.size} connections`)
})

test('a stream flows as it is written', async () => {
  await using street = await openStreet()
  const answer = await street.ask('/stream')
  assert.equal(String((await once(answer, 'data'))[0]), 'first ')
  street.end()
  assert.equal(String((await once(answer, 'data'))[0]), 'last')
})

test('WebSockets pass, over TLS', async () => {
  await using street = await openStreet()
  const client = new WebSocket(street.haproxy.url.replace('http', 'ws'), { ca: street.haproxy.authority })
  await once(client, 'open')
  client.send('hello')
  assert.equal(String((await once(client, 'message'))[0]), 'heard hello')
  client.terminate()
})

test('plain HTTP is sent to HTTPS with its method', async () => {
  await using street = await openStreet()
  const answer = await fetch(`${street.haproxy.plainUrl}/v1/devices?limit=1`, { method: 'POST', redirect: 'manual' })
  assert.equal(answer.status, 308)
  assert.match(answer.headers.get('location') ?? '', /^https:\/\/127\.0\.0\.1\S*\/v1\/devices\?limit=1$/)
})

test('what HAProxy served is known by method, target and status', async () => {
  await using street = await openStreet()
  await textOf(await street.ask('/one'))
  await textOf(await street.ask('/two?x=1'))
  await until('both are logged', () => street.haproxy.served().length === 2)
  assert.deepEqual(street.haproxy.served(), ['GET /one 200', 'GET /two?x=1 200'])
})
