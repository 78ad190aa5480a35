/** Rows B-070 to B-086: what the creation response says, and holds to. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from '@fairlead/protocol/xmpp'
import { bodyText, openPlay } from './bosh-play.ts'
import { openStand, ping, until } from './bosh-stand.ts'

test('B-070 sids are unguessable and never the same', async () => {
  await using stand = await openStand()
  const sids = new Set<string>()
  for (let index = 0; index < 100; index++) sids.add((await stand.create()).attribute('sid') ?? '')
  assert.equal(sids.size, 100)
  // 24 random bytes as base64url.
  for (const sid of sids) assert.match(sid, /^[\w-]{32}$/)
})

test('B-071 sid, wait and requests are there, and requests is one above hold', async () => {
  await using stand = await openStand()
  const created = await stand.create()
  assert.ok(created.attribute('sid'))
  assert.equal(created.attribute('wait'), '30')
  assert.equal(created.attribute('requests'), '2')
  assert.equal(created.attribute('hold'), '1')
})

test('B-072 ver, polling, inactivity, hold and from are there', async () => {
  await using stand = await openStand()
  const created = await stand.create()
  const told = ['ver', 'polling', 'inactivity', 'hold', 'from'].map((name) => created.attribute(name))
  assert.deepEqual(told, ['1.6', '2', '60', '1', 'localhost'])
})

test('B-073 later responses repeat none of it', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const answer = await stand.post(bodyText({ sid, rid }, ping('1')))
  for (const name of ['wait', 'requests', 'polling', 'inactivity', 'hold', 'ver', 'maxpause', 'authid'])
    assert.equal(answer.attribute(name), undefined, name)
})

test('B-074 a creation response that is sent with nothing to say still says what the session is', () => {
  const play = openPlay({}, { stranger: true })
  play.pass(14_000)
  play.turn({ kind: 'logged-in' })
  play.pass(16_000)
  const first = play.answerTo(1000)
  for (const name of ['sid', 'wait', 'requests', 'hold', 'inactivity']) assert.match(first, new RegExp(` ${name}='`))
  play.request({ rid: 1001 })
  play.push(1)
  assert.doesNotMatch(play.answerTo(1001), / wait='/)
})

test('B-076 no encoding is offered, so an encoded request is a bad one', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create()).attribute('accept'), undefined)
  const body = bodyText({ to: 'localhost', rid: 1 })
  for (const encoding of ['gzip', 'deflate', 'br'])
    assert.equal((await stand.post(body, { 'Content-Encoding': encoding })).attribute('condition'), 'bad-request')
  assert.ok((await stand.post(body, { 'Content-Encoding': 'identity' })).attribute('sid'))
})

test('B-077 who is promised acknowledgements gets them all session long', () => {
  const play = openPlay({ ack: 1 })
  assert.match(play.answerTo(1000), / ack='1000'/)
  play.request({ rid: 1001 })
  play.request({ rid: 1002 })
  play.push(1)
  // Rid 1002 was in when 1001 was answered; 1002 answers itself and need not say so.
  assert.match(play.answerTo(1001), / ack='1002'/)
  assert.doesNotMatch(play.answerTo(1002), / ack='/)
})

test('B-078 a client that does not acknowledge is not bothered with acknowledgements', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1002 })
  for (const exchange of [1000, 1001]) assert.doesNotMatch(play.answerTo(exchange), / ack='/)
})

test('B-079 maxpause is told, since pauses are possible', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create()).attribute('maxpause'), '120')
})

test('B-081 from is the domain', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create({ to: 'LOCALHOST' })).attribute('from'), 'localhost')
})

test('B-082 the features are in the creation response, with the XMPP version', async () => {
  await using stand = await openStand()
  const created = await stand.create()
  assert.match(created.text, /<stream:features/)
  assert.equal(created.attribute('xmpp:version'), '1.0')
  assert.ok(created.text.includes(`xmlns:xmpp='${ns.xbosh}'`))
})

test('B-083 the client is told that a restart is possible', async () => {
  await using stand = await openStand()
  assert.equal((await stand.create()).attribute('xmpp:restartlogic'), 'true')
})

test('B-084 authid is the id of the stream', () => {
  const play = openPlay({}, { stranger: true })
  play.turn({ kind: 'opened', id: 'stream-1' }, { kind: 'send', xml: '<features/>', token: 0 })
  assert.match(play.answerTo(1000), / authid='stream-1'/)
})

test('B-086 the wait and the inactivity that were told are the ones that hold', async () => {
  await using stand = await openStand({ options: { waitSeconds: 10, inactivitySeconds: 7 } })
  const { sid, rid } = await stand.logIn({ wait: 5 })
  const [stream] = stand.streams
  let isAnswered = false
  const held = stand.post(bodyText({ sid, rid })).finally(() => {
    isAnswered = true
  })
  await until(() => stream?.events.at(-1) === 'waiting')
  stand.clock.pass(4999)
  assert.equal(isAnswered, false)
  stand.clock.pass(1)
  await held
  stand.clock.pass(6999)
  assert.equal(stand.bosh.sessions, 1)
  stand.clock.pass(1)
  assert.equal(stand.bosh.sessions, 0)
  assert.equal(stream?.end?.end, 'inactivity')
})
