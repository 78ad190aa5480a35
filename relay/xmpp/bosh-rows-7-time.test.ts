/** Rows B-130 to B-146: silence, pauses, and asking too often. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyBody } from './bosh-answers.ts'
import { agreeOn } from './bosh-creation.ts'
import { bodyText, message, openPlay, plainBody } from './bosh-play.ts'
import { openStand } from './bosh-stand.ts'

test('B-130 a session with nothing held ends after its inactivity, in silence', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(30_000)
  const answers = play.effects.filter((effect) => effect.kind === 'answer').length
  play.pass(59_999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.equal(play.ended()?.end, 'inactivity')
  assert.equal(play.effects.filter((effect) => effect.kind === 'answer').length, answers)
})

test('B-130 while a request is held there is no inactivity', () => {
  const play = openPlay({ wait: 30 })
  for (let rid = 1001; rid < 1011; rid++) {
    play.request({ rid })
    play.pass(30_000)
  }
  assert.equal(play.ended(), undefined)
})

test('B-130 a later request finds nothing', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  stand.clock.pass(60_000)
  assert.equal((await stand.post(bodyText({ sid, rid }))).attribute('condition'), 'item-not-found')
})

test('B-130 a push that waits for its answer keeps the session until its time has run out', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(1)
  play.turn({ kind: 'keep', untilMs: play.nowMs() + 200_000 })
  play.pass(199_999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.deepEqual([play.ended()?.end, play.ended()?.unknown], ['inactivity', [1]])
})

test('B-130 a sign of life beside the session ends what kept it for a push, and silence counts from there', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(1)
  play.turn({ kind: 'keep', untilMs: play.nowMs() + 300_000 })
  play.pass(100_000)
  play.turn({ kind: 'keep', untilMs: play.nowMs() })
  play.pass(59_999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.equal(play.ended()?.end, 'inactivity')
})

test('B-130 a request that waits for one that never comes is answered when the session ends', () => {
  const play = openPlay()
  play.request({ rid: 1002 })
  play.pass(60_000)
  assert.match(play.answerTo(1002), /condition='item-not-found'/)
})

test('B-131 inactivity is always told, so it always has an end', () => {
  const play = openPlay()
  assert.match(play.answerTo(1000), / inactivity='60'/)
})

test('B-132 a polling session may be silent for longer than a normal one, and than its polling interval', () => {
  const options = { waitSeconds: 30, inactivitySeconds: 60 }
  const body = { to: 'localhost', hold: 0, wait: 30, ver: undefined } as never
  for (const inactivitySeconds of [1, 60]) {
    const terms = agreeOn(body, 'localhost', { ...options, inactivitySeconds })
    assert.ok(typeof terms === 'object')
    assert.ok(terms.inactivityMs > inactivitySeconds * 1000)
    assert.ok(terms.inactivityMs > 2 * terms.pollingMs)
  }
})

test('B-133 a pause answers all requests at once, and lasts as long as was asked for', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.request({ rid: 1002, pause: 100 })
  assert.equal(play.answerTo(1001), emptyBody)
  assert.equal(play.answerTo(1002), emptyBody)
  play.pass(99_999)
  assert.equal(play.ended(), undefined)
  play.pass(1)
  assert.equal(play.ended()?.end, 'inactivity')
})

test('B-134 the answer to a pause carries nothing; what came meanwhile waits for the next request', () => {
  const play = openPlay()
  play.push(1)
  play.request({ rid: 1001, pause: 100 })
  assert.equal(play.answerTo(1001), emptyBody)
  play.request({ rid: 1002 })
  assert.match(play.answerTo(1002), /push 1/)
})

test('B-135 the next request brings back the normal inactivity', () => {
  const play = openPlay()
  play.request({ rid: 1001, pause: 120 })
  play.request({ rid: 1002 })
  play.pass(30_000)
  play.pass(60_000)
  assert.equal(play.ended()?.end, 'inactivity')
})

test('B-136 a pause over the maximum is a violation, one below the inactivity is not', () => {
  const long = openPlay()
  long.request({ rid: 1001 })
  long.request({ rid: 1002, pause: 121 })
  assert.match(long.answerTo(1002), /condition='policy-violation'/)
  assert.match(long.answerTo(1001), /condition='other-request'/)

  const short = openPlay()
  short.request({ rid: 1001, pause: 5 })
  short.pass(5000)
  assert.equal(short.ended()?.end, 'inactivity')
})

test('B-137 maxpause is always told, so no pause is ever taken for a normal request', () => {
  assert.match(openPlay().answerTo(1000), / maxpause='120'/)
})

test('B-138 a pause that is sent again is answered empty again', () => {
  const play = openPlay()
  play.request({ rid: 1001, pause: 60 })
  play.push(1)
  play.request({ rid: 1001, pause: 60 }, '', 1)
  assert.equal(play.answerTo(1), emptyBody)
  assert.equal(play.ended(), undefined)
})

test('B-140 more unanswered requests than allowed are a violation, and answered ones do not count', () => {
  const slow = openPlay()
  const at = (rid: number) => ({
    kind: 'request' as const,
    exchange: rid,
    body: { ...plainBody, rid },
  })
  // Answers are chosen at the end of a turn: three requests in one turn are three unanswered ones.
  slow.turn(at(1001), at(1002))
  assert.equal(slow.ended(), undefined)
  slow.turn(at(1003), at(1004), at(1005))
  assert.equal(slow.ended()?.condition, 'policy-violation')

  const quick = openPlay()
  for (let rid = 1001; rid < 1100; rid++) quick.request({ rid })
  assert.equal(quick.ended(), undefined)
})

test('B-141 one more is allowed to pause or to terminate', () => {
  for (const last of [{ pause: 10 }, { type: 'terminate' }]) {
    const play = openPlay()
    const at = (rid: number, more = {}) => ({
      kind: 'request' as const,
      exchange: rid,
      body: { ...plainBody, rid, ...more },
    })
    play.turn(at(1001), at(1002), at(1003, last))
    assert.notEqual(play.ended()?.condition, 'policy-violation')
  }
})

test('B-142 two empty requests within the polling interval, with nothing to answer, are a violation', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(30_000)
  play.request({ rid: 1002 })
  play.pass(1700)
  play.request({ rid: 1003 })
  assert.match(play.answerTo(1003), /condition='policy-violation'/)
})

test('B-142 two empty requests further apart are none', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(30_000)
  play.request({ rid: 1002 })
  play.pass(1800)
  play.request({ rid: 1003 })
  assert.equal(play.ended(), undefined)
})

test('B-142 an empty request that was lost and is sent again does not make its successor too fast', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(30_000)
  play.request({ rid: 1003 })
  play.pass(1700)
  play.request({ rid: 1002 })
  assert.equal(play.ended(), undefined)
})

test('B-143 requests and polling are always told, so there is always a limit', () => {
  assert.match(openPlay().answerTo(1000), / requests='2'.* polling='2'/)
})

test('B-144 a client that polls at once after an answer with payload, or an early one, is not blamed', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(1)
  for (let rid = 1002; rid < 1020; rid++) {
    play.request({ rid })
    play.pass(100)
  }
  assert.equal(play.ended(), undefined)
})

test('B-144 a client is not blamed either whose request was sent again by something on the way', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.pass(30_000)
  play.request({ rid: 1002 })
  play.pass(900)
  play.request({ rid: 1002 }, '', 1)
  play.pass(100)
  play.request({ rid: 1003 })
  assert.equal(play.ended(), undefined)
})

test('B-145 a polling session that asks again too soon, with nothing found the last time, is a violation', () => {
  const play = openPlay({ hold: 0 })
  play.request({ rid: 1001 })
  play.pass(1700)
  play.request({ rid: 1001 }, '', 1)
  assert.equal(play.ended(), undefined, 'the same again is not a new request')
  play.request({ rid: 1002 })
  assert.match(play.answerTo(1002), /condition='policy-violation'/)
})

test('B-145 it may ask again at once after an answer that carried something, or with something to say', () => {
  const play = openPlay({ hold: 0 })
  play.push(1)
  play.request({ rid: 1001 })
  play.request({ rid: 1002 })
  play.request({ rid: 1003 }, message('x'))
  play.request({ rid: 1004 })
  play.pass(1800)
  play.request({ rid: 1005 })
  assert.equal(play.ended(), undefined)
})

test('B-146 a polling session is answered at once, and each of its requests counts as its connection', () => {
  const play = openPlay({ hold: 0 })
  const effects = play.request({ rid: 1001 })
  assert.equal(play.answerTo(1001), emptyBody)
  assert.ok(effects.some((effect) => effect.kind === 'waiting'))
})
