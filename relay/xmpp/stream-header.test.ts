/** Rows, B-050 to B-064, B-082, B-085, B-190 to B-194 and W-008 of the stream: header, restart, bind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  findChild,
  isElement,
  mechanismsOf,
  ns,
  readXml,
  renderPlain,
  renderXml,
  saslElement,
  textOf,
  type Xml,
  xml,
} from '@fairlead/protocol/xmpp'
import { bindRequest, createLines, device, domain, openBound, openTrial, secret } from './stream-trial.ts'

test('X-001 the header is answered with features, and again with other features after the restart', async () => {
  const trial = openTrial()
  trial.open()
  const [before] = await trial.heard()
  assert.ok(before)
  assert.deepEqual(mechanismsOf(before), ['SCRAM-SHA-256', 'SCRAM-SHA-1'])
  assert.equal(findChild(before, 'bind', ns.bind), undefined)
  assert.equal(await trial.logIn(), true)
  const [after] = await trial.heard()
  assert.ok(after && findChild(after, 'bind', ns.bind))
  assert.deepEqual(mechanismsOf(after), [])
})

test('X-001 features stand under the prefix that clients compare by', async () => {
  const trial = openTrial()
  trial.open()
  const [features] = await trial.heard()
  assert.ok(features)
  assert.match(renderXml(features), /^<stream:features xmlns:stream='http:\/\/etherx.jabber.org\/streams'>/)
})

test('X-001 each header before the log-in has an id of its own, the one after it the id of the carrier', async () => {
  const trial = openTrial()
  trial.open()
  trial.open()
  assert.equal(await trial.logIn(), true)
  const ids = trial.headers.map((header) => header.id)
  assert.equal(new Set(ids).size, ids.length)
  assert.equal(ids.at(-1), 'stream-id-of-the-carrier')
  assert.ok(
    ids.every((id) => id.length >= 22),
    'ids of 128 bits at least',
  )
})

test('X-001 a stanza before the log-in ends the stream', async () => {
  const trial = openTrial()
  trial.open()
  trial.say(bindRequest())
  assert.equal(trial.ends[0]?.condition, 'not-authorized')
})

test('B-050 a header without a domain is improper addressing', () => {
  const trial = openTrial()
  trial.stream.open({ to: undefined, version: '1.0' })
  assert.equal(trial.ends[0]?.condition, 'improper-addressing')
})

test('B-051 a domain that is not served is an unknown host, and is told so on an open stream', () => {
  const trial = openTrial()
  trial.open({ to: 'elsewhere.example' })
  assert.equal(trial.ends[0]?.condition, 'host-unknown')
  assert.equal(trial.headers.length, 1)
})

test('B-052 the domain is compared in lower case and without the last dot', async () => {
  const trial = openTrial()
  trial.open({ to: 'Relay.EXAMPLE.' })
  assert.equal((await trial.heard())[0]?.name, 'features')
})

test('W-008 a stream version that is not 1.0 is unsupported', () => {
  for (const version of ['0.9', '1.1', '2.0', 'one']) {
    const trial = openTrial({}, { transport: 'websocket' })
    trial.open({ version })
    assert.equal(trial.ends[0]?.condition, 'unsupported-version', version)
  }
  const silent = openTrial({}, { transport: 'websocket' })
  silent.stream.open({ to: domain })
  assert.equal(silent.ends[0]?.condition, 'unsupported-version')
})

test('B-063 a BOSH client that says no version is served', async () => {
  const trial = openTrial()
  trial.stream.open({ to: domain })
  assert.equal((await trial.heard())[0]?.name, 'features')
})

test('B-082 features come in the same turn as the header', () => {
  const trial = openTrial()
  trial.open()
  assert.equal(trial.sent[0]?.name, 'features')
})

test('B-085 neither STARTTLS nor compression is ever offered', async () => {
  const trial = openTrial({ anonymous: true, insecureTransport: true })
  trial.open()
  const before = await trial.heard()
  await trial.logIn()
  for (const features of [...before, ...(await trial.heard())])
    for (const feature of features.children.filter(isElement))
      assert.doesNotMatch(`${feature.name} ${feature.ns}`, /starttls|compress/)
})

test('B-064 what comes in one body is processed in order, also behind a look-up', async () => {
  const trial = openTrial({}, { secure: true })
  trial.open()
  trial.say(saslElement('auth', renderPlain({ user: device, secret }), 'PLAIN'))
  trial.open()
  trial.say(bindRequest('test'))
  trial.say(xml('iq', ns.client, { type: 'get', id: 'p' }, xml('ping', ns.ping)))
  assert.deepEqual(
    (await trial.heard()).map((element) => element.attributes.get('id') ?? element.name),
    ['features', 'success', 'features', 'bind-1', 'p'],
  )
})

test('B-064 what waits behind a look-up is bounded', async () => {
  const trial = openTrial({}, { secure: true })
  trial.open()
  trial.say(saslElement('auth', renderPlain({ user: device, secret }), 'PLAIN'))
  for (let ping = 0; ping < 16; ping++) trial.say(xml('presence', ns.client))
  assert.equal(trial.ends.length, 0)
  trial.say(xml('presence', ns.client))
  assert.equal(trial.ends[0]?.condition, 'policy-violation')
})

test('B-190 a restart opens the stream anew and is answered with features', async () => {
  const trial = openTrial()
  await trial.logIn()
  assert.equal((await trial.heard())[0]?.name, 'features')
  assert.equal(trial.headers.length, 2)
})

test('B-190 a restart need not say again whom the stream is to', async () => {
  const trial = openTrial()
  await trial.logIn()
  await trial.heard()
  trial.stream.open({ to: undefined })
  assert.equal((await trial.heard())[0]?.name, 'features')
})

test('B-192 a restart before the log-in gets features again, one after bind ends the stream', async () => {
  const trial = openTrial()
  trial.open()
  trial.open()
  assert.deepEqual(
    (await trial.heard()).map((element) => element.name),
    ['features', 'features'],
  )
  const bound = await openBound()
  bound.open()
  assert.equal(bound.ends[0]?.condition, 'not-authorized')
})

test('B-194 over BOSH the restart may be left out, over WebSocket not', async () => {
  for (const transport of ['bosh', 'websocket'] as const) {
    const trial = openTrial({ anonymous: true }, { transport })
    trial.open()
    trial.say(saslElement('auth', undefined, 'ANONYMOUS'))
    trial.say(bindRequest())
    await trial.heard()
    assert.equal(trial.stream.isBound, transport === 'bosh')
    assert.equal(trial.ends[0]?.condition, transport === 'bosh' ? undefined : 'not-authorized')
  }
})

test('X-004 a resource that was asked for is given, and an empty one is made', async () => {
  const jidOf = (answer: Xml | undefined) =>
    textOf(
      readXml(renderXml(answer ?? xml('none', '')))
        .children.filter(isElement)[0]
        ?.children.filter(isElement)[0] ?? xml('none', ''),
    )
  for (const [asked, expected] of [
    ['lobby', /^printer-7@relay\.example\/lobby$/],
    [undefined, /^printer-7@relay\.example\/[\w-]{16}$/],
    ['', /^printer-7@relay\.example\/[\w-]{16}$/],
  ] as const) {
    const trial = openTrial()
    await trial.logIn()
    assert.match(jidOf(await trial.bind(asked)), expected)
  }
})

test('X-004 a resource that cannot be one is refused, and another can be asked for', async () => {
  const trial = openTrial()
  await trial.logIn()
  for (const asked of ['a\tb', 'x'.repeat(1024)])
    assert.equal((await trial.bind(asked))?.attributes.get('type'), 'error')
  assert.equal((await trial.bind('x'.repeat(1023)))?.attributes.get('type'), 'result')
})

test('X-004 who may not bind is told of the conflict and goes; nobody hears of a line', async () => {
  const lines = createLines(() => false)
  const trial = openTrial({ lines })
  await trial.logIn()
  assert.equal(await trial.bind(), undefined)
  assert.equal(trial.ends[0]?.condition, 'conflict')
  assert.deepEqual(lines.news, [])
})

test('X-004 the older of two streams is ended with a conflict by whoever holds the lines', async () => {
  const lines = createLines()
  const trial = await openBound({ lines })
  lines.news[0]?.line.end('conflict', 'Replaced.')
  assert.deepEqual(trial.ends, [{ condition: 'conflict', text: 'Replaced.' }])
})
