/** A device logs in by SCRAM over BOSH, is pushed to, answers and leaves: the real door, stream and codecs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  beginScram,
  isElement,
  ns,
  proveSecret,
  readSaslAnswer,
  readXml,
  renderXml,
  saslElement,
  type Xml,
} from '@fairlead/protocol/xmpp'
import { bodyText } from './bosh-play.ts'
import { type Answer, openStand, type Stand, until } from './bosh-stand.ts'
import { openStream } from './stream.ts'
import { bindRequest, createLines, device, type LineNews, secret, streamNeeds } from './stream-trial.ts'

async function openRelay() {
  const lines = createLines()
  const needs = streamNeeds({ domain: 'localhost', lines })
  const stand = await openStand({ openStream: (carrier, watch) => openStream(needs, carrier, watch) })
  return { stand, news: lines.news, [Symbol.asyncDispose]: () => stand[Symbol.asyncDispose]() }
}

/** A client that sends one request after another. */
function createDevice(stand: Stand) {
  let sid = ''
  let rid = 5000
  const ask = (attributes = {}, payload = ''): Promise<Answer> =>
    stand.post(bodyText({ ...(sid === '' ? {} : { sid }), rid: rid++, ...attributes }, payload))

  return {
    ask,
    async open() {
      const created = await ask({ to: 'localhost', ver: '1.11', wait: 30, hold: 1, 'xmpp:version': '1.0' })
      sid = created.attribute('sid') ?? ''
      return created
    },
    /** @returns the last word of the log-in: `success` or `failure` */
    async prove(password: string): Promise<string> {
      const client = beginScram(device, 'bm9uY2Ugb2YgdGhlIGNsaWVudA')
      const challenged = await ask({}, renderXml(saslElement('auth', client.message, 'SCRAM-SHA-256')))
      const answer = readSaslAnswer(payloadOf(challenged))
      assert.ok(answer?.kind === 'challenge')
      const proof = await proveSecret(client, answer.data, password, 'sha256')
      return payloadOf(await ask({}, renderXml(saslElement('response', proof.message)))).name
    },
    async bind() {
      await ask({ to: 'localhost', 'xmpp:restart': 'true' })
      return ask({}, renderXml(bindRequest('panel')))
    },
  }
}

function payloadOf(answer: Answer): Xml {
  const [first] = readXml(answer.text).children.filter(isElement)
  assert.ok(first, answer.text)
  return first
}

function whatHappened(news: readonly LineNews[]): string[] {
  return news.map(({ what }) => what).filter((what) => what !== 'alive')
}

test('B-192 a restart before log-in brings the features again, and one after bind is refused by the stream', async () => {
  await using relay = await openRelay()
  const printer = createDevice(relay.stand)
  await printer.open()
  assert.match((await printer.ask({ 'xmpp:restart': 'true', to: 'localhost' })).text, /<mechanisms/)
  assert.equal(await printer.prove(secret), 'success')
  assert.match((await printer.bind()).text, /<jid>/)
  const refused = await printer.ask({ 'xmpp:restart': 'true', to: 'localhost' })
  assert.equal(refused.attribute('condition'), 'remote-stream-error')
})

test('B-085 the features never offer TLS or compression', async () => {
  await using relay = await openRelay()
  const created = await createDevice(relay.stand).open()
  assert.match(created.text, /<mechanisms/)
  assert.doesNotMatch(created.text, /starttls|compression/)
})

test('B-194 bind directly after success, without a restart, is taken for ANONYMOUS', async () => {
  const needs = streamNeeds({ domain: 'localhost', anonymous: true })
  await using stand = await openStand({ openStream: (carrier, watch) => openStream(needs, carrier, watch) })
  const bind = renderXml(bindRequest('panel'))
  const created = await stand.create({}, `<auth xmlns='${ns.sasl}' mechanism='ANONYMOUS'/>${bind}`)
  assert.match(created.text, /<success[\s\S]*<jid>/)
})

test('a device is connected when it holds a request, and not at bind (A4)', async () => {
  await using relay = await openRelay()
  const printer = createDevice(relay.stand)
  await printer.open()
  assert.equal(await printer.prove(secret), 'success')
  await printer.bind()
  assert.deepEqual(whatHappened(relay.news), ['bound'])
  const held = printer.ask()
  await until(() => whatHappened(relay.news).includes('connected'))
  relay.stand.clock.pass(30_000)
  await held
})

test('a push goes out on the held request, and its answer comes back (A9, A10)', async () => {
  await using relay = await openRelay()
  const printer = createDevice(relay.stand)
  await printer.open()
  await printer.prove(secret)
  await printer.bind()
  const held = printer.ask()
  await until(() => whatHappened(relay.news).includes('connected'))
  const line = relay.news[0]?.line
  line?.send("<iq xmlns='jabber:client' type='get' id='r1'><request xmlns='urn:fairlead:request:1'/></iq>", 41)
  assert.match((await held).text, /id='r1'/)
  assert.deepEqual(whatHappened(relay.news).slice(-1), ['written'])

  const answered = printer.ask({}, "<iq xmlns='jabber:client' type='result' id='r1'/>")
  await until(() => whatHappened(relay.news).includes('answered'))
  const next = printer.ask()
  await until(() => whatHappened(relay.news).includes('acknowledged'))
  assert.equal(relay.news.find(({ what }) => what === 'acknowledged')?.token, 41)
  relay.stand.bosh.drain()
  await Promise.all([answered, next])
  assert.deepEqual(relay.news.at(-1)?.unknown, [])
})

test('a wrong secret fails, and after three of them the session is over', async () => {
  await using relay = await openRelay()
  const printer = createDevice(relay.stand)
  await printer.open()
  assert.equal(await printer.prove('wrong'), 'failure')
  assert.equal(await printer.prove('wrong'), 'failure')
  const client = beginScram(device, 'bm9uY2Ugb2YgdGhlIGNsaWVudA')
  const challenged = await printer.ask({}, renderXml(saslElement('auth', client.message, 'SCRAM-SHA-256')))
  const answer = readSaslAnswer(payloadOf(challenged))
  assert.ok(answer?.kind === 'challenge')
  const proof = await proveSecret(client, answer.data, 'wrong', 'sha256')
  const last = await printer.ask({}, renderXml(saslElement('response', proof.message)))
  assert.equal(last.attribute('condition'), 'remote-stream-error')
  // The failure itself is said before the end.
  assert.match(last.text, /<failure[\s\S]*<stream:error[\s\S]*<policy-violation/)
  assert.equal(relay.stand.bosh.sessions, 0)
})
