/** Single rows of the security table that take no crowd, at a real relay. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readAnswer, renderBody } from '@fairlead/protocol/xmpp'
import { joinByHand } from '../hand-device.ts'
import { openNeighbourhood } from '../neighbourhood.ts'
import { assertRefusal } from '../refusal.ts'
import { createService } from '../service.ts'
import { until } from '../until.ts'

const scene = new AsyncDisposableStack()
const street = scene.use(await openNeighbourhood())
after(() => scene.disposeAsync())

const creation = { rid: 1, to: 'localhost', wait: 30, hold: 1, ver: '1.11', 'xmpp:version': '1.0' }

async function post(
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(street.url + path, { method: 'POST', body, headers })
}

test('S-D5 nothing is decompressed: an encoded body is refused as it is, by BOSH and by the API', async () => {
  const bomb = gzipSync(renderBody(creation, `<x xmlns='u'>${' '.repeat(10 * 2 ** 20)}</x>`))
  assert.ok(bomb.length < 64 * 2 ** 10)
  for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'x-gzip', 'gzip, identity']) {
    const told = readAnswer(await (await post('/http-bind', bomb, { 'content-encoding': encoding })).bytes())
    assert.deepEqual([told.type, told.condition], ['terminate', 'bad-request'], encoding)
    const headers = { 'content-encoding': encoding, authorization: `Bearer ${street.adminKey}` }
    const answer = await post('/v1/devices', gzipSync('{"id":"zipped"}'), headers)
    assert.deepEqual([answer.status, Object(await answer.json()).code], [400, 'invalid-request'], encoding)
  }
  assert.equal((await street.service.read('/v1/devices/zipped')).status, 404)
})

test('S-D5 no compression is agreed on for WebSockets, nor for streams', async () => {
  const socket = connect(Number(new URL(street.url).port), '127.0.0.1')
  socket.write(
    'GET /xmpp-websocket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n' +
      'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n',
  )
  const [head] = await once(socket, 'data')
  assert.match(String(head), /^HTTP\/1\.1 101 /)
  assert.doesNotMatch(String(head), /Sec-WebSocket-Extensions/i)
  socket.destroy()
  assert.doesNotMatch(await (await post('/http-bind', renderBody(creation))).text(), /compress/)
})

test('S-A1 every sid has 192 bits, every request ID 144, and none comes twice', async () => {
  const sids = await Promise.all(
    Array.from(
      { length: 100 },
      async () => readAnswer(await (await post('/http-bind', renderBody(creation))).bytes()).sid,
    ),
  )
  const asked = Array.from({ length: 100 }, () => street.service.ask('nobody', { get: ['model'] }))
  const requestIds = (await Promise.all(asked)).map(({ requestId }) => requestId)
  for (const [ids, characters] of [
    [sids, 32],
    [requestIds, 24],
  ] as const) {
    assert.equal(new Set(ids).size, 100)
    for (const id of ids) assert.match(id ?? '', new RegExp(`^[A-Za-z0-9_-]{${characters}}$`))
  }
})

test('S-A4 a secret has 256 bits, and a new one ends the session and the use of the old one at once', async () => {
  await using device = await joinByHand(street, 'rotated')
  assert.match(device.secret, /^[A-Za-z0-9_-]{43}$/)
  device.serve(() => ({ values: {}, errors: {} }))
  await until(
    'it is online',
    async () => Object((await street.service.read('/v1/devices/rotated')).body).state === 'online',
  )
  const startMs = performance.now()
  assert.equal((await street.service.post('/v1/devices/rotated/rotate', {})).status, 200)
  await device.over()
  // The contract says 2 s; the bound leaves a busy machine some.
  assert.ok(performance.now() - startMs < 5000)
  assert.equal((await device.call('/device/v1/survival', { sid: device.sid })).status, 401)
})

test('S-A6 a key is shown once, has 256 bits, opens what it is for and nothing else, and is dead once revoked', async () => {
  const made = Object((await street.service.post('/v1/keys', { account: 'default', scopes: ['devices:read'] })).body)
  assert.match(made.key, /^fl_[A-Za-z0-9_-]{8}_[A-Za-z0-9_-]{43}$/)
  const { body: list } = await street.service.read('/v1/keys')
  assert.ok(JSON.stringify(list).includes(made.keyId) && !JSON.stringify(list).includes(made.key))
  const reader = createService(street.url, made.key)
  assert.equal((await reader.read('/v1/devices')).status, 200)
  assertRefusal(await reader.post('/v1/devices', { id: 'mine' }), { status: 403, code: 'forbidden' })
  assert.equal((await street.service.call('DELETE', `/v1/keys/${made.keyId}`)).status, 204)
  assertRefusal(await reader.read('/v1/devices'), { status: 401, code: 'unauthorized' })
})
