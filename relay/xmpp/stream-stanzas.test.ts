/** Rows of a bound stream: what stock clients ask, what devices answer, who may say what. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorOf, findChild, isElement, ns, readXml, renderXml, textOf, type Xml, xml } from '@fairlead/protocol/xmpp'
import fc from 'fast-check'
import { createLines, device, domain, openBound, openTrial } from './stream-trial.ts'

const bare = `${device}@${domain}`
const full = `${bare}/test`

interface Asked {
  type?: string
  to?: string | undefined
  from?: string | undefined
  id?: string | undefined
}

function iq(asked: Asked, ...children: Xml[]): Xml {
  return xml('iq', ns.client, { type: 'get', id: 'i1', ...asked }, ...children)
}

/** What one stanza brings, from a fresh bound stream. */
async function answersTo(stanza: Xml): Promise<Xml[]> {
  const trial = await openBound()
  trial.say(stanza)
  assert.deepEqual(trial.ends, [])
  return trial.heard()
}

async function answerTo(stanza: Xml): Promise<Xml> {
  const [answer, ...more] = await answersTo(stanza)
  assert.deepEqual(more, [], 'one answer, no more')
  assert.ok(answer, 'an answer')
  return answer
}

async function refusalOf(stanza: Xml): Promise<string | undefined> {
  return errorOf(await answerTo(stanza))?.condition
}

function featuresOf(info: Xml): (string | undefined)[] {
  const query = findChild(info, 'query', ns.discoInfo)
  const features = query?.children.filter(isElement).filter((child) => child.name === 'feature') ?? []
  return features.map((feature) => feature.attributes.get('var'))
}

test('X-004 a stream has one resource: a second bind is refused', async () => {
  assert.equal(await refusalOf(iq({ type: 'set' }, xml('bind', ns.bind))), 'not-allowed')
})

test('X-005 the session of older clients is offered as optional, and answered', async () => {
  const trial = await openBound()
  trial.say(iq({ type: 'set', to: domain }, xml('session', ns.session)))
  const [answer] = await trial.heard()
  assert.equal(answer?.attributes.get('type'), 'result')
  assert.equal(answer?.attributes.get('from'), domain)
  assert.deepEqual(answer?.children, [])
  assert.equal((await answerTo(iq({ type: 'set' }, xml('session', ns.session)))).attributes.get('type'), 'result')
})

test('X-006 the roster is empty and cannot be set', async () => {
  const answer = await answerTo(iq({}, xml('query', ns.roster)))
  assert.deepEqual(findChild(answer, 'query', ns.roster)?.children, [])
  const item = xml('item', ns.roster, { jid: 'a@b.example' })
  assert.equal(await refusalOf(iq({ type: 'set' }, xml('query', ns.roster, {}, item))), 'not-allowed')
})

test('X-007 presence is taken and not answered, whatever it says', async () => {
  const priority = xml('priority', ns.client, {}, '5')
  for (const presence of [
    xml('presence', ns.client, {}, priority),
    xml('presence', ns.client, { type: 'unavailable' }),
    xml('presence', ns.client, { to: 'somebody@elsewhere.example' }),
    xml('presence', ns.client, { to: 'somebody@elsewhere.example', type: 'subscribed' }),
    xml('presence', ns.client, { type: 'probe' }),
  ])
    assert.deepEqual(await answersTo(presence), [])
})

test('X-007 whoever subscribes to somebody is told that it is not so', async () => {
  const answer = await answerTo(xml('presence', ns.client, { to: 'somebody@relay.example', type: 'subscribe' }))
  assert.equal(answer.attributes.get('type'), 'unsubscribed')
  assert.equal(answer.attributes.get('from'), 'somebody@relay.example')
})

test('X-007 a device need not send presence: bound and waiting is connected', async () => {
  const lines = createLines()
  const trial = await openBound({ lines })
  assert.deepEqual(
    lines.news.map((news) => news.what),
    ['bound'],
  )
  trial.stream.waiting()
  assert.deepEqual(
    lines.news.map((news) => news.what),
    ['bound', 'connected'],
  )
})

