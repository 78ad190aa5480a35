/** Rows B-150 to B-220: endings, keys, restarts, and secure sessions. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { ns } from '@fairlead/protocol/xmpp'
import { emptyBody } from './bosh-answers.ts'
import type { Origin } from './bosh-exchange.ts'
import { bodyText, message, openPlay } from './bosh-play.ts'
import { createEchoStream, logInPayload, loopback, openStand, overTls, ping, until } from './bosh-stand.ts'
import { strangerBase } from './bosh-strangers.ts'

const unavailable = "<presence type='unavailable' xmlns='jabber:client'/>"
const endingBody = /type='terminate'\/>$/

test('B-150 payload of the last request is forwarded before the end', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  await stand.post(bodyText({ sid, rid, type: 'terminate' }, unavailable))
  const [stream] = stand.streams
  assert.deepEqual(stream?.events.slice(-2), ['receive presence', 'ended terminated'])
})

test('B-151 the oldest request confirms the end, the others are answered empty', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1002, type: 'terminate' })
  assert.match(play.answerTo(1001), endingBody)
  assert.equal(play.answerTo(1002), emptyBody)
  assert.deepEqual([play.ended()?.end, play.ended()?.condition], ['terminated', undefined])
})

test('B-151 a push is never put into the last answer: it is told as unsent', () => {
  const play = openPlay()
  play.push(1)
  play.turn({ kind: 'send', xml: '<said/>', token: 0 })
  play.request({ rid: 1001, type: 'terminate' })
  assert.match(play.answerTo(1001), /<said\/>/)
  assert.doesNotMatch(play.answerTo(1001), /push 1/)
  assert.deepEqual([play.ended()?.unsent, play.ended()?.unknown], [[1], []])
})

test('B-152 the sid is not known afterwards', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  await stand.post(bodyText({ sid, rid, type: 'terminate' }))
  assert.equal((await stand.post(bodyText({ sid, rid: rid + 1 }))).attribute('condition'), 'item-not-found')
  assert.equal(stand.bosh.sessions, 0)
})

test('B-153 the end waits two seconds for a request before it, and then no longer', () => {
  const play = openPlay()
  play.request({ rid: 1002, type: 'terminate' }, message('bye'))
  play.pass(1999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.deepEqual(play.received(), ['bye'])
  assert.match(play.answerTo(1002), endingBody)
  assert.equal(play.ended()?.end, 'terminated')
})

test('B-153 the request before it, if it comes in time, is processed first', () => {
  const play = openPlay()
  play.request({ rid: 1002, type: 'terminate' }, message('second'))
  play.request({ rid: 1001 }, message('first'))
  assert.deepEqual(play.received(), ['first', 'second'])
  assert.equal(play.ended()?.end, 'terminated')
})

test('B-154 a beacon of a page that closes ends the session', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  await stand.post(bodyText({ sid, rid, type: 'terminate' }), { 'Content-Type': 'text/plain;charset=UTF-8' })
  assert.equal(stand.streams[0]?.end?.end, 'terminated')
})

test('B-160 every terminal condition that is said is one of XEP-0124', async () => {
  const known = ['bad-request', 'host-unknown', 'improper-addressing', 'item-not-found', 'policy-violation']
  await using stand = await openStand()
  const { sid } = await stand.logIn()
  const answers = [
    await stand.post('x'),
    await stand.create({ to: 'other' }),
    await stand.create({ to: undefined }),
    await stand.post(bodyText({ sid: 'none', rid: 1 })),
    await stand.post(bodyText({ sid, rid: 1002, pause: 999 })),
  ]
  assert.deepEqual(answers.map((answer) => answer.attribute('condition')).sort(), known)
})

test('B-161 a stream error is a remote-stream-error with the whole error in it, after what was still to say', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.turn(
    { kind: 'send', xml: '<failure/>', token: 0 },
    { kind: 'end', condition: 'policy-violation', text: 'Too <many>.' },
  )
  const last = play.answerTo(1001)
  assert.match(last, /^<body [^>]*condition='remote-stream-error'[^>]*><failure\/><stream:error/)
  assert.ok(last.includes(`xmlns:stream='${ns.stream}'`))
  assert.ok(last.includes(`<policy-violation xmlns='${ns.streamErrors}'/>`))
  assert.ok(last.includes('Too &lt;many&gt;.'))
})

test('B-162 a replaced session learns of the conflict on what it holds', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.turn({ kind: 'end', condition: 'conflict' })
  assert.match(play.answerTo(1001), /type='terminate' condition='remote-stream-error'.*<conflict /)
  assert.equal(play.ended()?.end, 'ended-by-us')
})

test('B-163 a relay that stops says so to every held request and refuses new sessions', async () => {
  await using stand = await openStand()
  const sessions = [await stand.logIn(), await stand.logIn()]
  const held = sessions.map(({ sid, rid }) => stand.post(bodyText({ sid, rid })))
  await until(() => stand.streams.every((stream) => stream.events.includes('waiting')))
  await until(() => stand.streams.every((stream) => stream.events.at(-1) === 'waiting'))
  stand.bosh.drain()
  for (const answer of await Promise.all(held)) assert.equal(answer.attribute('condition'), 'system-shutdown')
  assert.equal((await stand.create()).attribute('condition'), 'system-shutdown')
  const [first] = sessions
  const late = await stand.post(bodyText({ sid: first?.sid, rid: first?.rid }))
  assert.equal(late.attribute('condition'), 'system-shutdown')
})

test('B-164 who is told to send again gets the answer', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1001 }, '', 1)
  assert.match(play.answerTo(1001), /type='error'/)
  play.turn({ kind: 'exchange-closed', exchange: 1 })
  play.request({ rid: 1001 }, '', 2)
  play.push(1)
  assert.match(play.answerTo(2), /push 1/)
})

test('B-165 a bug ends the session with internal-server-error, and no request is left hanging', async () => {
  const logged: string[] = []
  await using stand = await openStand({ log: { info() {}, warn() {}, error: (event) => void logged.push(event) } })
  const { sid, rid } = await stand.logIn()
  const held = stand.post(bodyText({ sid, rid }))
  await until(() => stand.streams[0]?.events.at(-1) === 'waiting')
  stand.streams[0]?.carrier.send('<push/>', 0)
  await held
  const answer = await stand.post(bodyText({ sid, rid: rid + 1 }, `${ping('1')}<break xmlns='u'/>${ping('2')}`))
  assert.equal(answer.attribute('condition'), 'internal-server-error')
  assert.deepEqual(logged, ['bosh.broken'])
  assert.equal(stand.bosh.sessions, 0)
})

test('B-165 a bug while one session logs in does not reach the one that waited for its room', async () => {
  let opened = 0
  const strangers = { maxBytes: strangerBase + 1024, maxWaiting: 9, maxWaitingBytes: 4096 }
  await using stand = await openStand({
    options: { strangers },
    openStream(carrier, watch) {
      if (++opened > 1) throw new Error('on purpose')
      return createEchoStream(carrier, watch)
    },
  })
  const sid = (await stand.create()).attribute('sid')
  const second = stand.create()
  await until(() => stand.bosh.waiting === 1)
  assert.match((await stand.post(bodyText({ sid, rid: 1001 }, logInPayload))).text, /<jid>/)
  assert.equal((await second).attribute('condition'), 'internal-server-error')
  assert.equal(stand.bosh.sessions, 1)
})

test('B-165 a stream that cannot be opened is answered too', async () => {
  await using stand = await openStand({
    openStream() {
      throw new Error('on purpose')
    },
  })
  assert.equal((await stand.create()).attribute('condition'), 'internal-server-error')
})

/** K(1) to K(n), to be used from the last to the first (XEP-0124 §15.3). */
function keys(count: number, seed = 'seed'): string[] {
  const chain: string[] = []
  for (let key = seed; chain.length < count; chain.push(key)) key = createHash('sha1').update(key).digest('hex')
  return chain
}

