/** HTTP to the relay: what goes wrong is told apart. */
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { openHttpProxy } from '../../testkit/http-proxy.ts'
import { listenOnFreePort } from '../../testkit/listen.ts'
import { createHttpClient, type HttpPost } from './http-client.ts'

const request: HttpPost = { headers: {}, body: 'hello', timeoutMs: 5000 }

const openServer = (listener: RequestListener) => listenOnFreePort(createServer(listener))

async function troubleAt(url: string, given: Partial<HttpPost> = {}, environment: Record<string, string> = {}) {
  using client = createHttpClient(systemClock, environment)
  const outcome = await client.post(url, { ...request, ...given })
  return 'trouble' in outcome ? outcome.trouble : assert.fail(`answered ${outcome.status}`)
}

test('an answer comes with status, headers and body, and the request is told to have left', async () => {
  await using server = await openServer((incoming, response) => {
    incoming.pipe(response.writeHead(201, { 'x-word': 'yes' }))
  })
  using client = createHttpClient(systemClock, {})
  let sent = 0
  const outcome = await client.post(server.url, { ...request, onSent: () => sent++ })
  assert.ok('status' in outcome)
  assert.deepEqual([outcome.status, outcome.headers['x-word'], outcome.body.toString()], [201, 'yes', 'hello'])
  assert.equal(sent, 1)
})

test('connections are kept for the next request, unless it wants a fresh one', async () => {
  const ports = new Set<number | undefined>()
  await using server = await openServer((incoming, response) => {
    ports.add(incoming.socket.remotePort)
    response.end()
  })
  using client = createHttpClient(systemClock, {})
  for (let round = 0; round < 3; round++) await client.post(server.url, request)
  assert.equal(ports.size, 1)
  await client.post(server.url, { ...request, isFresh: true })
  assert.equal(ports.size, 2)
})

test('a name without an address, and a port where nothing listens', async () => {
  const dns = await troubleAt('http://no-such-host.invalid/')
  assert.deepEqual(dns, { kind: 'dns', host: 'no-such-host.invalid' })
  const server = await openServer(() => {})
  await server[Symbol.asyncDispose]()
  assert.deepEqual(await troubleAt(server.url), { kind: 'refused', host: '127.0.0.1' })
})

test('silence, and connections that are cut before or in the middle of the answer', async () => {
  await using silent = await openServer(() => {})
  assert.deepEqual(await troubleAt(silent.url, { timeoutMs: 1000 }), { kind: 'timeout', seconds: 1 })
  await using cut = await openServer((incoming) => incoming.socket.destroy())
  assert.deepEqual(await troubleAt(cut.url), { kind: 'cut' })
  await using half = await openServer((incoming, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('half', () => incoming.socket.destroy())
  })
  assert.deepEqual(await troubleAt(half.url), { kind: 'cut' })
})

test('a server that speaks no HTTP, no TLS, or far too much', async () => {
  const server = createTcpServer(
    (socket) =>
      void socket
        .on('error', () => {})
        .resume()
        .end('SSH-2.0-whatever\r\n'),
  )
  await using foreign = await listenOnFreePort(server)
  assert.deepEqual(await troubleAt(foreign.url), { kind: 'garbled' })
  assert.equal((await troubleAt(`https://127.0.0.1:${foreign.port}/`)).kind, 'tls')
  await using endless = await openServer((_incoming, response) => void response.end(Buffer.alloc(3 * 1024 * 1024)))
  assert.deepEqual(await troubleAt(endless.url), { kind: 'garbled' })
})

test('giving up is a cut', async () => {
  await using silent = await openServer(() => {})
  const controller = new AbortController()
  const trouble = troubleAt(silent.url, { signal: controller.signal })
  controller.abort()
  assert.deepEqual(await trouble, { kind: 'cut' })
})

test('A16 the proxy of the environment is used, and not for what NO_PROXY names', async () => {
  await using server = await openServer((_incoming, response) => void response.end('through'))
  await using proxy = await openHttpProxy()
  using client = createHttpClient(systemClock, { HTTP_PROXY: proxy.url })
  const outcome = await client.post(server.url, request)
  assert.ok('status' in outcome && outcome.body.toString() === 'through')
  assert.equal(proxy.visits.length, 1)
  using direct = createHttpClient(systemClock, { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' })
  await direct.post(server.url, request)
  assert.equal(proxy.visits.length, 1)
})

test('a proxy that does not let a TLS connection through is told as the proxy', async () => {
  await using proxy = await openHttpProxy({ refuseConnect: true })
  const trouble = await troubleAt('https://relay.example/', {}, { HTTPS_PROXY: proxy.url })
  assert.equal(trouble.kind, 'proxy')
})
