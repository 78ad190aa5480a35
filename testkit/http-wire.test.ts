/** The wire that knows HTTP repeats, reorders, loses and buffers whole requests. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { type HttpWireFaults, openHttpWire } from './http-wire.ts'
import { listenOnFreePort } from './listen.ts'
import { until } from './until.ts'

/** A server that notes what arrives and says it back, and a wire to it. */
async function openStreet(faults: Partial<HttpWireFaults> = {}, answer?: RequestListener) {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    heard.push(`${request.url} ${Buffer.concat(await request.toArray())}`)
    if (answer) answer(request, response)
    else response.end(request.url)
  })
  await using building = new AsyncDisposableStack()
  const listening = building.use(await listenOnFreePort(server))
  const wire = building.use(await openHttpWire(listening.url, faults))
  const built = building.move()
  const post = (path: string) => fetch(wire.url + path, { method: 'POST', body: `body of ${path}` })
  return { wire, heard, server, post, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

test('a good wire changes nothing', async () => {
  await using street = await openStreet({}, (_, response) => {
    response.writeHead(418, { 'x-tea': 'green' }).end('short and stout')
  })
  const answer = await street.post('/pot?lid=1')
  assert.equal(answer.status, 418)
  assert.equal(answer.headers.get('x-tea'), 'green')
  assert.equal(await answer.text(), 'short and stout')
  assert.deepEqual(street.heard, ['/pot?lid=1 body of /pot?lid=1'])
})

test('a repeated request arrives twice and is answered once', async () => {
  await using street = await openStreet({ duplicateFraction: 1 })
  assert.equal(await (await street.post('/a')).text(), '/a')
  await until('both have arrived', () => street.heard.length === 2)
  assert.deepEqual(street.heard, ['/a body of /a', '/a body of /a'])
})

test('a request that is held back is overtaken by the next', async () => {
  await using street = await openStreet({ reorderFraction: 1, reorderWithinMs: 5000 })
  const first = street.post('/first')
  await until('the first is held back', () => street.wire.counts.reordered === 1)
  const second = street.post('/second')
  assert.deepEqual(await Promise.all([first, second].map(async (answer) => (await answer).text())), [
    '/first',
    '/second',
  ])
  assert.deepEqual(street.heard, ['/second body of /second', '/first body of /first'])
})

test('a request that nobody overtakes is not held back for ever', async () => {
  await using street = await openStreet({ reorderFraction: 1, reorderWithinMs: 30 })
  assert.equal(await (await street.post('/alone')).text(), '/alone')
})

test('a lost request never arrives, a lost answer does', async () => {
  await using street = await openStreet({ loseRequestFraction: 1 })
  await assert.rejects(street.post('/request'))
  street.wire.set({ loseRequestFraction: 0, loseAnswerFraction: 1 })
  await assert.rejects(street.post('/answer'))
  assert.deepEqual(street.heard, ['/answer body of /answer'])
  assert.equal(street.wire.counts.lost, 2)
})

test('an answer that does not come in time becomes 504, and the relay sees its caller go', async () => {
  let gone = false
  await using street = await openStreet({ gatewayTimeoutMs: 1000 }, (_, response) => {
    response.on('close', () => {
      gone = true
    })
  })
  assert.equal((await street.post('/held')).status, 504)
  await until('the relay has seen it', () => gone)
})

test('a stream flows as it comes, or is kept back whole by a buffering wire', async () => {
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>()
  await using street = await openStreet({}, (_, response) => {
    response.write('first ')
    void mayEnd.then(() => response.end('last'))
  })
  const reader = (await street.post('/stream')).body?.getReader()
  assert.equal(new TextDecoder().decode((await reader?.read())?.value), 'first ')

  street.wire.set({ bufferAnswers: true })
  let arrived = false
  const buffered = street.post('/stream').then((answer) => {
    arrived = true
    return answer.text()
  })
  await until('the request has arrived', () => street.heard.length === 2)
  assert.equal(arrived, false)
  end()
  assert.equal(await buffered, 'first last')
})

test('WebSockets pass', async () => {
  await using street = await openStreet()
  const sockets = new WebSocketServer({ server: street.server })
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(`heard ${data}`)))
  const client = new WebSocket(street.wire.url.replace('http', 'ws'))
  await once(client, 'open')
  client.send('hello')
  assert.equal(String((await once(client, 'message'))[0]), 'heard hello')
  client.terminate()
})