test('B-170 each key must hash to the one before, whatever the case of the newkey', () => {
  const chain = keys(4)
  const play = openPlay({ newkey: chain[3]?.toUpperCase() })
  play.request({ rid: 1001, key: chain[2] }, message('a'))
  play.request({ rid: 1002, key: chain[1] }, message('b'))
  assert.deepEqual(play.received(), ['a', 'b'])
})

test('B-171 a wrong or missing key is not processed, and ends the session with item-not-found', () => {
  for (const key of [undefined, '', 'x', keys(4)[1]]) {
    const play = openPlay({ newkey: keys(4)[3] })
    play.request({ rid: 1001, key }, message('a'))
    assert.match(play.answerTo(1001), /condition='item-not-found'/)
    assert.deepEqual(play.received(), [])
    // The creation was a sign of life; this is none.
    assert.equal(play.effects.filter((effect) => effect.kind === 'alive').length, 1)
  }
})

test('B-172 the last key may come with a new one, which begins the next sequence', () => {
  const [old, next] = [keys(2), keys(3, 'next')]
  const play = openPlay({ newkey: old[1] })
  play.request({ rid: 1001, key: old[0], newkey: next[2] }, message('a'))
  play.request({ rid: 1002, key: next[1] }, message('b'))
  assert.deepEqual(play.received(), ['a', 'b'])
})

