/** Rows B-120 to B-126: acknowledgements, and what they say of pushes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyText, message, openPlay } from './bosh-play.ts'
import { logInPayload, openStand } from './bosh-stand.ts'

test('B-120 an answer acknowledges the highest rid with all lower ones in', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001 })
  play.push(1)
  play.request({ rid: 1003, ack: 1001 }, message('early'))
  play.request({ rid: 1002, ack: 1001 })
  assert.match(play.answerTo(1002), / ack='1003'/)
})

test('B-121 an acknowledgement of the answered request itself is left out', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001 })
  play.push(1)
  assert.doesNotMatch(play.answerTo(1001), / ack='/)
})

test('B-122 what a client acknowledges is dropped, and its pushes have arrived', () => {
  const play = openPlay({ ack: 1 })
  for (const rid of [1001, 1002, 1003]) {
    play.push(rid)
    play.request({ rid, ack: 1000 })
  }
  assert.deepEqual(play.tokens('acknowledged'), [])
  play.request({ rid: 1004, ack: 1002 })
  assert.deepEqual(play.tokens('acknowledged'), [1001, 1002])
  play.request({ rid: 1002, ack: 1001 }, '', 1)
  assert.match(play.answerTo(1), /item-not-found/)
})

test('B-122 no acknowledgement means that every answer was received', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001 })
  play.push(1)
  play.request({ rid: 1002 })
  assert.deepEqual(play.tokens('acknowledged'), [1])
})

test('B-123 a client that acknowledges too little is told at once which answer it lacks, and how old that is', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001, ack: 1000 })
  play.push(1)
  play.pass(1500)
  play.request({ rid: 1002, ack: 1000 })
  assert.match(play.answerTo(1002), / report='1001' time='1500'/)
  play.request({ rid: 1001, ack: 1000 }, '', 1)
  assert.equal(play.answerTo(1), play.answerTo(1001))
})

test('B-123 a response that left a moment ago, and may have crossed the request, is not reported', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001, ack: 1000 })
  play.push(1)
  play.pass(500)
  play.request({ rid: 1002, ack: 1000 })
  play.push(2)
  assert.doesNotMatch(play.answerTo(1002), / report=/)
})

test('B-123 where nothing can have crossed, on this machine, what is lacking is told at once', async () => {
  await using stand = await openStand()
  const created = await stand.create({ ack: 1 })
  const sid = created.attribute('sid') ?? ''
  await stand.post(bodyText({ sid, rid: 1001, ack: 1000 }, logInPayload))
  const told = await stand.post(bodyText({ sid, rid: 1002, ack: 1000 }, message('x')))
  assert.equal(told.attribute('report'), '1001')
})

test('B-123 the age in a report is at most 65535', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001, ack: 1000 })
  play.push(1)
  play.turn({ kind: 'keep', untilMs: play.nowMs() + 200_000 })
  play.pass(100_000)
  play.request({ rid: 1002, ack: 1000 })
  assert.match(play.answerTo(1002), / time='65535'/)
})

test('B-124 an acknowledgement of what was not sent, or that is no rid, is a bad request', () => {
  const play = openPlay({ ack: 1 })
  play.request({ rid: 1001, ack: 1001 })
  assert.match(play.answerTo(1001), /condition='bad-request'/)
  for (const ack of ['-1', 'abc', '1.5', '']) assert.throws(() => openPlay({ ack: 1 }).request({ rid: 1001, ack }))
})

test('B-125 at most 64 answers are kept for a client that acknowledges none', () => {
  const play = openPlay({ ack: 1 })
  for (let rid = 1001; rid <= 1064; rid++) play.request({ rid, ack: 999 }, message('x'))
  assert.equal(play.ended(), undefined)
  play.request({ rid: 1065, ack: 999 })
  assert.equal(play.ended()?.condition, 'policy-violation')
})

test('B-125 at most 1 MiB of answers is kept for a client that acknowledges none', () => {
  const play = openPlay({ ack: 1 })
  for (let rid = 1001; rid <= 1010; rid++) {
    play.push(rid, message('a'.repeat(100_000)))
    play.request({ rid, ack: 1000 })
  }
  assert.equal(play.ended(), undefined)
  play.push(1011, message('a'.repeat(100_000)))
  play.request({ rid: 1011, ack: 1000 })
  assert.equal(play.ended()?.condition, 'policy-violation')
  assert.deepEqual(play.ended()?.unknown, [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011])
})

test('B-126 a later rid says that an answer has arrived, for clients that do not acknowledge', () => {
  const play = openPlay()
  play.request({ rid: 1001 })
  play.push(1)
  play.request({ rid: 1002 }, message('x'))
  assert.deepEqual(play.tokens('acknowledged'), [])
  play.request({ rid: 1003 }, message('x'))
  assert.deepEqual(play.tokens('acknowledged'), [1])
})

test('B-126 a resend of what was presumed received ends the presumption for that session', () => {
  const play = openPlay()
  for (const rid of [1001, 1002, 1003]) play.request({ rid }, message('x'))
  play.request({ rid: 1001 }, '', 1)
  assert.equal(play.answersTo(1).length, 1)
  play.push(1)
  play.request({ rid: 1004 }, message('x'))
  play.request({ rid: 1005 }, message('x'))
  assert.deepEqual(play.tokens('acknowledged'), [])
  play.turn({ kind: 'end', condition: 'conflict' })
  assert.deepEqual(play.ended()?.unknown, [1])
})