for (const to of [domain, bare, undefined])
  test(`X-008 disco#info of ${to ?? 'nobody named'} tells identity and features`, async () => {
    const answer = await answerTo(iq({ to }, xml('query', ns.discoInfo)))
    const query = findChild(answer, 'query', ns.discoInfo)
    const identity = query && findChild(query, 'identity', ns.discoInfo)
    assert.deepEqual([identity?.attributes.get('category'), identity?.attributes.get('type')], ['server', 'im'])
    assert.ok([ns.discoInfo, ns.ping].every((feature) => featuresOf(answer).includes(feature)))
    assert.ok(!featuresOf(answer).includes(ns.sm), 'BOSH resends by itself')
  })

test('X-008 on WebSocket stream management is among the features', async () => {
  const trial = await openBound({}, { transport: 'websocket' })
  trial.say(iq({ to: domain }, xml('query', ns.discoInfo)))
  const [answer] = await trial.heard()
  assert.ok(answer && featuresOf(answer).includes(ns.sm))
})

test('X-008 disco#items are none, and a node is not there', async () => {
  const answer = await answerTo(iq({ to: domain }, xml('query', ns.discoItems)))
  assert.deepEqual(findChild(answer, 'query', ns.discoItems)?.children, [])
  for (const uri of [ns.discoInfo, ns.discoItems])
    assert.equal(await refusalOf(iq({ to: domain }, xml('query', uri, { node: 'x' }))), 'item-not-found')
})

for (const to of [domain, bare, full, undefined])
  test(`X-009 a ping to ${to ?? 'nobody named'} is answered`, async () => {
    const answer = await answerTo(iq({ to }, xml('ping', ns.ping)))
    assert.equal(answer.attributes.get('type'), 'result')
    assert.equal(answer.attributes.get('id'), 'i1')
    assert.equal(answer.attributes.get('from'), to)
  })

test('X-009 what a device answers to a ping is a sign of life, be it an error', async () => {
  const lines = createLines()
  const trial = await openBound({ lines })
  const error = xml('error', ns.client, { type: 'cancel' }, xml('service-unavailable', ns.stanzas))
  trial.say(iq({ type: 'error', to: domain, id: 'ping-1' }, error))
  assert.deepEqual(await trial.heard(), [])
  const answered = lines.news.filter((news) => news.what === 'answered')
  assert.deepEqual(
    answered.map((news) => news.stanza?.attributes.get('id')),
    ['ping-1'],
  )
})

test('X-010 what nobody understands here is unavailable', async () => {
  for (const type of ['get', 'set'])
    assert.equal(await refusalOf(iq({ type, to: domain }, xml('query', 'urn:example:unknown'))), 'service-unavailable')
  assert.equal(await refusalOf(iq({ type: 'set', to: domain }, xml('ping', ns.ping))), 'service-unavailable')
})

test('X-010 an IQ that is none is refused: no child, two, no id, no type', async () => {
  const ping = xml('ping', ns.ping)
  for (const stanza of [iq({}), iq({}, ping, ping), iq({ id: undefined }, ping), iq({ type: 'fetch' }, ping)])
    assert.equal(await refusalOf(stanza), 'bad-request')
})

test('X-010 an address that is none is refused', async () => {
  assert.equal(await refusalOf(iq({ to: '@@' }, xml('ping', ns.ping))), 'jid-malformed')
})

test('X-010 two IQs with one id are two, and get two answers', async () => {
  const trial = await openBound()
  trial.say(iq({}, xml('ping', ns.ping)))
  trial.say(iq({}, xml('ping', ns.ping)))
  assert.equal((await trial.heard()).length, 2)
})

