/** A4 on the device's side: it is online when the relay has shown that it holds a request, and not when one has left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChild, isElement, ns } from '@fairlead/protocol/xmpp'
import { bind, openPlay, type Play, type Posted, prove, pushed } from './for-tests.ts'

const ridOf = (posted: Posted | undefined) => Number(posted?.body.attributes.get('rid'))
const isEmpty = (posted: Posted | undefined) => posted?.body.children.length === 0

/** Bound, and both the first poll and the proof have left. */
function openProof(): { play: Play; first: Posted; second: Posted } {
  const play = openPlay()
  play.happen({ kind: 'start' })
  bind(play)
  play.sent()
  const [first, second] = play.open()
  assert.ok(first && second)
  play.sent(second)
  return { play, first, second }
}

/** Online, and then cut off until it says so; the request that it repeats has not left yet. */
function openOutage(ageMs = 1000): Play {
  const play = openPlay()
  play.goOnline()
  play.pass(ageMs)
  for (let failure = 0; play.standing()?.state === 'online'; failure++) {
    assert.ok(failure < 10, 'it never says that it is cut off')
    play.fail()
    play.pass(5000)
  }
  assert.equal(play.open().length, 1, 'no proof is asked for on a way that takes nothing')
  return play
}

test('A4 a second request follows the first once that has left, and its effect on the first is the proof', () => {
  const play = openPlay()
  play.happen({ kind: 'start' })
  bind(play)
  const [first, ...others] = play.open()
  assert.ok(isEmpty(first))
  assert.deepEqual(others, [])
  play.sent(first)
  const [, second] = play.open()
  assert.equal(ridOf(second), ridOf(first) + 1)
  const iq = second && findChild(second.body, 'iq', ns.client)
  assert.ok(iq && findChild(iq, 'ping', ns.ping), 'not empty: two empty ones in a row may count as polling too fast')
  play.sent(second)
  play.pass(10_000)
  assert.equal(play.open().length, 2)
  assert.equal(play.standing()?.state, 'connecting')
  play.answer([], {}, first)
  assert.deepEqual(play.standing(), { state: 'online' })
  assert.deepEqual(play.open(), [second])
})

test('A4 a proof that overtakes the first request is one as well', () => {
  const { play, first, second } = openProof()
  play.answer([], {}, second)
  assert.deepEqual(play.standing(), { state: 'online' })
  play.answer([], {}, first)
  assert.equal(play.open().length, 1)
})

test('A4 a push on the first request is a proof, and is told of after it', () => {
  const { play, first } = openProof()
  play.answer([pushed('r1')], {}, first)
  assert.deepEqual(
    play.effects.slice(-3).flatMap((effect) => (effect.kind === 'wake' ? [] : [effect.kind])),
    ['standing', 'push'],
  )
  assert.deepEqual(play.standing(), { state: 'online' })
})

test('A4 a first request that is lost is repeated before anything is told', () => {
  const { play, first } = openProof()
  play.fail({ kind: 'cut' }, first)
  assert.deepEqual(play.open().map(ridOf).sort(), [ridOf(first), ridOf(first) + 1])
  assert.equal(play.standing()?.state, 'connecting')
})

test('A4 no pause is left over from the quick answer to the first request', () => {
  const { play, first, second } = openProof()
  play.answer([], {}, first)
  play.answer([pushed('r1')], {}, second)
  const [next, ...others] = play.open()
  assert.ok(isEmpty(next) && ridOf(next) === ridOf(second) + 1)
  assert.deepEqual(others, [])
})

test('A4 a relay that takes one request at a time is not asked for a proof', () => {
  const play = openPlay()
  play.happen({ kind: 'start' })
  bind(play, { requests: '1' })
  assert.equal(play.standing()?.state, 'connecting')
  play.sent()
  assert.equal(play.open().length, 1)
  assert.deepEqual(play.standing(), { state: 'online' })
})

test('A4 after an outage there is a proof again, with two requests at most', () => {
  const play = openOutage()
  play.sent()
  assert.equal(play.standing()?.state, 'connecting')
  assert.equal(play.open().length, 2)
  play.fail()
  play.fail()
  play.pass(10_000)
  assert.equal(play.open().length, 2)
  assert.equal(play.standing()?.state, 'connecting')
  play.answer()
  assert.deepEqual(play.standing(), { state: 'online' })
  assert.equal(play.open().length, 1)
})

test('A1 mode OFF in the middle of the proof: the session ends with its reason, whichever request that is told on', () => {
  for (const order of ['terminate first', 'terminate last', 'terminate only']) {
    const { play, first, second } = openProof()
    play.happen({ kind: 'switch', on: false })
    const farewell = play.open().at(-1)
    assert.equal(farewell?.body.attributes.get('type'), 'terminate')
    assert.ok(farewell.body.children.filter(isElement).some(({ name }) => name === 'presence'))
    if (order === 'terminate first') play.answer([], { type: 'terminate' }, first)
    else if (order === 'terminate only') play.answer([], { type: 'terminate' }, farewell)
    else {
      play.answer([], {}, first)
      play.answer([], {}, second)
      assert.equal(play.standing()?.state, 'connecting', order)
      play.answer([], { type: 'terminate' }, farewell)
    }
    assert.deepEqual(play.standing(), { state: 'off' }, order)
    assert.equal(play.open().length, 0, order)
    play.pass(600_000)
    assert.equal(play.open().length, 0, order)
  }
})

test('a stop in the middle of a proof that never comes is done within seconds', () => {
  const { play } = openProof()
  play.happen({ kind: 'stop' })
  assert.equal(play.count('stopped'), 0)
  play.pass(3000)
  assert.equal(play.count('stopped'), 1)
  assert.equal(play.open().length, 0)
})

test('A5 recognised in the middle of a proof: the newest request, which is the one to be held, gets the new connection', () => {
  const play = openOutage()
  play.sent()
  const [first, second] = play.open()
  play.sent(second)
  while (play.uplink.surviving === undefined) play.pass(1000)
  play.happen({ kind: 'survived', call: play.uplink.surviving, recognized: true })
  const after = play.open()
  assert.deepEqual(after.map(ridOf), [ridOf(first), ridOf(second)])
  assert.equal(after[0]?.exchange, first?.exchange)
  assert.notEqual(after[1]?.exchange, second?.exchange)
})

test('field note 1: a quick answer to the first request does not hide that holds are cut', () => {
  const play = openOutage(20_000)
  prove(play)
  assert.deepEqual(play.standing(), { state: 'online' })
  play.pass(20_000)
  play.fail()
  assert.equal(play.count('learned'), 1)
})

test('field note 1: one accident that takes both requests is one cut and no rule', () => {
  const { play, first, second } = openProof()
  play.pass(20_000)
  play.fail({ kind: 'cut' }, first)
  play.fail({ kind: 'cut' }, second)
  assert.equal(play.count('learned'), 0)
})
