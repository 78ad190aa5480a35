/** What our nginx file promises holds with a real nginx, and what goes wrong out of the box does go wrong. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as plainRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { listenOnFreePort } from './listen.ts'
import { type NginxOptions, openNginx } from './nginx.ts'

/** A server that plays the relay: it says back what it got, holds `/held`, and streams `/stream` until it is told to end. */
async function openStreet(options: NginxOptions) {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  const connections = new Set<unknown>()
  const server = createServer((request, response) => {
    connections.add(request.socket)
    if (request.url === '/stream') {
      response.write('first ')
      void mayEnd.then(() => response.end('last'))
    } else if (request.url !== '/held')
      response.end(JSON.stringify({ ...request.headers, version: request.httpVersion }))
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)))
  await using building = new AsyncDisposableStack()
  const relay = building.use(await listenOnFreePort(server))
  const nginx = building.use(await openNginx(relay.url, options))
  const built = building.move()

  async function ask(path: string, more: RequestOptions = {}): Promise<IncomingMessage> {
    const send = nginx.authority === undefined ? plainRequest : tlsRequest
    const asking = send(nginx.url + path, { ca: nginx.authority, ...more }).end()
    const [answer] = await once(asking, 'response', { signal: AbortSignal.timeout(5000) })
    return answer
  }
  return { nginx, connections, end, ask, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

const textOf = async (answer: IncomingMessage) => Buffer.concat(await answer.toArray()).toString()

test('as deployed: the relay learns who asked, and not what the asker says about that', async () => {
  await using street = await openStreet({ setUp: 'as-deployed' })
  const claims = {
    'X-Forwarded-For': '6.6.6.6',
    'X-Real-IP': '6.6.6.6',
    Forwarded: 'for=6.6.6.6',
    'X-Forwarded-Proto': 'gopher',
  }
  const headers = JSON.parse(await textOf(await street.ask('/echo', { headers: claims })))
  assert.equal(headers['x-forwarded-for'], '127.0.0.1')
  assert.equal(headers['x-forwarded-proto'], 'https')
  assert.equal(headers.host, `127.0.0.1:${street.nginx.port}`)
  assert.equal(headers.forwarded, undefined)
  assert.equal(headers['x-real-ip'], undefined)
})

test('as deployed: connections to the relay are used again', async () => {
  await using street = await openStreet({ setUp: 'as-deployed' })
  for (let n = 0; n < 5; n++) assert.equal(JSON.parse(await textOf(await street.ask('/echo'))).version, '1.1')
  assert.equal(street.connections.size, 1)
})

test('as deployed: a stream flows as it is written', async () => {
  await using street = await openStreet({ setUp: 'as-deployed' })
  const answer = await street.ask('/stream')
  assert.equal(String((await once(answer, 'data'))[0]), 'first ')
  street.end()
  assert.equal(String((await once(answer, 'data'))[0]), 'last')
})

test('as deployed: WebSockets pass, over TLS', async () => {
  await using street = await openStreet({ setUp: 'as-deployed' })
  const client = new WebSocket(street.nginx.url.replace('http', 'ws'), { ca: street.nginx.authority ?? '' })
  await once(client, 'open')
  client.send('hello')
  assert.equal(String((await once(client, 'message'))[0]), 'heard hello')
  client.terminate()
})

test('as deployed: plain HTTP is sent to HTTPS with its method', async () => {
  await using street = await openStreet({ setUp: 'as-deployed' })
  const answer = await fetch(`${street.nginx.plainUrl}/v1/devices?limit=1`, { method: 'POST', redirect: 'manual' })
  assert.equal(answer.status, 308)
  assert.equal(answer.headers.get('location'), `${street.nginx.url}/v1/devices?limit=1`)
})

test('out of the box: the relay is asked with HTTP/1.0, and WebSockets do not pass', async () => {
  await using street = await openStreet({ setUp: 'out-of-the-box' })
  assert.equal(JSON.parse(await textOf(await street.ask('/echo'))).version, '1.0')
  await assert.rejects(once(new WebSocket(street.nginx.url.replace('http', 'ws')), 'open'))
})

test('out of the box: a small stream is kept back until it ends', async () => {
  await using street = await openStreet({ setUp: 'out-of-the-box' })
  const answering = street.ask('/stream').then(textOf)
  const early = await Promise.race([answering, new Promise((resolve) => setTimeout(resolve, 300, 'nothing yet'))])
  assert.equal(early, 'nothing yet')
  street.end()
  assert.equal(await answering, 'first last')
})

test('an answer that is held longer than nginx waits becomes 504', async () => {
  await using street = await openStreet({ setUp: 'out-of-the-box', readTimeoutSeconds: 1 })
  assert.equal((await street.ask('/held')).statusCode, 504)
  assert.match(await street.nginx.errors(), /upstream timed out/)
})

test('the patience of the deployed file can be shortened too', async () => {
  await using street = await openStreet({ setUp: 'as-deployed', readTimeoutSeconds: 1 })
  assert.equal((await street.ask('/held')).statusCode, 504)
})
