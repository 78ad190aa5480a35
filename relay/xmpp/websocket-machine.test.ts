/** The WebSocket machine, fed by hand: rows W-002, W-005, W-006, A6, A10, B-065, S-D4. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WebSocketEvent } from './websocket-state.ts'
import {
  answer,
  bound,
  endOf,
  farewell,
  header,
  kindsOf,
  machine,
  managed,
  opening,
  push,
  writtenBy,
} from './websocket-trial.ts'

test('W-002 the stream begins with <open/>: anything else is refused on a stream opened for that', () => {
  const run = machine()
  const effects = run.take(answer)
  const texts = writtenBy(effects)
  assert.match(texts[0] ?? '', /^<open /)
  assert.match(texts[1] ?? '', /bad-format/)
  assert.match(texts[2] ?? '', /^<close /)
  assert.equal(endOf(effects)?.end, 'terminated')
})

test('W-002 a binary message closes the socket with 1003', () => {
  const run = bound()
  const effects = run.take({ kind: 'binary' })
  assert.deepEqual(effects[0], { kind: 'close', code: 1003 })
  assert.equal(endOf(effects)?.end, 'terminated')
})

test('W-005 a <close/> is answered by one, then the socket is closed with 1000', () => {
  const run = bound()
  const effects = run.take(farewell)
  assert.match(writtenBy(effects)[0] ?? '', /^<close /)
  assert.ok(effects.some((effect) => effect.kind === 'close' && effect.code === 1000))
  assert.equal(endOf(effects)?.end, 'terminated')
})

test('W-005 after our <close/> we wait for the other one, but not for long', () => {
  const patient = bound()
  const effects = patient.take({ kind: 'end', condition: 'conflict', text: 'Replaced.' })
  assert.match(writtenBy(effects)[0] ?? '', /conflict.*Replaced/)
  assert.match(writtenBy(effects)[1] ?? '', /^<close /)
  assert.equal(endOf(effects)?.end, 'ended-by-us')
  assert.deepEqual(patient.take(answer), [], 'what comes after is not read')
  assert.deepEqual(patient.take(farewell), [{ kind: 'close', code: 1000 }])

  const alone = bound()
  alone.take({ kind: 'end', condition: 'conflict', text: undefined })
  assert.deepEqual(alone.pass(5000), [{ kind: 'close', code: 1000 }])
})

test('W-005 a redirect says where to go', () => {
  const run = bound()
  const effects = run.take({ kind: 'redirect', uri: 'wss://other.example/xmpp-websocket' })
  assert.match(writtenBy(effects)[0] ?? '', /^<close [^>]*see-other-uri='wss:\/\/other.example\/xmpp-websocket'/)
})

test('W-006 a silent socket is pinged after 25 s, and 10 s later it is dead', () => {
  const run = bound()
  assert.deepEqual(run.pass(24_999), [])
  assert.deepEqual(kindsOf(run.pass(1)), ['ping'])
  assert.deepEqual(run.pass(9999), [])
  const effects = run.pass(1)
  assert.deepEqual(kindsOf(effects), ['drop', 'ended'])
  assert.equal(endOf(effects)?.end, 'inactivity')
})

test('W-006 a device that says nothing but answers pings stays', () => {
  const run = bound()
  for (let hour = 0; hour < 200; hour++) {
    assert.deepEqual(kindsOf(run.pass(25_000)), ['ping'])
    assert.deepEqual(kindsOf(run.take({ kind: 'sign-of-life' })), ['alive'])
  }
})

test('W-006 a ping of the client counts as activity', () => {
  const run = bound()
  run.pass(20_000)
  assert.deepEqual(kindsOf(run.take({ kind: 'sign-of-life' })), ['alive'])
  assert.deepEqual(run.pass(24_999), [])
  assert.deepEqual(kindsOf(run.pass(1)), ['ping'])
})

test('W-006 any frame answers a ping', () => {
  const run = bound()
  run.pass(25_000)
  run.take(answer)
  assert.deepEqual(run.pass(24_999), [])
})

test('A10 an unanswered ping is silence, not the end, while a push may still be answered', () => {
  const run = bound()
  run.take(push(1))
  run.take({ kind: 'keep-until', atMs: 300_000 })
  assert.deepEqual(kindsOf(run.pass(299_999)), ['ping'])
  assert.equal(endOf(run.pass(1))?.end, 'inactivity')

  const back = bound()
  back.take({ kind: 'keep-until', atMs: 300_000 })
  back.pass(200_000)
  back.take(answer)
  assert.deepEqual(kindsOf(back.pass(25_000)), ['ping'])
})

test('A6 every frame and pong after the log-in is a sign of life, none before it', () => {
  const run = machine()
  assert.ok(!kindsOf(run.take(opening)).includes('alive'))
  assert.ok(!kindsOf(run.take({ kind: 'sign-of-life' })).includes('alive'))
  run.take({ kind: 'header', header })
  assert.deepEqual(kindsOf(run.take({ kind: 'bound', resumable: true })), ['waiting'])
  assert.ok(kindsOf(run.take(answer)).includes('alive'))
})

test('B-065 whoever does not log in within 30 s has to go', () => {
  const run = machine()
  run.take(opening)
  run.take({ kind: 'header', header })
  run.pass(25_000)
  run.take({ kind: 'sign-of-life' })
  const effects = run.pass(5000)
  assert.match(writtenBy(effects)[0] ?? '', /connection-timeout/)
  assert.equal(endOf(effects)?.end, 'terminated')
})

test('S-D4 a device that says more than fifty things a second for long has to go', () => {
  const run = bound()
  for (let frame = 0; frame < 199; frame++) run.take(answer)
  assert.equal(endOf(run.all), undefined)
  run.take(answer)
  assert.match(writtenBy(run.all).at(-2) ?? '', /policy-violation/)

  const steady = bound()
  for (let frame = 0; frame < 2000; frame++) {
    steady.take(answer)
    steady.pass(20)
  }
  assert.equal(endOf(steady.all), undefined)
})

test('S-D4 who says no more than it is asked for stays, however fast it is asked', () => {
  const run = bound()
  for (let token = 1; token <= 500; token++) {
    run.take(push(token))
    run.take(answer)
  }
  assert.equal(endOf(run.all), undefined)
  for (let frame = 0; frame < 200; frame++) run.take(answer)
  assert.match(writtenBy(run.all).at(-2) ?? '', /policy-violation/, 'but nothing is saved up')
})

test('without stream management a token is written, and at the end its fate is unknown', () => {
  const run = bound()
  assert.deepEqual(kindsOf(run.take(push(1))), ['write', 'written'])
  run.take(answer)
  assert.deepEqual(run.take({ kind: 'lost' }), [{ kind: 'ended', end: 'connection-closed', unsent: [], unknown: [1] }])
})

test('a push that finds the socket gone was not sent', () => {
  const run = bound()
  const effects = run.take({ ...push(1), isGone: true } as WebSocketEvent)
  assert.deepEqual(effects, [{ kind: 'ended', end: 'connection-closed', unsent: [1], unknown: [] }])

  const kept = managed()
  kept.take({ ...push(1), isGone: true } as WebSocketEvent)
  assert.deepEqual(endOf(kept.pass(60_000)), { kind: 'ended', end: 'connection-closed', unsent: [1], unknown: [] })

  const withoutResumption = managed({})
  withoutResumption.take(push(1))
  assert.deepEqual(withoutResumption.take({ ...push(2), isGone: true } as WebSocketEvent), [
    { kind: 'ended', end: 'connection-closed', unsent: [2], unknown: [1] },
  ])
})

test('a session that breaks the WebSocket protocol is not one to come back to', () => {
  assert.equal(endOf(managed().take({ kind: 'broken' }))?.end, 'connection-closed')
})
