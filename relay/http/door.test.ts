/** The HTTP door: routes, refusals and what stands around them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openSmallRelay } from '../../testkit/small-relay.ts'
import { adminKey, device, openTestDoor, readKey, say, writeKey } from './test-door.ts'

const body = JSON.stringify({ get: ['toner.black'] })
const basic = `Basic ${Buffer.from(`${device.id}:${device.secret}`).toString('base64')}`

async function refusal(response: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const problem = (await response.json()) as Record<string, unknown>
  assert.equal(problem['code'], code)
  assert.equal(response.status, status)
  assert.equal(problem['status'], status)
  assert.equal(problem['type'], `urn:fairlead:problem:${code}`)
  assert.match(String(response.headers.get('content-type')), /^application\/problem\+json/)
  for (const member of ['title', 'detail']) assert.ok(String(problem[member]).length > 5, member)
  return problem
}

function outcome(response: Response): string | null {
  assert.ok(String(response.headers.get('fairlead-request-id')).length > 2, 'a request ID')
  return response.headers.get('fairlead-outcome')
}

test('a route answers with JSON, to the caller whose key it is', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a.b?tag=x&tag=y', { key: readKey, headers: { 'x-note': 'hello' } })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json; charset=utf-8')
  assert.equal(response.headers.get('cache-control'), 'no-store')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  assert.deepEqual(await response.json(), {
    id: 'a.b',
    tag: ['x', 'y'],
    caller: 'key',
    address: '127.0.0.1',
    note: 'hello',
  })
  assert.equal((await relay.fetch('/v1/devices/a', { key: adminKey })).status, 200)
})

test('a request carries its ID and outcome', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body, key: writeKey })
  assert.equal(outcome(response), 'answered')
  const told = (await response.json()) as Record<string, unknown>
  assert.equal(told['requestId'], response.headers.get('fairlead-request-id'))
})

test('no answer has a body where there is none to give', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a', { method: 'DELETE', key: writeKey })
  assert.equal(response.status, 204)
  assert.equal(await response.text(), '')
})

test('bad body, unknown field: 400 invalid-request, rejected, with the field in words', async () => {
  await using relay = await openTestDoor()
  const wrong: [string, RegExp][] = [
    ['{', /not JSON/],
    ['', /exactly one of get, set and command/i],
    ['[]', /body: /],
    ['{"get":["a"],"colour":1}', /unknown field colour/],
    ['{"get":["a"],"get":["b"]}', /same name twice/],
    ['{"set":{"__proto__":1}}', /__proto__ is not allowed/],
    ['{"get":["a"],"timeoutSeconds":0}', /body\.timeoutSeconds: /],
  ]
  for (const [text, words] of wrong) {
    const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body: text, key: writeKey })
    assert.equal(outcome(response), 'rejected')
    assert.match(String((await refusal(response, 400, 'invalid-request'))['detail']), words)
  }
  const query = await relay.fetch('/v1/devices/a?colour=1', { key: readKey })
  assert.match(String((await refusal(query, 400, 'invalid-request'))['detail']), /query: unknown field colour/)
  const encoded = await relay.fetch('/v1/devices/a/requests', {
    method: 'POST',
    body,
    key: writeKey,
    headers: { 'content-encoding': 'gzip' },
  })
  await refusal(encoded, 400, 'invalid-request')
})

test('any content type is taken for JSON, none and nonsense too', async () => {
  await using relay = await openTestDoor()
  for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'nonsense', ''])
    assert.match(
      await relay.say(
        `POST /v1/devices/a/requests HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer ${writeKey}\r\n${
          type ? `Content-Type: ${type}\r\n` : ''
        }Content-Length: ${body.length}\r\n\r\n${body}`,
      ),
      /^HTTP\/1\.1 200 /,
      type,
    )
})

test('over 64 KiB: 413 too-large, rejected, told before the rest has come, and the connection lives on', async () => {
  await using relay = await openTestDoor()
  const exactly = `{"get":["${'a'.repeat(2 ** 16 - 11)}"]}`
  assert.equal(exactly.length, 65_536 + 1)
  for (const text of [exactly, 'x'.repeat(300_000)]) {
    const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body: text, key: writeKey })
    assert.equal(outcome(response), 'rejected')
    await refusal(response, 413, 'too-large')
  }
  const fits = await relay.fetch('/v1/devices/a/requests', {
    method: 'POST',
    body: exactly.slice(1).padEnd(65_536),
    key: writeKey,
  })
  assert.equal(fits.status, 400)

  const head = `POST /v1/devices/a/requests HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${writeKey}\r\n`
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
  const chunked = await relay.say(
    `${head}Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
  )
  assert.match(chunked, /^HTTP\/1\.1 413 [\s\S]*HTTP\/1\.1 200 [\s\S]*"alive":true/)
})

test('over 100 objects: 413 too-large, rejected', async () => {
  await using relay = await openTestDoor()
  const many = JSON.stringify({ get: Array.from({ length: 101 }, (_, index) => `o${index}`) })
  const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body: many, key: writeKey })
  assert.equal(outcome(response), 'rejected')
  await refusal(response, 413, 'too-large')
})

test('no key, wrong key: 401 unauthorized, rejected, with what is wanted', async () => {
  await using relay = await openTestDoor()
  const wrong = [undefined, 'Bearer nobody', 'Bearer ', 'Bearer', basic, 'Bearer constructor', '']
  for (const authorization of wrong) {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
    const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body: 'x'.repeat(100_000), headers })
    assert.equal(outcome(response), 'rejected')
    assert.match(String(response.headers.get('www-authenticate')), /^Bearer/)
    await refusal(response, 401, 'unauthorized')
  }
})

test('key without the right: 403 forbidden, rejected', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body, key: readKey })
  assert.equal(outcome(response), 'rejected')
  await refusal(response, 403, 'forbidden')
  await refusal(
    await relay.fetch('/v1/accounts', { method: 'POST', body: '{"id":"a"}', key: writeKey }),
    403,
    'forbidden',
  )
  const admin = await relay.fetch('/v1/accounts', { method: 'POST', body: '{"id":"a"}', key: adminKey })
  assert.equal(admin.status, 201)
  assert.equal(admin.headers.get('location'), '/v1/accounts/a')
})

test('a device shows its ID and secret as Basic, and nothing else opens its door', async () => {
  await using relay = await openTestDoor()
  const call = (authorization: string) =>
    relay.fetch('/device/v1/survival', { method: 'POST', body: '{"sid":"s"}', headers: { authorization } })
  assert.deepEqual(await (await call(basic)).json(), {
    caller: { kind: 'device', device: device.id, account: 'acme' },
    sid: 's',
  })
  const pair = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  for (const wrong of [
    `Bearer ${adminKey}`,
    pair(`${device.id}:no`),
    pair('mfp-1'),
    pair(`:${device.secret}`),
    'Basic %%%',
  ]) {
    const response = await call(wrong)
    assert.match(String(response.headers.get('www-authenticate')), /^Basic/)
    await refusal(response, 401, 'unauthorized')
  }
})

test('an ID that no device can have: 404 unknown-device, rejected', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/UPPER/requests', { method: 'POST', body, key: writeKey })
  assert.equal(outcome(response), 'rejected')
  await refusal(response, 404, 'unknown-device')
})

test('what is not there: 404 not-found; not quite the same address is another one', async () => {
  await using relay = await openTestDoor()
  for (const path of [
    '/',
    '/v1',
    '/v1/',
    '/v1/devices/a/',
    '/V1/devices/a',
    '/v1/devices',
    '/v1/nothing',
    '/favicon.ico',
  ])
    await refusal(await relay.fetch(path, { key: readKey }), 404, 'not-found')
})

test('S-W3 an address that can be read in two ways is refused', async () => {
  await using relay = await openTestDoor()
  const twisted = [
    '%2e',
    'a%2Fb',
    '%u002e',
    'a;b',
    'a\\b',
    '..',
    '.',
    '%00',
    '%zz',
    '%c0%ae',
    'a//b',
    'ä',
    '%5c',
    '%0a',
  ]
  for (const id of twisted) {
    const head = `POST /v1/devices/${id}/requests HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${writeKey}\r\n`
    const heard = await relay.say(`${head}Content-Length: 0\r\nConnection: close\r\n\r\n`)
    assert.match(heard, /^HTTP\/1\.1 40[04] /, id)
    assert.doesNotMatch(heard, /fairlead-outcome: answered/, id)
  }
  assert.match(
    await relay.say('GET http://a.example/healthz?x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 200/,
  )
})

test('wrong method: 405 method-not-allowed, rejected, with what is allowed', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/a/requests', { method: 'PUT', body, key: writeKey })
  assert.equal(outcome(response), 'rejected')
  assert.equal(response.headers.get('allow'), 'POST, OPTIONS')
  await refusal(response, 405, 'method-not-allowed')
  const head = await relay.fetch('/v1/devices/a', { method: 'HEAD', key: readKey })
  assert.equal(head.status, 405)
  assert.equal(head.headers.get('allow'), 'GET, DELETE, OPTIONS')
  assert.equal((await relay.fetch('/healthz', { method: 'HEAD' })).status, 200)
  assert.match(
    await relay.say('PROPFIND /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 405 /,
  )
})

test('a method with a body of its own kind, such as QUERY, is a wrong method like the others', async () => {
  await using relay = await openTestDoor()
  const json = 'Content-Type: application/json\r\n'
  const contents = ['', 'Content-Length: 2\r\n\r\n{}', `${json}\r\n`, `${json}Content-Length: 1\r\n\r\n{`]
  for (const content of [...contents, 'Content-Type: a/b\r\nContent-Length: 2\r\n\r\n{}'])
    for (const method of ['QUERY', 'OPTIONS', 'PATCH']) {
      const said = await relay.say(
        `${method} /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${content || '\r\n'}`,
      )
      assert.match(said, method === 'OPTIONS' ? /^HTTP\/1\.1 204 / : /^HTTP\/1\.1 405 /, `${method} ${content}`)
    }
})

test('what a room refuses keeps its code, facts and outcome', async () => {
  await using relay = await openTestDoor()
  const ask = (id: string) => relay.fetch(`/v1/devices/${id}/requests`, { method: 'POST', body, key: writeKey })
  const off = await ask('off')
  assert.equal(outcome(off), 'not-sent')
  assert.equal((await refusal(off, 409, 'device-offline'))['reason'], 'inactivity')
  const late = await ask('late')
  assert.equal(outcome(late), 'not-sent')
  assert.equal(late.headers.get('fairlead-request-id'), 'r-7')
  await refusal(late, 504, 'device-timeout')
  const busy = await ask('busy')
  assert.equal(outcome(busy), 'not-sent')
  assert.equal(busy.headers.get('retry-after'), '1')
  await refusal(busy, 429, 'too-many-requests')
})

test('a bug is told to nobody but the log, under a reference, and its outcome is unknown', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/devices/bug/requests', { method: 'POST', body, key: writeKey })
  assert.equal(outcome(response), 'unknown')
  const problem = await refusal(response, 500, 'internal-error')
  assert.doesNotMatch(JSON.stringify(problem), /canary/)
  const [logged] = relay.errors
  assert.match(String(logged?.error), /canary/)
  assert.equal((logged?.facts as Record<string, unknown>)['reference'], problem['reference'])
})

test('who hangs up is noticed', async () => {
  await using relay = await openTestDoor()
  const hangUp = new AbortController()
  const call = relay.fetch('/v1/wait', { key: readKey, signal: hangUp.signal })
  const ended = assert.rejects(call)
  await relay.waiting
  hangUp.abort()
  await ended
  await relay.hungUp
})

for (const target of ['http://relay.example/http-bind', '/http-bind#here', 'HTTPS://relay.example/bosh/?x'])
  test(`B-001 B-020 a BOSH request for ${target} is answered, as it is to the path alone`, {
    timeout: 10_000,
  }, async () => {
    await using relay = await openSmallRelay()
    const heard = await say(
      relay.port,
      `POST ${target} HTTP/1.1\r\nHost: relay.example\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    )
    assert.match(heard, /^HTTP\/1\.1 200 .*condition='bad-request'/s)
  })

test('a handler may answer by itself', async () => {
  await using relay = await openTestDoor()
  const response = await relay.fetch('/v1/stream', { key: readKey })
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  assert.equal(await response.text(), ': hello\n\n')
  assert.match(await (await relay.fetch('/metrics')).text(), /route="\/v1\/stream",status="200"} 1/)
})

test('BOSH and WebSocket have ways of their own', async () => {
  await using relay = await openTestDoor()
  for (const path of ['/http-bind', '/http-bind/', '/bosh', '/bosh/', '/http-bind?x=1'])
    assert.equal(await (await relay.fetch(path, { method: 'POST', body: '<body/>' })).text(), 'bosh', path)
  const upgrade = 'Host: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'
  assert.match(await relay.say(`GET /xmpp-websocket HTTP/1.1\r\n${upgrade}`), /101[\s\S]*websocket$/)
  assert.match(await relay.say(`GET /xmpp-websocket/?a HTTP/1.1\r\n${upgrade}`), /101[\s\S]*websocket$/)
  assert.match(await relay.say(`GET /healthz HTTP/1.1\r\n${upgrade}`, /alive/), /^HTTP\/1\.1 200 /)
})

test('while stopping, new work is refused with 503 and Retry-After, and devices may still bring answers', async () => {
  await using relay = await openTestDoor()
  relay.door.drain()
  const response = await relay.fetch('/v1/devices/a/requests', { method: 'POST', body, key: writeKey })
  assert.equal(outcome(response), 'not-sent')
  assert.ok(Number(response.headers.get('retry-after')) > 0)
  await refusal(response, 503, 'unavailable')
  await refusal(await relay.fetch('/readyz'), 503, 'unavailable')
  assert.equal((await relay.fetch('/healthz')).status, 200)
  assert.equal((await relay.fetch('/v1/devices/a', { key: readKey })).status, 200)
  const answer = { method: 'POST', body: '{"sid":"s"}', headers: { authorization: basic } }
  assert.equal((await relay.fetch('/device/v1/survival', answer)).status, 200)
})

test('a taken port is one sentence', async () => {
  await using relay = await openTestDoor()
  await assert.rejects(openTestDoor({ config: { listen: { host: '127.0.0.1', port: relay.door.port } } }), {
    name: 'Failure',
    code: 'unavailable',
    message: new RegExp(`^Port ${relay.door.port} at 127\\.0\\.0\\.1 is taken`),
  })
})