test('B-173 a retransmission is checked against the key of its rid, and early requests in order of rid', () => {
  const chain = keys(5)
  const play = openPlay({ newkey: chain[4] })
  play.request({ rid: 1002, key: chain[2] }, message('b'))
  play.request({ rid: 1001, key: chain[3] }, message('a'))
  assert.deepEqual(play.received(), ['a', 'b'])
  play.request({ rid: 1001, key: chain[3] }, '', 1)
  assert.equal(play.answerTo(1), play.answerTo(1001))
  play.request({ rid: 1002, key: chain[1] }, '', 2)
  assert.match(play.answerTo(2), /condition='item-not-found'/)
})

test('B-180 a request for another stream is a poll like any other', () => {
  const play = openPlay()
  assert.doesNotMatch(play.answerTo(1000), / stream='/)
  const effects = play.request({ rid: 1001, to: 'elsewhere.example', route: 'xmpp:x:1', 'xml:lang': 'en' })
  assert.ok(!effects.some((effect) => effect.kind === 'open'))
  play.push(1)
  assert.match(play.answerTo(1001), /push 1/)
})

test('B-190 a restart opens the stream anew, and its features are forwarded', async () => {
  await using stand = await openStand()
  const sid = (await stand.create()).attribute('sid') ?? ''
  for (const [index, restart] of ['true', '1'].entries()) {
    const answer = await stand.post(bodyText({ sid, rid: 1001 + index, to: 'localhost', 'xmpp:restart': restart }))
    assert.match(answer.text, /<stream:features/)
  }
  assert.equal(stand.streams[0]?.events.filter((event) => event.startsWith('open')).length, 3)
})

test('B-191 stanzas in a restart are ignored', () => {
  const play = openPlay()
  play.request({ rid: 1001, 'xmpp:restart': 'true' }, message('ignored'))
  assert.deepEqual(play.received(), [])
})

test('B-193 a restart has a rid like any request, and its answer is repeated', () => {
  const play = openPlay()
  play.request({ rid: 1001, 'xmpp:restart': 'true' })
  play.turn({ kind: 'send', xml: '<features/>', token: 0 })
  play.request({ rid: 1001, 'xmpp:restart': 'true' }, '', 1)
  assert.equal(play.answerTo(1), play.answerTo(1001))
  assert.equal(play.effects.filter((effect) => effect.kind === 'open').length, 2)
})

test('B-200 a secure session is not spoken with in the clear, and not harmed either', async () => {
  let origin = overTls
  await using stand = await openStand({ originOf: () => origin })
  const { sid, rid } = await stand.logIn()
  origin = loopback
  for (const body of [bodyText({ sid, rid }, ping('1')), bodyText({ sid, rid }, 'malformed')])
    await assert.rejects(stand.post(body), 'the connection is closed without an answer')
  origin = overTls
  assert.match((await stand.post(bodyText({ sid, rid }, ping('2')))).text, /id='2'/)
  assert.equal(stand.streams[0]?.heard.filter((element) => element.name === 'iq').length, 2)
})

test('B-200 a session made in the clear may be used over TLS', async () => {
  let origin = loopback
  await using stand = await openStand({ originOf: () => origin })
  const { sid, rid } = await stand.logIn()
  origin = overTls
  assert.match((await stand.post(bodyText({ sid, rid }, ping('1')))).text, /id='1'/)
})

/** Whether the relay talks with these certificates, first at creation, then at a later request. */
async function isTalkedWith(made: string | undefined, used: string | undefined): Promise<boolean> {
  const holding = (fingerprint: string | undefined): Origin =>
    fingerprint === undefined ? overTls : { ...overTls, certificate: { fingerprint, device: undefined } }
  let origin = holding(made)
  await using stand = await openStand({ originOf: () => origin })
  const { sid, rid } = await stand.logIn()
  origin = holding(used)
  const talked = await stand.post(bodyText({ sid, rid }, ping('1'))).then(
    () => true,
    () => false,
  )
  origin = holding(made)
  const next = talked ? rid + 1 : rid
  assert.match((await stand.post(bodyText({ sid, rid: next }, ping('2')))).text, /id='2'/, 'the session is not harmed')
  return talked
}

test('B-201 a session is used with the certificate it was made with, or the connection is closed', async () => {
  assert.equal(await isTalkedWith('A', 'A'), true)
  assert.equal(await isTalkedWith('A', 'B'), false)
  assert.equal(await isTalkedWith('A', undefined), false)
  assert.equal(await isTalkedWith(undefined, 'A'), true, 'made without one, it is anybody who has its sid')
})

test('B-220 GET never makes a session, whatever its query', async () => {
  await using stand = await openStand()
  const body = encodeURIComponent(bodyText({ to: 'localhost', rid: 1 }))
  for (const query of [`?${body}`, `?callback=x&body=${body}`]) await (await fetch(stand.url + query)).text()
  assert.equal(stand.bosh.sessions, 0)
})
