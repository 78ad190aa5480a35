/** Rows B-090 to B-110: sending and receiving, in order, once, and again where it was lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyBody, errorBody } from './bosh-answers.ts'
import { bodyText, message, openPlay } from './bosh-play.ts'
import { openStand, ping, until } from './bosh-stand.ts'

const terminate = (condition: string) => new RegExp(`type='terminate' condition='${condition}'`)

test('B-090 payload goes to the stream in the same turn', () => {
  const play = openPlay()
  play.request({ rid: 1001 }, message('a'))
  assert.deepEqual(play.received(), ['a'])
})

test('B-091 payload is forwarded in order of rid, and within a body in order of the document', () => {
  const play = openPlay()
  play.request({ rid: 1002 }, message('c') + message('d'))
  assert.deepEqual(play.received(), [])
  play.request({ rid: 1001 }, message('a') + message('b'))
  assert.deepEqual(play.received(), ['a', 'b', 'c', 'd'])
})

test('B-092 each request is answered exactly once', () => {
  const play = openPlay()
  for (let rid = 1001; rid < 1050; rid++) play.request({ rid })
  play.pass(30_000)
  for (let rid = 1000; rid < 1050; rid++) assert.equal(play.answersTo(rid).length, 1, `rid ${rid}`)
})

test('B-093 a request is held until wait has passed since it came, and answered empty', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(29_999)
  assert.equal(play.answersTo(1001).length, 0)
  play.pass(1)
  assert.equal(play.answerTo(1001), emptyBody)
})

test('B-094 of two held requests the older is answered at once', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1002 })
  assert.equal(play.answerTo(1001), emptyBody)
  assert.equal(play.answersTo(1002).length, 0)
})

test('B-095 answers are in order of rid', () => {
  const play = openPlay()
  play.request({ rid: 1002 })
  play.pass(10_000)
  play.request({ rid: 1001 })
  play.pass(30_000)
  const order = play.effects.flatMap((effect) => (effect.kind === 'answer' ? [effect.exchange] : []))
  assert.deepEqual(order, [1000, 1001, 1002])
})

test('B-096 a push goes out at once, on the oldest held request', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(7)
  assert.match(play.answerTo(1001), /push 7/)
  assert.deepEqual(play.tokens('written'), [7])
})

test('B-096 what comes in one turn leaves in one response', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.turn({ kind: 'send', xml: '<a/>', token: 1 }, { kind: 'send', xml: '<b/>', token: 2 })
  assert.match(play.answerTo(1001), /<a\/><b\/>/)
})

test('B-097 an empty poll is a request like any other', () => {
  const play = openPlay()
  play.push(1)
  play.request({ rid: 1001 })
  assert.match(play.answerTo(1001), /push 1/)
})

test('B-098 a request that came too early waits for the one before it', () => {
  const play = openPlay()
  play.request({ rid: 1002 }, message('b'))
  assert.equal(play.answersTo(1002).length, 0)
  play.request({ rid: 1001 }, message('a'))
  assert.equal(play.answersTo(1001).length, 1)
  assert.deepEqual(play.received(), ['a', 'b'])
})

test('B-099 a rid above the window ends the session', () => {
  const play = openPlay()
  play.request({ rid: 1003 })
  assert.match(play.answerTo(1003), terminate('item-not-found'))
  assert.equal(play.ended()?.end, 'connection-closed')
})

test('B-100 the held request learns that another one ended the session, and the distance is told', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1051 })
  assert.match(play.answerTo(1001), terminate('other-request'))
  assert.deepEqual(
    play.effects.find((effect) => effect.kind === 'out-of-window'),
    { kind: 'out-of-window', distance: 50 },
  )
})

test('B-100 the distance is logged, at most once a second, and the refusal counted', async () => {
  const lines: unknown[] = []
  const refusals: string[] = []
  await using stand = await openStand({
    log: { info() {}, warn: (event, _msg, facts) => void lines.push([event, facts?.['distance']]), error() {} },
    rejected: (reason) => void refusals.push(reason),
  })
  for (let index = 0; index < 3; index++) {
    const { sid, rid } = await stand.logIn()
    await stand.post(bodyText({ sid, rid: rid + 49 }))
  }
  assert.deepEqual(lines, [['bosh.out-of-window', 50]])
  assert.deepEqual(refusals, ['item-not-found', 'item-not-found', 'item-not-found'])
})

test('B-101 the last four answers are repeated, byte for byte', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const bodies = [0, 1, 2, 3].map((index) => bodyText({ sid, rid: rid + index }, ping(`p${index}`)))
  const first: string[] = []
  for (const body of bodies) first.push((await stand.post(body)).text)
  const again: string[] = []
  for (const body of bodies) again.push((await stand.post(body)).text)
  assert.deepEqual(again, first)
})

test('B-102 an answer that is kept no longer ends the session', () => {
  const play = openPlay()
  for (let rid = 1001; rid <= 1005; rid++) play.request({ rid }, message('x'))
  play.request({ rid: 1000 }, '', 1)
  assert.match(play.answerTo(1), terminate('item-not-found'))
  assert.ok(play.ended())
})

test('B-103 what is sent again is not processed again', () => {
  const play = openPlay()
  play.request({ rid: 1001 }, message('once'))
  play.push(1)
  play.request({ rid: 1001 }, message('once'), 1)
  assert.equal(play.answerTo(1), play.answerTo(1001))
  assert.deepEqual(play.received(), ['once'])
})

test('B-104 a duplicate of a held request takes over the hold, and the old one is told to try again', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(20_000)
  play.request({ rid: 1001 }, '', 1)
  assert.equal(play.answerTo(1001), errorBody)
  play.pass(29_000)
  assert.equal(play.answersTo(1).length, 0)
  play.push(1)
  assert.match(play.answerTo(1), /push 1/)
})

test('B-104 a duplicate of a request that came too early takes its place as well', () => {
  const play = openPlay()
  play.request({ rid: 1002 }, message('b'))
  play.request({ rid: 1002 }, message('b'), 1)
  assert.equal(play.answerTo(1002), errorBody)
  play.request({ rid: 1001 }, message('a'))
  assert.deepEqual(play.received(), ['a', 'b'])
})

test('B-104 a client without ver is answered empty, since it knows no recoverable errors', () => {
  const play = openPlay({ ver: undefined })
  play.request({ rid: 1001 })
  play.request({ rid: 1001 }, '', 1)
  assert.equal(play.answerTo(1001), emptyBody)
  play.pass(30_000)
  assert.equal(play.answerTo(1), emptyBody)
})

test('B-105 the same rid with other payload gets the first answer, and its payload is not looked at', () => {
  const play = openPlay()
  play.request({ rid: 1001 }, message('first'))
  play.push(1)
  play.request({ rid: 1001 }, message('other'), 1)
  assert.equal(play.answerTo(1), play.answerTo(1001))
  assert.deepEqual(play.received(), ['first'])
})

test('B-106 ten duplicates of a rid are borne, and no more', () => {
  for (const isHeld of [true, false]) {
    const play = openPlay()
    play.request({ rid: 1001 })
    if (!isHeld) play.push(1)
    for (let exchange = 1; exchange <= 10; exchange++) play.request({ rid: 1001 }, '', exchange)
    assert.equal(play.ended(), undefined)
    play.request({ rid: 1001 }, '', 11)
    assert.match(play.answerTo(11), terminate('policy-violation'))
  }
})

test('B-107 a connection that closes while held loses nothing: the same rid, sent again, is held again', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.turn({ kind: 'exchange-closed', exchange: 1001 })
  play.push(1)
  assert.deepEqual(play.tokens('written'), [])
  play.request({ rid: 1001 }, '', 1)
  assert.match(play.answerTo(1), /push 1/)
  assert.equal(play.answersTo(1001).length, 0)
})

test('B-107 a held request whose socket closes is not written to, and its resend gets the push', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const [stream] = stand.streams
  assert.ok(stream)
  const hangUp = new AbortController()
  const body = bodyText({ sid, rid })
  const lost = fetch(stand.url, { method: 'POST', body, signal: hangUp.signal })
  await until(() => stream.events.at(-1) === 'waiting')
  hangUp.abort()
  await assert.rejects(lost)
  await until(() => stand.bosh.open === 0)
  stream.carrier.send('<push/>', 9)
  assert.ok(!stream.events.includes('written 9'))
  assert.match((await stand.post(body)).text, /<push\/>/)
  assert.ok(stream.events.includes('written 9'))
})

test('B-107 a push waits for the next rid, if the client goes on with that', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.turn({ kind: 'exchange-closed', exchange: 1001 })
  play.push(1)
  play.request({ rid: 1002 })
  assert.match(play.answerTo(1002), /push 1/)
  play.request({ rid: 1001 }, '', 1)
  assert.equal(play.answerTo(1), emptyBody)
})

test('B-108 silence starts when the last held connection closes, not the first of two', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(10_000)
  play.request({ rid: 1001 }, '', 1)
  play.turn({ kind: 'exchange-closed', exchange: 1001 })
  play.pass(29_000)
  assert.equal(play.ended(), undefined)
  play.turn({ kind: 'exchange-closed', exchange: 1 })
  play.pass(59_999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.equal(play.ended()?.end, 'inactivity')
})

test('B-109 the largest rid is served, and there is none after it', async () => {
  await using stand = await openStand()
  const created = await stand.create({ rid: 9007199254740990 })
  const sid = created.attribute('sid') ?? ''
  assert.match((await stand.post(bodyText({ sid, rid: '9007199254740991' }, ping('last')))).text, /id='last'/)
  assert.equal((await stand.post(bodyText({ sid, rid: '9007199254740992' }))).attribute('condition'), 'bad-request')
})

test('B-110 a push that was written to a connection found dead stays written, and is kept for the resend', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(1)
  play.turn({ kind: 'exchange-closed', exchange: 1001 })
  assert.deepEqual(play.tokens('written'), [1])
  play.request({ rid: 1001 }, '', 1)
  assert.match(play.answerTo(1), /push 1/)
  play.turn({ kind: 'end', condition: 'conflict' })
  assert.deepEqual([play.ended()?.unsent, play.ended()?.unknown], [[], [1]])
})
