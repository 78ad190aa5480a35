/** What answers tell browsers, over real sockets: every answer, whoever gets it and whatever it says. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:https'
import { test } from 'node:test'
import { makeSelfSigned } from './self-signed.ts'
import { openTestDoor, readKey } from './test-door.ts'

const tls = makeSelfSigned()
const policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
const year = 'max-age=31536000'

test('S-W4 every answer, done or refused, runs nothing, is not guessed at and is framed by nobody', async () => {
  await using relay = await openTestDoor()
  const answers = {
    '/healthz': 200,
    '/v1/devices/a': 200,
    '/v1/devices/a?x=1': 400,
    '/v1/nothing': 404,
    '/v1/%2e%2e/devices': 404,
    '/v1/accounts': 405,
  }
  for (const [path, status] of Object.entries(answers)) {
    const answer = await relay.fetch(path, { key: readKey })
    assert.equal(answer.status, status, path)
    assert.equal(answer.headers.get('content-security-policy'), policy, path)
    assert.equal(answer.headers.get('x-content-type-options'), 'nosniff', path)
  }
  const stranger = await relay.fetch('/v1/devices/a')
  assert.deepEqual([stranger.status, stranger.headers.get('content-security-policy')], [401, policy])
  const noHttp = await relay.say('no HTTP\r\n\r\n')
  assert.match(noHttp, /^HTTP\/1\.1 400 /)
  assert.ok(noHttp.toLowerCase().includes(`\r\ncontent-security-policy: ${policy}\r\n`), noHttp)
  assert.match(noHttp, /\r\nx-content-type-options: nosniff\r\n/i)
})

test('S-W4 a page keeps the policy of its own', async () => {
  await using relay = await openTestDoor()
  const page = await relay.fetch('/v1/docs')
  assert.match(page.headers.get('content-security-policy') ?? '', /style-src 'self'.*frame-ancestors 'none'/)
})

test('S-W6 over TLS browsers are told to come by TLS alone for a year, on the good answers and the refusals', async () => {
  await using relay = await openTestDoor({ config: { tls } })
  for (const path of ['/healthz', '/v1/docs', '/v1/nothing', '/v1/%2e%2e/devices', '/v1/devices/a']) {
    const asking = get(`https://localhost:${relay.door.port}${path}`, { ca: tls.certificate })
    const [answer] = await once(asking, 'response')
    assert.equal(answer.headers['strict-transport-security'], year, path)
    answer.resume()
    await once(answer, 'close')
  }
})

test('S-W6 a trusted proxy that ends TLS is as good; in the clear, and on the word of anybody else, nothing is said', async () => {
  const told = async (trustedProxies: string[], proto: string) => {
    await using relay = await openTestDoor({ trustedProxies })
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': proto }
    return (await relay.fetch('/healthz', { headers })).headers.get('strict-transport-security')
  }
  assert.equal(await told(['127.0.0.1'], 'https'), year)
  assert.equal(await told(['127.0.0.1'], 'http'), null)
  assert.equal(await told([], 'https'), null)
})

test('TRACE is answered like any other method that is not there: nothing of the request comes back', async () => {
  await using relay = await openTestDoor()
  const traced = await relay.say('TRACE /v1/docs HTTP/1.1\r\nHost: a\r\nCookie: canary\r\nConnection: close\r\n\r\n')
  assert.match(traced, /^HTTP\/1\.1 405 /)
  assert.doesNotMatch(traced, /canary/)
})
