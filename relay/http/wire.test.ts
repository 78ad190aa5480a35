/** What hostile and broken clients write to the HTTP door. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { openTestDoor, writeKey } from './test-door.ts'

const body = '{"get":["a"]}'
const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
const start = `POST /v1/devices/a/requests HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${writeKey}\r\n`

/**
 * What two servers behind each other read differently. None may be answered as if it were well, and what hides behind
 * must never be read as a request of its own.
 */
const smuggled: Record<string, string> = {
  'Content-Length and Transfer-Encoding': `${start}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'Transfer-Encoding and Content-Length': `${start}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${hidden}`,
  'two Content-Lengths that differ': `${start}Content-Length: 13\r\nContent-Length: 0\r\n\r\n${body}${hidden}`,
  'two Content-Lengths that agree': `${start}Content-Length: 13\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a list of Content-Lengths': `${start}Content-Length: 13, 13\r\n\r\n${body}${hidden}`,
  'a Content-Length with a sign': `${start}Content-Length: +13\r\n\r\n${body}${hidden}`,
  'a negative Content-Length': `${start}Content-Length: -1\r\n\r\n${hidden}`,
  'a hexadecimal Content-Length': `${start}Content-Length: 0xd\r\n\r\n${body}${hidden}`,
  'a Content-Length beyond all numbers': `${start}Content-Length: 99999999999999999999\r\n\r\n${hidden}`,
  'a space before the colon': `${start}Content-Length : 13\r\n\r\n${body}${hidden}`,
  'a Transfer-Encoding that is not chunked': `${start}Transfer-Encoding: identity\r\n\r\n${hidden}`,
  'a Transfer-Encoding that ends otherwise': `${start}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n${hidden}`,
  'two Transfer-Encodings': `${start}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
  'a Transfer-Encoding with a tab': `${start}Transfer-Encoding:\tchunked\x0b\r\n\r\n0\r\n\r\n${hidden}`,
  'a folded header': `${start}X-Note: a\r\n b\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a folded Transfer-Encoding': `${start}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`,
  'bare line feeds': `${start}Content-Length: 13\r\n\r\n${body}${hidden}`.replaceAll('\r\n', '\n'),
  'one bare line feed': `${start}X-Note: a\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a bare carriage return': `${start}X-Note: a\rContent-Length: 0\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a NUL in a header': `${start}X-Note: a\0b\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a header without a name': `${start}: a\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a header name with a space': `${start}X Note: a\r\nContent-Length: 13\r\n\r\n${body}${hidden}`,
  'a first header that is folded': `POST /v1/devices/a/requests HTTP/1.1\r\n Host: a\r\n\r\n${hidden}`,
  'another version': `POST /v1/devices/a/requests HTTP/1.2\r\nHost: a\r\n\r\n${hidden}`,
  'HTTP/2 without asking': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${hidden}`,
  'a chunk size with a sign': `${start}Transfer-Encoding: chunked\r\n\r\n+d\r\n${body}\r\n0\r\n\r\n${hidden}`,
  'a chunk size with 0x': `${start}Transfer-Encoding: chunked\r\n\r\n0xd\r\n${body}\r\n0\r\n\r\n${hidden}`,
  'a chunk size beyond all numbers': `${start}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${body}\r\n0\r\n\r\n${hidden}`,
  'a chunk that ends with a bare line feed': `${start}Transfer-Encoding: chunked\r\n\r\nd\n${body}\n0\n\n${hidden}`,
  'a chunk that is longer than it says': `${start}Transfer-Encoding: chunked\r\n\r\n5\r\n${body}\r\n0\r\n\r\n${hidden}`,
  'garbage instead of a request': `\x16\x03\x01hello\r\n\r\n${hidden}`,
}

