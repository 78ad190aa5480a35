/** Rows B-001 to B-020: BOSH's HTTP, over real sockets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyText } from './bosh-play.ts'
import { openStand, ping } from './bosh-stand.ts'

const creation = bodyText({ to: 'localhost', rid: 1, wait: 30, hold: 1, ver: '1.6' })

function post(body: string, headers = '', version = '1.1'): string {
  const length = Buffer.byteLength(body)
  return `POST /http-bind HTTP/${version}\r\nHost: x\r\n${headers}Content-Length: ${length}\r\n\r\n${body}`
}

test('B-001 an HTTP/1.0 client without a Host gets a whole response, and the connection closes', async () => {
  await using stand = await openStand()
  const answer = await stand.raw(`POST /http-bind HTTP/1.0\r\nContent-Length: ${creation.length}\r\n\r\n${creation}`)
  const [head = '', body = ''] = answer.split('\r\n\r\n')
  assert.match(head, /^HTTP\/1\.[01] 200 /)
  assert.match(head, /Connection: close/i)
  assert.match(head, new RegExp(`Content-Length: ${Buffer.byteLength(body)}\r?$`, 'im'))
  assert.match(body, /sid='/)
})

test('B-002 an empty POST and two roots are bad requests', async () => {
  await using stand = await openStand()
  for (const body of ['', creation + creation, `${creation}x`]) {
    const answer = await stand.post(body)
    assert.equal(answer.attribute('condition'), 'bad-request', body)
  }
  assert.equal(stand.bosh.sessions, 0)
})

test('B-003 odd headers are ignored', async () => {
  await using stand = await openStand()
  const odd = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`X-Odd-${index}`, 'a;b="c"']))
  assert.ok((await stand.post(creation, odd)).attribute('sid'))
})

test('B-004 responses tell their length and are not chunked', async () => {
  await using stand = await openStand()
  const answer = await stand.raw(post(creation, 'Connection: close\r\n'))
  assert.match(answer, /\r\nContent-Length: \d+\r\n/)
  assert.doesNotMatch(answer, /Transfer-Encoding/i)
})

function chunked(body: string, size: number): string {
  const chunks = body.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
  const written = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')
  const head = 'POST /http-bind HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
  return `${head}${written}0\r\n\r\n`
}

test('B-005 a chunked request is read', async () => {
  await using stand = await openStand()
  assert.match(await stand.raw(chunked(creation, 7)), /sid='/)
})

test('B-005 a chunked request over the limit is refused, and one far over it is cut', async () => {
  await using stand = await openStand({ options: { maxBodyBytes: 1024 } })
  const payload = (length: number) =>
    bodyText({ to: 'localhost', rid: 1, wait: 30, hold: 1 }, `<x xmlns='u'>${'a'.repeat(length)}</x>`)
  assert.match(await stand.raw(chunked(payload(2000), 500)), /condition='bad-request'/)
  assert.equal(await stand.raw(chunked(payload(200_000), 500)), '')
  assert.equal(stand.bosh.sessions, 0)
})

test('B-006 no content encoding but identity is used, whatever is offered', async () => {
  await using stand = await openStand()
  for (const offer of ['gzip', 'gzip;q=0', 'deflate, gzip', '*'])
    assert.equal((await stand.post(creation, { 'Accept-Encoding': offer })).headers.get('content-encoding'), null)
})

test('B-007 nothing is compressed, small or large, so that no secret leaks by its length', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const long = `<message xmlns='jabber:client'><body>${'a'.repeat(5000)}</body></message>`
  const answer = await stand.post(bodyText({ sid, rid }, long), { 'Accept-Encoding': 'gzip' })
  assert.equal(answer.headers.get('content-encoding'), null)
  assert.ok(Number(answer.headers.get('content-length')) > 5000)
})

test('B-008 the content type of a request does not matter', async () => {
  await using stand = await openStand()
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json', 'text/xml'])
    assert.ok((await stand.post(creation, { 'Content-Type': type })).attribute('sid'), type)
  assert.match(await stand.raw(post(creation, 'Connection: close\r\n')), /sid='/)
})

test('B-009 the content type is text/xml, or what was asked for at creation, to the end', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create()).headers.get('content-type'), 'text/xml; charset=utf-8')
  const asked = 'text/html; charset=utf-8'
  const created = await stand.create({ content: asked })
  const sid = created.attribute('sid') ?? ''
  const pinged = await stand.post(bodyText({ sid, rid: 1001 }, ping('1')))
  const malformed = await stand.post(bodyText({ sid, rid: 1002 }, '<iq'))
  const terminated = await stand.post(bodyText({ sid, rid: 1002, type: 'terminate' }))
  for (const answer of [created, pinged, malformed, terminated])
    assert.equal(answer.headers.get('content-type'), asked, answer.text)
})

test('B-010 a content type that is not on the list is refused, and browsers are told not to sniff', async () => {
  await using stand = await openStand()
  const refused = [
    'text/html&#13;&#10;Set-Cookie: x',
    'image/svg+xml',
    'text/xml; charset=utf-7',
    'text/html; charset=utf-8; x=y',
    '',
  ]
  for (const content of refused) {
    const answer = await stand.create({ content })
    assert.equal(answer.attribute('condition'), 'bad-request', content)
    assert.equal(answer.headers.get('set-cookie'), null)
  }
  for (const content of ['text/plain', 'application/xml; charset=UTF-8', 'text/html'])
    assert.equal((await stand.create({ content })).headers.get('content-type'), content)
  assert.equal((await stand.create()).headers.get('x-content-type-options'), 'nosniff')
})

test('S-W4 B-010 an answer that comes as a page, which a form elsewhere can ask for, runs nothing and is framed by nobody', async () => {
  await using stand = await openStand()
  const policy = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
  for (const content of ['text/html', 'application/xml'])
    assert.equal((await stand.create({ content })).headers.get('content-security-policy'), policy)
  for (const method of ['GET', 'OPTIONS', 'PUT']) {
    const answer = await stand.raw(`${method} /http-bind HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    assert.ok(answer.includes(`\r\nContent-Security-Policy: ${policy}\r\n`), method)
  }
})

test('B-011 a client with ver gets 200 and a body, whatever went wrong', async () => {
  await using stand = await openStand()
  const { sid } = await stand.logIn()
  const bodies = [
    '<body',
    bodyText({ to: 'elsewhere', rid: 1, ver: '1.6' }),
    bodyText({ sid: 'none', rid: 1 }),
    bodyText({ sid, rid: 'abc' }),
    bodyText({ sid, rid: 99_999 }),
  ]
  for (const body of bodies) {
    const answer = await stand.post(body)
    assert.equal(answer.status, 200)
    assert.equal(answer.attribute('type'), 'terminate', body)
  }
})

test('B-012 a client without ver gets status codes for three conditions, and 200 for the others', async () => {
  await using stand = await openStand()
  const statusOf = async (attributes: Record<string, string | number>, payload = '') => {
    const { sid, rid } = await stand.logIn({ ver: undefined })
    return (await stand.post(bodyText({ sid, rid, ...attributes }, payload))).status
  }
  assert.equal(await statusOf({ rid: 'x' }), 400)
  assert.equal(await statusOf({ pause: 9999 }), 403)
  assert.equal(await statusOf({ rid: 5000 }), 404)
  assert.equal(await statusOf({}, "<end xmlns='u'/>"), 200)
  assert.equal((await stand.create({ ver: undefined, content: 'x' })).status, 400)
})

test('B-013 a sid that nobody knows is item-not-found with 200', async () => {
  await using stand = await openStand()
  const answer = await stand.post(bodyText({ sid: 'nobody', rid: 5 }))
  assert.deepEqual(
    [answer.status, answer.attribute('type'), answer.attribute('condition')],
    [200, 'terminate', 'item-not-found'],
  )
})

test('B-014 two pipelined requests are answered in order, and the held first one lets the second through', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const text = post(bodyText({ sid, rid })) + post(bodyText({ sid, rid: rid + 1 }, ping('second')))
  const received = await stand.raw(
    text,
    (so_far) => so_far.split('HTTP/1.1 200').length > 2 || so_far.includes('second'),
  )
  // The first is answered as soon as the second is in, with what the second asked for.
  assert.match(received, /^HTTP\/1\.1 200[\s\S]*id='second'/)
})

test('B-015 GET says what this is, HEAD says it shortly, and other methods are not allowed', async () => {
  await using stand = await openStand()
  const got = await fetch(stand.url)
  assert.equal(got.status, 200)
  assert.match(await got.text(), /BOSH/)
  assert.equal((await fetch(stand.url, { method: 'HEAD' })).status, 200)
  for (const method of ['PUT', 'DELETE', 'PATCH']) {
    const answer = await fetch(stand.url, { method })
    assert.equal(answer.status, 405)
    assert.match(answer.headers.get('allow') ?? '', /POST/)
  }
})

test('B-016 a preflight of an allowed origin is answered, and every answer to it names the origin', async () => {
  const origin = 'https://panel.example'
  await using stand = await openStand({ options: { corsOrigins: [origin] } })
  const preflight = await fetch(stand.url, { method: 'OPTIONS', headers: { Origin: origin } })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), origin)
  assert.match(preflight.headers.get('access-control-allow-methods') ?? '', /POST/)
  assert.equal(preflight.headers.get('access-control-allow-headers'), 'content-type')
  assert.ok(Number(preflight.headers.get('access-control-max-age')) > 0)
  for (const body of [creation, '<broken', bodyText({ sid: 'none', rid: 1 })]) {
    const answer = await stand.post(body, { Origin: origin })
    assert.equal(answer.headers.get('access-control-allow-origin'), origin, body)
  }
})

test('B-017 a foreign origin is not named, credentials are never allowed, and CORS can be off', async () => {
  await using stand = await openStand({ options: { corsOrigins: ['https://panel.example'] } })
  const foreign = await stand.post(creation, { Origin: 'https://evil.example' })
  assert.equal(foreign.headers.get('access-control-allow-origin'), null)
  assert.equal(foreign.headers.get('vary'), 'Origin')

  await using open = await openStand({ options: { corsOrigins: ['*'] } })
  const any = await open.post(creation, { Origin: 'https://evil.example' })
  assert.equal(any.headers.get('access-control-allow-origin'), '*')
  assert.equal(any.headers.get('access-control-allow-credentials'), null)

  await using off = await openStand()
  const answer = await off.post(creation, { Origin: 'https://panel.example' })
  assert.equal(answer.headers.get('access-control-allow-origin'), null)
  const preflight = await fetch(off.url, { method: 'OPTIONS', headers: { Origin: 'https://panel.example' } })
  assert.equal(preflight.headers.get('access-control-allow-methods'), null)
})

test('B-018 responses are neither stored nor buffered on the way', async () => {
  await using stand = await openStand()
  const { headers } = await stand.create()
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.equal(headers.get('x-accel-buffering'), 'no')
})

test('B-019 plain HTTP is sent to HTTPS, and no session is made', async () => {
  await using stand = await openStand({ publicHttpsUrl: 'https://relay.example' })
  const answer = await stand.post(creation)
  assert.equal(answer.attribute('condition'), 'see-other-uri')
  assert.match(answer.text, /<uri[^>]*>https:\/\/relay\.example\/http-bind<\/uri>/)
  assert.equal(stand.bosh.sessions, 0)
})

test('B-020 both paths work, with and without a slash, whatever the query', async () => {
  await using stand = await openStand()
  for (const path of ['/http-bind', '/http-bind/', '/bosh', '/bosh/', '/bosh?x=1', '/http-bind/?']) {
    const answer = await fetch(`http://127.0.0.1:${stand.port}${path}`, { method: 'POST', body: creation })
    assert.match(await answer.text(), /sid='/, path)
  }
  assert.equal((await fetch(`http://127.0.0.1:${stand.port}/bosh/x`)).status, 404)
})