test('X-010 every IQ gets exactly one answer with its id, results and errors get none', async () => {
  const payload = fc.constantFrom(
    xml('ping', ns.ping),
    xml('query', ns.roster),
    xml('query', ns.discoInfo),
    xml('query', 'urn:example:unknown'),
  )
  const asked = fc.record({
    type: fc.constantFrom('get', 'set', 'result', 'error', 'bogus'),
    id: fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme-ascii' }),
    to: fc.constantFrom(undefined, domain, bare, full, 'somebody@elsewhere.example', '@'),
    children: fc.array(payload, { maxLength: 2 }),
  })
  const trial = await openBound()
  await fc.assert(
    fc.asyncProperty(asked, async ({ children, ...attributes }) => {
      trial.say(iq(attributes, ...children))
      const answers = await trial.heard()
      const isAnswer = attributes.type === 'result' || attributes.type === 'error'
      assert.equal(answers.length, isAnswer ? 0 : 1)
      for (const answer of answers) assert.equal(answer.attributes.get('id'), attributes.id)
      assert.deepEqual(trial.ends, [])
    }),
    { numRuns: 200 },
  )
})

test('X-010 an answer of a device reaches the relay with the address it really has', async () => {
  const lines = createLines()
  const trial = await openBound({ lines })
  const response = xml('response', ns.request, {}, '{"values":{}}')
  for (const to of [domain, undefined, bare]) trial.say(iq({ type: 'result', to }, response))
  const answered = lines.news.filter((news) => news.what === 'answered')
  assert.equal(answered.length, 3)
  assert.ok(answered.every((news) => news.stanza?.attributes.get('from') === full))
})

test('X-010 an answer to somebody else reaches nobody', async () => {
  const lines = createLines()
  const trial = await openBound({ lines })
  trial.say(iq({ type: 'result', to: 'somebody@elsewhere.example' }))
  assert.deepEqual(await trial.heard(), [])
  assert.ok(lines.news.every((news) => news.what !== 'answered'))
})

test('X-011 the version is told; time and last activity are not', async () => {
  const answer = await answerTo(iq({ to: domain }, xml('query', ns.version)))
  const query = findChild(answer, 'query', ns.version)
  const version = query && findChild(query, 'version', ns.version)
  assert.equal(version && textOf(version), '1.2.3')
  for (const payload of [xml('time', 'urn:xmpp:time'), xml('query', 'jabber:iq:last')])
    assert.equal(await refusalOf(iq({ to: domain }, payload)), 'service-unavailable')
})

test('X-012 a forged sender ends the stream, whatever the stanza', async () => {
  for (const name of ['iq', 'message', 'presence'])
    for (const from of [`other@${domain}/test`, domain, `${bare}/other`, '@']) {
      const trial = await openBound()
      trial.say(xml(name, ns.client, { from, type: name === 'iq' ? 'result' : undefined, id: 'x' }))
      assert.equal(trial.ends[0]?.condition, 'invalid-from', `${name} from ${from}`)
      assert.deepEqual(await trial.heard(), [])
    }
})

test('X-012 the own address may be said, bare or full', async () => {
  for (const from of [bare, full, full.toUpperCase().replace('TEST', 'test')])
    assert.equal((await answerTo(iq({ from }, xml('ping', ns.ping)))).attributes.get('type'), 'result')
})

test('X-013 archives, rooms, carbons and publishing are not here', async () => {
  for (const [type, payload] of [
    ['set', xml('enable', 'urn:xmpp:carbons:2')],
    ['set', xml('query', 'urn:xmpp:mam:2')],
    ['get', xml('query', 'http://jabber.org/protocol/muc#admin')],
    ['get', xml('pubsub', 'http://jabber.org/protocol/pubsub')],
  ] as const)
    assert.equal(await refusalOf(iq({ type }, payload)), 'service-unavailable')
})

test('X-013 nobody but the relay can be reached: queries and messages to others are unavailable', async () => {
  for (const to of [
    'other@relay.example',
    'other@relay.example/x',
    'somebody@elsewhere.example',
    'elsewhere.example',
  ]) {
    assert.equal(await refusalOf(iq({ to }, xml('ping', ns.ping))), 'service-unavailable')
    assert.equal(await refusalOf(xml('message', ns.client, { to, type: 'chat' })), 'service-unavailable')
  }
})