for (const [what, bytes] of Object.entries(smuggled))
  test(`S-W1 ${what}: refused, and nothing behind it is read`, async () => {
    const seen: string[] = []
    await using relay = await openTestDoor({ needs: { metrics: { ...counting(seen) } } })
    const heard = await relay.say(bytes)
    const statuses = heard.match(/^HTTP\/1\.1 (\d{3})/gm) ?? []
    assert.ok(statuses.length <= 1, heard)
    assert.match(heard, /^(HTTP\/1\.1 40\d |$)/, what)
    if (heard !== '') assert.match(heard, /connection: close/i)
    assert.deepEqual(
      seen.filter((status) => status === '200' || status === '404'),
      [],
    )
  })

/** Counts what the door answered, instead of the metrics. */
function counting(seen: string[]) {
  return {
    httpServed: (_route: string, status: number) => void seen.push(String(status)),
    rejected() {},
    render: async () => ({ contentType: 'text/plain', content: '' }),
  }
}

test('S-D1 more than 8 KiB of headers: 431', async () => {
  await using relay = await openTestDoor()
  assert.match(
    await relay.say(`GET /healthz HTTP/1.1\r\nHost: a\r\nX-Note: ${'a'.repeat(8200)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  )
})

test('S-D1 64 header lines are read, 65 are refused and none is dropped in silence', async () => {
  await using relay = await openTestDoor()
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1\r\n`).join('')
  const ask = (count: number) =>
    relay.say(`GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines(count)}\r\n`)
  assert.match(await ask(62), /^HTTP\/1\.1 200 /)
  const heard = await ask(63)
  assert.match(heard, /^HTTP\/1\.1 431 /)
  assert.match(heard, /"status":431/)
})

test('S-D1 BOSH and WebSocket take no more header lines than anybody else', async () => {
  await using relay = await openTestDoor()
  const lines = 'X-Note: 1\r\n'.repeat(64)
  const asked = {
    bosh: `POST /http-bind HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n${lines}\r\n<body/>`,
    webSocket: `GET /xmpp-websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${lines}\r\n`,
  }
  for (const [name, text] of Object.entries(asked)) assert.match(await relay.say(text), /^HTTP\/1\.1 431 /, name)
})

test('no Host in HTTP/1.1: 400 in words', async () => {
  await using relay = await openTestDoor()
  const heard = await relay.say('GET /healthz HTTP/1.1\r\n\r\n')
  assert.match(heard, /^HTTP\/1\.1 400 [\s\S]*connection: close[\s\S]*"invalid-request"/i)
})

test('two requests in one write are answered in order', async () => {
  await using relay = await openTestDoor()
  const heard = await relay.say(
    'GET /nothing HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  )
  assert.match(heard, /^HTTP\/1\.1 404 [\s\S]*HTTP\/1\.1 200 /)
})

test('HTTP/1.0 gets a whole answer and the end of the connection', async () => {
  await using relay = await openTestDoor()
  const heard = await relay.say('GET /healthz HTTP/1.0\r\n\r\n')
  assert.match(heard, /^HTTP\/1\.1 200 [\s\S]*content-length: 14[\s\S]*\{"alive":true\}$/i)
})

test('whatever bytes are sent, the door lives on and answers nobody else with them', async () => {
  await using relay = await openTestDoor()
  const piece = fc.oneof(
    fc.constantFrom(
      'GET ',
      'POST ',
      '/healthz',
      ' HTTP/1.1\r\n',
      'Host: a\r\n',
      'Content-Length: 3\r\n',
      '\r\n',
      '\n',
      '\0',
      ' ',
    ),
    fc.constantFrom(
      'Transfer-Encoding: chunked\r\n',
      '3\r\nabc\r\n',
      '0\r\n\r\n',
      'Upgrade: websocket\r\nConnection: upgrade\r\n',
    ),
    fc.string({ maxLength: 20 }),
  )
  const samples = fc.sample(fc.array(piece, { maxLength: 12 }), { numRuns: 300, seed: 7 })
  for (const pieces of samples) {
    const socket = connect(relay.door.port, '127.0.0.1')
    socket.on('error', () => {})
    await new Promise((resolve) => socket.end(pieces.join(''), 'latin1', () => resolve(undefined)))
    socket.resume()
    await once(socket, 'close')
  }
  assert.equal((await relay.fetch('/healthz')).status, 200)
  assert.deepEqual(relay.errors, [])
})
