/** The forward proxy passes on what it is asked to, and closes what is idle. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { type HttpProxyOptions, openHttpProxy } from './http-proxy.ts'
import { listenOnFreePort } from './listen.ts'

/** A server that answers at once, or never where the path is `/held`; and a proxy. */
async function openStreet(options: HttpProxyOptions = {}) {
  const server = createServer((request, response) => {
    if (request.url !== '/held') response.end(`${request.method} ${request.url} for ${request.headers.host}`)
  })
  await using building = new AsyncDisposableStack()
  const listening = building.use(await listenOnFreePort(server))
  const proxy = building.use(await openHttpProxy(options))
  const built = building.move()
  return { proxy, relay: listening, [Symbol.asyncDispose]: () => built.disposeAsync() }
}

/** Asks as clients of a proxy do: with the absolute URI on the request line. */
async function ask(proxyPort: number, url: string, headers: Record<string, string> = {}) {
  const asking = request({ port: proxyPort, host: '127.0.0.1', path: url, headers, agent: false }).end()
  const [answer] = await once(asking, 'response')
  return { status: answer.statusCode, text: Buffer.concat(await answer.toArray()).toString() }
}

/** Opens a tunnel. @returns the socket and the proxy's status line */
async function tunnel(proxyPort: number, to: number) {
  const socket = connect(proxyPort, '127.0.0.1')
  socket.on('error', () => {}).write(`CONNECT 127.0.0.1:${to} HTTP/1.1\r\nHost: 127.0.0.1:${to}\r\n\r\n`)
  const [head] = await once(socket, 'data')
  return { socket, status: String(head).split('\r\n')[0] }
}

test('a request with an absolute URI is passed on in origin form', async () => {
  await using street = await openStreet()
  const host = `127.0.0.1:${street.relay.port}`
  assert.deepEqual(await ask(street.proxy.port, `http://${host}/a?b`), { status: 200, text: `GET /a?b for ${host}` })
  assert.deepEqual(street.proxy.visits, [`GET http://${host}/a?b`])
})

test('CONNECT opens a tunnel', async () => {
  await using street = await openStreet()
  const { socket, status } = await tunnel(street.proxy.port, street.relay.port)
  assert.equal(status, 'HTTP/1.1 200 Connection established')
  socket.write('GET /inside HTTP/1.0\r\nHost: relay\r\n\r\n')
  assert.match(String((await once(socket, 'data'))[0]), /GET \/inside for relay/)
})

test('a held request is cut off when nothing has moved for too long', async () => {
  await using street = await openStreet({ cutIdleAfterMs: 100 })
  const startedAtMs = performance.now()
  await assert.rejects(ask(street.proxy.port, `${street.relay.url}/held`), { code: 'ECONNRESET' })
  assert.ok(performance.now() - startedAtMs >= 95)
  assert.equal(street.proxy.counts.cut, 1)
})

test('an idle tunnel is closed', async () => {
  await using street = await openStreet({ cutIdleAfterMs: 100 })
  const { socket } = await tunnel(street.proxy.port, street.relay.port)
  await once(socket, 'close')
  assert.equal(street.proxy.counts.cut, 1)
})

test('a proxy that wants credentials passes nothing without them', async () => {
  await using street = await openStreet({ credentials: 'ann:secret' })
  assert.equal((await ask(street.proxy.port, `${street.relay.url}/a`)).status, 407)
  assert.match((await tunnel(street.proxy.port, street.relay.port)).status ?? '', /407/)
  const right = `Basic ${btoa('ann:secret')}`
  assert.equal((await ask(street.proxy.port, `${street.relay.url}/a`, { 'proxy-authorization': right })).status, 200)
})

test('a proxy can refuse tunnels', async () => {
  await using street = await openStreet({ refuseConnect: true })
  assert.match((await tunnel(street.proxy.port, street.relay.port)).status ?? '', /403/)
})