test('X-013 an error, a headline or a room message is never answered', async () => {
  for (const type of ['error', 'headline', 'groupchat'])
    assert.deepEqual(await answersTo(xml('message', ns.client, { to: domain, type })), [])
})

test('an element that is no stanza ends the stream', async () => {
  for (const element of [xml('enable', ns.sm), xml('iq', 'jabber:server'), xml('iq', '')]) {
    const trial = await openBound()
    trial.say(element)
    assert.equal(trial.ends[0]?.condition, 'unsupported-stanza-type')
  }
})

test('a log-in after the log-in ends the stream', async () => {
  const trial = await openBound()
  trial.say(xml('auth', ns.sasl, { mechanism: 'SCRAM-SHA-1' }))
  assert.equal(trial.ends[0]?.condition, 'policy-violation')
})

test('what is sent declares every namespace it uses', async () => {
  const answer = await answerTo(iq({}, xml('query', 'urn:example:unknown')))
  assert.match(renderXml(answer), /^<iq xmlns='jabber:client' /)
  assert.deepEqual(readXml(renderXml(answer)), answer)
})

test('tokens pass through the line both ways, and the end is told once and last', async () => {
  const lines = createLines()
  const kept: number[] = []
  const trial = await openBound({ lines }, { keepUntil: (atMs) => void kept.push(atMs) })
  const line = lines.news.at(-1)?.line
  assert.ok(line)
  line.keepUntil(77)
  line.send(`<iq xmlns='jabber:client' id='push'/>`, 5)
  assert.equal((await trial.heard())[0]?.attributes.get('id'), 'push')
  trial.stream.written(5)
  trial.stream.acknowledged(5)
  trial.stream.alive()
  trial.stream.ended('inactivity', [6], [5])
  trial.stream.alive()
  trial.stream.written(7)
  const news = lines.news.slice(lines.news.findIndex((one) => one.line === line) + 1)
  assert.deepEqual(
    news.map(({ what, token, end, unsent, unknown }) => [what, token ?? end, unsent, unknown]),
    [
      ['written', 5, undefined, undefined],
      ['acknowledged', 5, undefined, undefined],
      ['alive', undefined, undefined, undefined],
      ['ended', 'inactivity', [6], [5]],
    ],
  )
  assert.deepEqual(kept, [77])
})

test('A6 before the log-in a sign of life means nothing', () => {
  const lines = createLines()
  const trial = openTrial({ lines })
  trial.open()
  trial.stream.alive()
  trial.stream.waiting()
  trial.stream.ended('terminated', [], [])
  assert.deepEqual(lines.news, [])
})

test('B-165 a bug in a room above costs one stream, is logged, and is told to the device as what it is', async () => {
  const lines = createLines()
  const logged: unknown[] = []
  const log = { info() {}, warn() {}, error: (event: string) => void logged.push(event) }
  const answered = () => {
    throw new Error('a bug')
  }
  const trial = await openBound({ lines: { ...lines, answered }, log })
  trial.say(iq({ type: 'result' }))
  assert.deepEqual(trial.ends, [{ condition: 'internal-server-error', text: undefined }])
  assert.deepEqual(logged, ['xmpp.stream'])
  trial.stream.ended('ended-by-us', [], [])
  assert.equal(lines.news.at(-1)?.end, 'terminated')
  trial.say(iq({}, xml('ping', ns.ping)))
  assert.deepEqual(await trial.heard(), [])
})

test('who ended a stream is told apart: the room above, or a broken rule', async () => {
  const lines = createLines()
  const asked = await openBound({ lines })
  lines.news[0]?.line.end('conflict')
  asked.stream.ended('ended-by-us', [], [])
  assert.equal(lines.news.at(-1)?.end, 'ended-by-us')

  const broken = await openBound({ lines })
  broken.say(xml('iq', ns.client, { from: 'somebody@elsewhere.example' }))
  broken.stream.ended('ended-by-us', [], [])
  assert.equal(lines.news.at(-1)?.end, 'terminated')
})
