/** Rows W-001 to W-008 over real sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { test } from 'node:test'
import { ns, renderClose, renderOpen, renderXml, xml } from '@fairlead/protocol/xmpp'
import { domain } from './stream-trial.ts'
import { eventually, openDoor } from './websocket-door-trial.ts'

const ping = xml('iq', ns.client, { type: 'get', id: 'ping', to: domain }, xml('ping', ns.ping))

for (const protocols of [['xmpp'], ['XMPP'], ['Xmpp'], ['soap', 'xmpp'], ['xmpp', 'mqtt'], ['a', 'b', 'xMPP', 'c']])
  test(`W-001 the sub-protocol is taken from ${protocols.join(', ')}`, async () => {
    await using door = await openDoor()
    const client = await door.connect(protocols)
    assert.equal(client.socket.protocol.toLowerCase(), 'xmpp')
  })

test('W-001 without the sub-protocol the upgrade is refused with 400', async () => {
  await using door = await openDoor()
  for (const protocols of [[], ['mqtt'], ['xmpp-framing']])
    await assert.rejects(door.connect(protocols), /400/, protocols.join())
})

test('S-W4 why an upgrade is refused is plain text, and browsers are told not to take it for anything else', async () => {
  await using door = await openDoor()
  const common = { connection: 'Upgrade', upgrade: 'websocket' }
  const noKey = { ...common, 'sec-websocket-protocol': 'xmpp', 'sec-websocket-version': '13' }
  const oldVersion = { ...noKey, 'sec-websocket-version': '7', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
  for (const headers of [common, noKey, oldVersion]) {
    const [answer] = await once(get({ port: door.port, path: '/xmpp-websocket', headers }), 'response')
    answer.resume()
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    assert.match(answer.headers['content-security-policy'] ?? '', /^default-src 'none'; /)
    assert.equal(answer.headers['sec-websocket-version'], '13')
  }
})

test('W-002 each message is one element that declares its namespaces, with no XML declaration', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.say(renderOpen({ to: domain }))
  assert.match(await client.nextText(), /^<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' /)
  assert.match(await client.nextText(), /^<stream:features xmlns:stream='http:\/\/etherx\.jabber\.org\/streams'>/)

  const other = await door.connect()
  await other.logIn()
  await other.bind()
  other.say(ping)
  assert.match(await other.nextText(), /^<iq xmlns='jabber:client' /)
})

test('W-002 the header is answered with domain, version, language and an id', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.say(renderOpen({ to: domain }))
  const { attributes } = await client.next()
  assert.equal(attributes.get('from'), domain)
  assert.equal(attributes.get('version'), '1.0')
  assert.equal(attributes.get(`{${ns.xml}}lang`), 'en')
  assert.ok((attributes.get('id') ?? '').length >= 22)
})

test('W-002 a binary message closes the socket with 1003', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.socket.send(Buffer.from(renderOpen({ to: domain })), { binary: true })
  assert.equal(await client.closed, 1003)
})

for (const [what, message, condition] of [
  ['two elements', '<presence xmlns="jabber:client"/><presence xmlns="jabber:client"/>', 'not-well-formed'],
  ['half an element', '<presence xmlns="jabber:client">', 'not-well-formed'],
  ['white space first', ' <presence xmlns="jabber:client"/>', 'not-well-formed'],
  ['nothing', '', 'not-well-formed'],
  ['an XML declaration', '<?xml version="1.0"?><presence xmlns="jabber:client"/>', 'restricted-xml'],
  ['a comment', '<presence xmlns="jabber:client"><!-- --></presence>', 'restricted-xml'],
  ['a document type', '<!DOCTYPE x [<!ENTITY a "b">]><presence xmlns="jabber:client"/>', 'restricted-xml'],
] as const)
  test(`W-002 a message with ${what} ends the stream`, async () => {
    await using door = await openDoor()
    const client = await door.connect()
    client.say(renderOpen({ to: domain }))
    await client.next()
    await client.next()
    client.say(message)
    assert.match(await client.nextText(), new RegExp(`^<stream:error .*<${condition} `))
    assert.match(await client.nextText(), /^<close /)
  })

test('W-002 the old <stream:stream> is told what is wrong, on a stream opened for that', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.say(`<?xml version='1.0'?><stream:stream to='${domain}' xmlns:stream='${ns.stream}'>`)
  assert.match(await client.nextText(), /^<open /)
  assert.match(await client.nextText(), /^<stream:error /)
  assert.match(await client.nextText(), /^<close /)
})

test('W-003 a message may come in 64 fragments, not in 65', async () => {
  await using door = await openDoor()
  const text = renderOpen({ to: domain }).padEnd(65, ' ')
  for (const [count, isTaken] of [
    [64, true],
    [65, false],
  ] as const) {
    const client = await door.connect()
    for (let part = 0; part < count; part++) {
      const isLast = part === count - 1
      client.socket.send(isLast ? text.slice(part) : text.charAt(part), { fin: isLast })
    }
    if (isTaken) assert.equal((await client.next()).name, 'open')
    else assert.equal(await client.closed, 1008)
  }
})

test('W-003 a message of 256 KiB is read, fragments together, one byte more is not', async () => {
  await using door = await openDoor()
  for (const [bytes, isTaken] of [
    [256 * 1024, true],
    [256 * 1024 + 1, false],
  ] as const) {
    const client = await door.connect()
    await client.logIn()
    await client.bind()
    const frame = (filling: string) => `<message xmlns='jabber:client' to='${domain}'>${filling}</message>`
    const halves = `<body>${'x'.repeat(100_000)}</body>`.repeat(2)
    const text = frame(`${halves}<body>${'x'.repeat(bytes - frame(`${halves}<body></body>`).length)}</body>`)
    assert.equal(text.length, bytes)
    client.socket.send(text.slice(0, 1000), { fin: false })
    client.socket.send(text.slice(1000), { fin: true })
    assert.equal((await client.next()).name, isTaken ? 'message' : 'error')
  }
})

test('W-004 compression is not negotiated', async () => {
  await using door = await openDoor()
  const client = await door.connect(['xmpp'], { perMessageDeflate: true })
  assert.equal(client.socket.extensions, '')
})

test('W-005 a <close/> is answered, then the socket is closed with 1000 and the device has left', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  client.say(renderClose())
  assert.equal((await client.next()).name, 'close')
  assert.equal(await client.closed, 1000)
  assert.equal(door.lines.news.at(-1)?.end, 'terminated')
  assert.equal(door.door.sessions, 0)
})

test('W-005 a drain tells every stream, and lets nobody in', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  door.door.drain()
  assert.match(await client.nextText(), /system-shutdown/)
  assert.equal((await client.next()).name, 'close')
  client.say(renderClose())
  assert.equal(await client.closed, 1000)
  assert.equal(door.lines.news.at(-1)?.end, 'ended-by-us')
  await assert.rejects(door.connect(), /503/)
})

test('W-005 a drain may say where to go', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  door.door.drain('wss://other.example/xmpp-websocket')
  const close = await client.next()
  assert.equal(close.attributes.get('see-other-uri'), 'wss://other.example/xmpp-websocket')
})

test('W-006 a silent client is pinged after 25 s and stays as long as it answers', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  for (let round = 0; round < 3; round++) {
    const alive = door.lines.news.filter((news) => news.what === 'alive').length
    door.clock.pass(25_000)
    await once(client.socket, 'ping')
    await eventually(() => door.lines.news.filter((news) => news.what === 'alive').length > alive)
  }
  assert.equal(door.door.sessions, 1)
})

test('W-006 a peer that vanished without a word is found by its ping', async () => {
  await using door = await openDoor()
  const client = await door.connect(['xmpp'], { autoPong: false })
  await client.logIn()
  await client.bind()
  door.clock.pass(25_000)
  await once(client.socket, 'ping')
  door.clock.pass(9999)
  assert.equal(door.door.sessions, 1)
  door.clock.pass(1)
  assert.equal(door.lines.news.at(-1)?.end, 'inactivity')
  assert.equal(await client.closed, 1006)
})

test('W-006 a ping of the client is answered and counts as activity', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  const alive = () => door.lines.news.filter((news) => news.what === 'alive').length
  const before = alive()
  client.socket.ping('are you there')
  const [pong] = await once(client.socket, 'pong')
  assert.equal(String(pong), 'are you there')
  assert.equal(alive(), before + 1)
})

test('W-007 a page of an unknown origin is refused, a known one and no page are not', async () => {
  await using door = await openDoor()
  for (const origin of [
    'https://evil.example',
    'null',
    'https://console.example.evil.example',
    'http://console.example',
  ])
    await assert.rejects(door.connect(['xmpp'], { origin }), /403/, origin)
  await door.connect(['xmpp'], { origin: 'https://console.example' })
  await door.connect()
})

test('W-008 an unsupported version is told so', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.say(renderOpen({ to: domain }).replace("version='1.0'", "version='2.0'"))
  assert.equal((await client.next()).name, 'open')
  assert.match(await client.nextText(), /unsupported-version/)
  assert.equal((await client.next()).name, 'close')
})

test('W-008 too big a stanza is a violation, and ends the stream', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  client.say(`<message xmlns='jabber:client'><body>${'x'.repeat(300 * 1024)}</body></message>`)
  assert.match(await client.nextText(), /policy-violation/)
  assert.equal((await client.next()).name, 'close')

  const worse = await door.connect()
  await worse.logIn()
  await worse.bind()
  worse.say('x'.repeat(600 * 1024))
  assert.equal(await worse.closed, 1009)
})

test('X-002 three failed log-ins end the stream', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await assert.rejects(client.logIn('wrong'), /not-authorized/)
  for (let round = 0; round < 2; round++) {
    client.say(xml('abort', ns.sasl))
    assert.equal((await client.next()).name, 'failure')
  }
  assert.match(await client.nextText(), /policy-violation/)
})

test('S-D3 sockets that nobody logs in on are bounded, and go after 30 s', async () => {
  await using door = await openDoor({ maxUnbound: 2 })
  const idle = [await door.connect(), await door.connect()]
  await assert.rejects(door.connect(), /503/)
  door.clock.pass(25_000)
  door.clock.pass(5000)
  for (const client of idle) assert.equal((await client.next()).name, 'open')
  door.clock.pass(5000)
  const late = await door.connect()
  await late.logIn()
  await late.bind()
  await door.connect()
})

test('S-D3 whoever had two seconds and is not logged in makes room for who comes, so that silent sockets keep nobody out', async () => {
  await using door = await openDoor({ maxUnbound: 2 })
  const silent = [await door.connect(), await door.connect()]
  door.clock.pass(1999)
  await assert.rejects(door.connect(), /503/)
  door.clock.pass(1)
  const device = await door.connect()
  assert.equal(await silent[0]?.closed, 1006)
  await device.logIn()
  await device.bind()
  assert.equal(silent[1]?.socket.readyState, silent[1]?.socket.OPEN)
})

test('S-D3 who has not logged in may say 64 KiB and no more, also in a message that never ends', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  client.say(renderOpen({ to: domain }))
  await client.next()
  await client.next()
  client.socket.send('<presence>'.padEnd(60 * 1024), { fin: false })
  client.socket.ping()
  await once(client.socket, 'pong')
  client.socket.send(' '.repeat(4 * 1024), { fin: false })
  assert.equal(await client.closed, 1006)

  const device = await door.connect()
  await device.logIn()
  await device.bind()
  for (let round = 0; round < 3; round++) {
    device.say(`<message xmlns='jabber:client'><body>${'x'.repeat(60 * 1024)}</body></message>`)
    assert.equal((await device.next()).name, 'message')
  }
})

test('S-D4 a device that does not read is dropped before it costs too much', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  client.socket.pause()
  const line = door.line()
  const ended = () => door.lines.news.find((news) => news.what === 'ended')
  const stanza = renderXml(xml('message', ns.client, {}, xml('body', ns.client, {}, 'x'.repeat(60_000))))
  let token = 0
  while (!ended() && token < 2000) {
    line.send(stanza, ++token)
    await new Promise((done) => setImmediate(done))
  }
  assert.equal(ended()?.end, 'connection-closed')
  const fates = [...(ended()?.unsent ?? []), ...(ended()?.unknown ?? [])]
  assert.equal(fates.length, token)
})

test('a socket that is cut is a connection that was closed, and a push on it is unknown', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  door.line().send(renderXml(ping), 9)
  await client.next()
  client.socket.terminate()
  await eventually(() => door.lines.news.at(-1)?.what === 'ended')
  const ended = door.lines.news.at(-1)
  assert.deepEqual([ended?.end, ended?.unsent, ended?.unknown], ['connection-closed', [], [9]])
})

test('a push that is sent while the device is leaving was not sent', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  await client.logIn()
  await client.bind()
  const line = door.line()
  // The <close/> is a sign of life, and a room above takes it for a good moment to push.
  door.lines.alive = () => line.send(renderXml(ping), 4)
  client.say(renderClose())
  await client.closed
  const ended = door.lines.news.at(-1)
  assert.deepEqual([ended?.end, ended?.unsent, ended?.unknown], ['terminated', [4], []])
})

test('A4 a bound stream is the connection, and its id is the one of the last header', async () => {
  await using door = await openDoor()
  const client = await door.connect()
  const id = await client.logIn()
  assert.equal(door.lines.news.length, 0)
  await client.bind('lobby')
  assert.deepEqual(door.lines.news.map((news) => news.what).slice(0, 2), ['bound', 'connected'])
  const line = door.line()
  assert.deepEqual([line.id, line.transport, line.device, line.resource], [id, 'websocket', 'printer-7', 'lobby'])
})

test('garbage instead of WebSocket frames ends the socket, nothing else', async () => {
  await using door = await openDoor()
  const raw = connectTcp(door.port, '127.0.0.1')
  raw.write(
    'GET /xmpp-websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n',
  )
  await once(raw, 'data')
  raw.write(Buffer.alloc(1000, 0xff))
  raw.resume()
  await once(raw, 'close')
  const client = await door.connect()
  await client.logIn()
})
