/** A share of the HTTP fuzzing against a real relay, and servers with faults that it must find. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { assertFound, playShare } from './for-tests.ts'
import { playConnection } from './http-connection.ts'
import { isFramed } from './http-framing.ts'
import { httpTarget } from './http-target.ts'

test('S-W1 B-165 whatever is sent to a relay, it answers in HTTP, at once, and goes on for an honest device', () =>
  playShare(httpTarget({ longestMs: 5000 }), 256, {
    answers: 1500,
    200: 300,
    400: 100,
    404: 100,
    upgraded: 1,
    stream: 1,
    'honest calls': 3,
  }))

/** A server that does with each connection what a test wants. */
async function openServer(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const get = Buffer.from('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
const head = Buffer.from('HEAD /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
const limits = { longestMs: 1000, longestForGuessesMs: 2000, quietMs: 25 }

/** What a client makes of an answer that comes for its first bytes. */
async function heardOf(answer: string, requests: Uint8Array[] = [get]) {
  await using server = await openServer((socket) => socket.once('data', () => socket.write(answer)))
  return await playConnection(server.port, '127.0.0.1', requests, limits)
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const json = (status: string, body: string, type = 'application/json') =>
  `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`

test('answers that are right are right, in whatever form', async () => {
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'
  const problem = json(
    '404 Not Found',
    '{"code":"not-found","title":"a","detail":"b","status":404}',
    'application/problem+json',
  )
  for (const [answer, times] of [
    [ok, 1],
    [`${ok}${chunked}${problem}`, 3],
    [`HTTP/1.1 100 Continue\r\n\r\n${ok}`, 1],
  ] as const) {
    const { what, answers } = await heardOf(
      answer,
      Array.from({ length: times }, () => get),
    )
    assert.equal(what, undefined)
    assert.equal(answers.length, times)
  }
  assert.equal((await heardOf('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n', [head])).what, undefined)
  assert.equal((await heardOf('HTTP/1.1 101 Switching\r\n\r\n\0\0')).beyond, 'upgraded')
  const stream = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n'
  assert.equal((await heardOf(stream)).beyond, 'stream')
})

const faults: Record<string, [answer: string, kind: RegExp]> = {
  'a failure of ours': [json('500 Failure', '{}'), /^status 500/],
  'a status that is none': ['HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n', /no HTTP/],
  'no HTTP at all': ['hello\r\n\r\n', /no HTTP/],
  'a header with a line break in it': [
    'HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: c\r\nContent-Length: 0\r\n\r\n',
    /no HTTP/,
  ],
  'an answer without an end': ['HTTP/1.1 200 OK\r\nA: b\r\n\r\nok', /no HTTP/],
  'two lengths': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok', /no HTTP/],
  'a length and chunks': ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok', /no HTTP/],
  'a chunk without a length': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /no HTTP/],
  'JSON that is none': [json('200 OK', '{'), /is none/],
  'a problem without its parts': [json('404 Not Found', '{"code":"x"}', 'application/problem+json'), /lacks its parts/],
  'a stack': [json('400 Bad', '{"detail":"at read (file:///relay/http/http.ts:3)"}'), /a stack is told/],
  'an answer too many': [ok + ok, /more answers/],
  'no answer': ['', /no answer in time/],
}

for (const [fault, [answer, kind]] of Object.entries(faults))
  test(`found: ${fault}`, async () => assert.match((await heardOf(answer)).what ?? '', kind))

test('found: an answer that is late', async () => {
  await using server = await openServer((socket) =>
    socket.once('data', () => setTimeout(() => socket.write(ok), limits.longestMs + 200)),
  )
  const { what } = await playConnection(server.port, '127.0.0.1', [get], limits)
  assert.match(what ?? '', /an answer is late/)
})

test('found: a connection that is closed, or reset, instead of an answer', async () => {
  for (const end of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
    await using server = await openServer((socket) => socket.once('data', () => end(socket)))
    const { what } = await playConnection(server.port, '127.0.0.1', [get], limits)
    assert.match(what ?? '', /before an answer/)
  }
})

test('found: a connection that is not closed when its client has ended it', async () => {
  await using server = await openServer((socket) => socket.resume())
  const { what } = await playConnection(server.port, '127.0.0.1', [Buffer.from('GET / HTTP/1.1\r\n')], limits)
  assert.match(what ?? '', /not closed/)
})

test('found: a relay whose refusals become failures on the way', () => {
  const through = (port: number) =>
    openServer((socket) => {
      const relay = connect(port, '127.0.0.1').on('error', () => socket.destroy())
      relay.on('data', (bytes) =>
        socket.write(bytes.toString('latin1').replace('HTTP/1.1 404', 'HTTP/1.1 500'), 'latin1'),
      )
      relay.on('end', () => socket.end())
      socket.on('data', (bytes) => relay.write(bytes)).on('end', () => relay.end())
    })
  return assertFound(httpTarget({ through }), 8, /^status 500/)
})

test('a request is one if it ends where it says', () => {
  const chunked = 'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n'
  for (const request of [
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /a?b HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}',
    `${chunked}2\r\n{}\r\n0\r\n\r\n`,
    `${chunked}2;x=y\r\n{}\r\n0\r\nTrailer: x\r\n\r\n`,
  ])
    assert.ok(isFramed(Buffer.from(request)), request)
  for (const request of [
    '',
    'GET / HTTP/1.1\r\nHost: a\r\n',
    'GET / HTTP/1.1\r\nHost: a\r\n\r\nX',
    'GET / HTTP/2.0\r\n\r\n',
    'get / HTTP/1.1\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nA : b\r\n\r\n',
    'GET / HTTP/1.1\nA: b\r\n\r\n',
    'GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n',
    'POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\n{}',
    'POST /a HTTP/1.1\r\nContent-Length: +2\r\n\r\n{}',
    'POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
    `${chunked}0\r\n`,
    `${chunked}3\r\n{}\r\n0\r\n\r\n`,
  ])
    assert.ok(!isFramed(Buffer.from(request)), request)
})
