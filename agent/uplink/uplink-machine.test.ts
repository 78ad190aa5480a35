/** How a device keeps itself reachable, event by event. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChild, ns, textOf, xml } from '@fairlead/protocol/xmpp'
import { bindAlmost, logIn, openPlay, type Play, type Posted, pushed } from './for-tests.ts'

test('A1 mode OFF at power-on: nothing at all is sent', () => {
  const play = openPlay({}, false)
  play.happen({ kind: 'start' })
  play.pass(3_600_000)
  assert.deepEqual(play.effects, [{ kind: 'standing', standing: { state: 'off' } }])
})

test('A2 A4 the register process comes first, and the device is online when the relay holds a request', () => {
  const play = openPlay()
  play.happen({ kind: 'start' })
  assert.deepEqual(
    play.effects.map((effect) => effect.kind),
    ['register', 'standing'],
  )
  logIn(play)
  assert.deepEqual(play.standing(), { state: 'online' })
  assert.equal(play.open().length, 1)
})

test('A1 mode OFF: no more polls, and the session ends with that reason once what was pushed is answered', () => {
  const play = openPlay()
  play.goOnline()
  play.answer([pushed('r1')])
  assert.equal(play.count('push'), 1)
  play.happen({ kind: 'work', running: 1 })
  play.happen({ kind: 'switch', on: false })
  play.answer([pushed('r2')])
  assert.equal(play.count('push'), 2, 'what the held request still brought is answered as well')
  assert.equal(play.open().length, 0)
  play.pass(600_000)
  assert.equal(play.count('survive'), 0)
  play.happen({ kind: 'work', running: 0 })
  const last = play.open()[0]?.body
  assert.equal(last?.attributes.get('type'), 'terminate')
  const presence = last && findChild(last, 'presence', ns.client)
  const status = presence && findChild(presence, 'status', ns.client)
  assert.equal(status && textOf(status), 'mode-off')
  play.answer([], { type: 'terminate' })
  assert.deepEqual(play.standing(), { state: 'off' })
  play.pass(3_600_000)
  assert.equal(play.count('register'), 1)
})

test('A1 ON while the old session is still ending: registers and logs in at once', () => {
  const play = openPlay()
  play.goOnline()
  play.answer([pushed('r1')])
  play.happen({ kind: 'switch', on: false })
  play.happen({ kind: 'switch', on: true })
  assert.equal(play.count('register'), 2)
  logIn(play)
  assert.deepEqual(play.standing(), { state: 'online' })
})

/** The farewell among what was sent and is not answered. */
function farewellOf(play: Play): Posted | undefined {
  return play.open().find(({ body }) => body.attributes.get('type') === 'terminate')
}

test('A1 OFF before the next session stands: the farewell goes with the one before, which the relay may still know', () => {
  const waysToLeaveIt: Record<string, (play: Play) => void> = {
    'switched ON again, and registering'(play) {
      play.answer([pushed('r1')])
      play.happen({ kind: 'switch', on: false })
      play.happen({ kind: 'switch', on: true })
    },
    'switched ON again after the farewell, which was lost'(play) {
      play.happen({ kind: 'switch', on: false })
      play.happen({ kind: 'switch', on: true })
    },
    'logging in after a survival notification without an answer'(play) {
      play.pass(60_000)
      play.happen({ kind: 'call-failed', call: play.uplink.surviving ?? 0, trouble: { kind: 'cut' } })
    },
    'waiting after a log-in that failed'(play) {
      play.pass(60_000)
      play.happen({ kind: 'call-failed', call: play.uplink.surviving ?? 0, trouble: { kind: 'cut' } })
      play.fail()
      assert.equal(play.standing()?.state, 'offline')
    },
  }
  for (const [what, leaveIt] of Object.entries(waysToLeaveIt)) {
    const play = openPlay()
    play.goOnline()
    const held = play.open()[0]
    leaveIt(play)
    play.happen({ kind: 'work', running: 0 })
    play.happen({ kind: 'switch', on: false })
    const farewell = farewellOf(play)
    assert.equal(farewell?.body.attributes.get('sid'), 'sid-1', what)
    if (what.startsWith('logging in'))
      assert.deepEqual(play.open()[0]?.body, held?.body, 'and what the relay may have missed before it, once more')
    play.answer([], { type: 'terminate', condition: 'item-not-found' }, farewell)
    assert.deepEqual(play.standing(), { state: 'off' }, what)
    play.pass(3_600_000)
    assert.deepEqual(play.open(), [], what)
  }
})

test('A1 OFF while the next session is being bound: it may have taken over, so it is bound and says farewell', () => {
  const play = openPlay({ survivalMode: 'session' })
  play.goOnline()
  play.pass(60_000)
  bindAlmost(play)
  play.happen({ kind: 'switch', on: false })
  assert.equal(farewellOf(play), undefined)
  play.answer([xml('iq', ns.client, { type: 'result', id: 'bind' })])
  assert.equal(farewellOf(play)?.body.attributes.get('sid'), 'sid-2')
  assert.equal(play.open().length, 1, 'and no request to be held before it')
})

test('A1 OFF after the next session stood and ended: nothing is said to the one before', () => {
  const play = openPlay({ survivalMode: 'session' })
  play.goOnline()
  play.pass(60_000)
  logIn(play)
  play.answer([], { type: 'terminate', condition: 'item-not-found' })
  play.happen({ kind: 'switch', on: false })
  assert.deepEqual([play.standing(), play.open()], [{ state: 'off' }, []])
})

test('A5 the timer runs out after a minute without a push, and empty answers do not restart it', () => {
  const play = openPlay()
  play.goOnline()
  for (let round = 0; round < 2; round++) {
    play.pass(29_000)
    play.answer()
    play.sent()
  }
  play.pass(1999)
  assert.equal(play.count('survive'), 0)
  play.pass(1)
  assert.equal(play.count('survive'), 1)
})

test('A5 a push restarts the timer', () => {
  const play = openPlay()
  play.goOnline()
  play.pass(29_000)
  play.answer([pushed('r1')])
  play.sent()
  play.pass(59_000)
  assert.equal(play.count('survive'), 0)
  play.pass(1000)
  assert.equal(play.count('survive'), 1)
})

test('A5 recognised: a new connection takes the place of the old one, with the same request', () => {
  const play = openPlay()
  play.goOnline()
  const before = play.open()[0]
  play.pass(60_000)
  play.happen({ kind: 'survived', call: play.uplink.surviving ?? 0, recognized: true })
  const after = play.open()
  assert.equal(after.length, 1)
  assert.notEqual(after[0]?.exchange, before?.exchange)
  assert.deepEqual(after[0]?.body, before?.body)
})

test('A5 not recognised, or no answer: a new session', () => {
  for (const answer of ['no', 'silence'] as const) {
    const play = openPlay()
    play.goOnline()
    play.pass(60_000)
    const call = play.uplink.surviving ?? 0
    if (answer === 'no') play.happen({ kind: 'survived', call, recognized: false })
    else play.happen({ kind: 'call-failed', call, trouble: { kind: 'timeout', seconds: 10 } })
    assert.equal(play.open()[0]?.body.attributes.get('sid'), undefined, 'a creation request')
    logIn(play)
    assert.deepEqual(play.standing(), { state: 'online' })
    assert.equal(play.count('register'), 1)
  }
})

test('A5 a device has its own timer: its setting wins, and 0 is off', () => {
  const own = openPlay({ survivalTimeoutSeconds: 5 })
  own.goOnline()
  own.pass(5000)
  assert.equal(own.count('survive'), 1)
  const off = openPlay({ survivalTimeoutSeconds: 0 })
  off.goOnline()
  off.pass(20_000)
  assert.equal(off.count('survive'), 0)
})

test('A5 the variants: only the connection, a new session, nothing', () => {
  const connection = openPlay({ survivalMode: 'connection' })
  connection.goOnline()
  const before = connection.open()[0]
  connection.pass(60_000)
  assert.deepEqual(connection.open()[0]?.body, before?.body)
  assert.notEqual(connection.open()[0]?.exchange, before?.exchange)

  const session = openPlay({ survivalMode: 'session' })
  session.goOnline()
  session.pass(60_000)
  assert.equal(session.uplink.sessionNumber, 2)

  const nothing = openPlay({ survivalMode: 'nothing' })
  nothing.goOnline()
  const held = nothing.open()[0]
  nothing.pass(600_000)
  assert.deepEqual(nothing.open(), [held])
  for (const play of [connection, session, nothing]) assert.equal(play.count('survive'), 0)
})

test('see-other-uri is followed to the https address of the same host only', () => {
  const uri = (address: string) => xml('uri', ns.body, {}, address)
  const addresses = {
    'https://relay.test/http-bind': 'https://relay.test',
    'https://relay.test:8443/': 'https://relay.test:8443',
    // Behind a proxy a relay may live below a path.
    'https://relay.test/print/relay/http-bind': 'https://relay.test/print/relay',
  }
  for (const [said, moved] of Object.entries(addresses)) {
    const play = openPlay()
    play.goOnline()
    play.answer([uri(said)], { type: 'terminate', condition: 'see-other-uri' })
    assert.deepEqual(
      play.effects.filter((effect) => effect.kind === 'relay-moved'),
      [{ kind: 'relay-moved', uri: moved }],
    )
  }
  for (const address of ['https://evil.example/', 'http://relay.test/', 'not an address']) {
    const other = openPlay()
    other.goOnline()
    other.answer([uri(address)], { type: 'terminate', condition: 'see-other-uri' })
    assert.equal(other.count('relay-moved'), 0)
    assert.equal(other.standing()?.state, 'offline')
  }
})

test('field note 1: two holds that die at the same age teach a shorter hold, in this session and the next', () => {
  const play = openPlay()
  play.goOnline()
  for (let cut = 0; cut < 2; cut++) {
    play.pass(20_000)
    play.fail()
    play.sent()
    assert.deepEqual(play.standing(), { state: 'online' }, 'a cut hold is repeated at once and is no outage')
  }
  assert.deepEqual(
    play.effects.find((effect) => effect.kind === 'learned'),
    {
      kind: 'learned',
      waitSeconds: 16,
      cutAfterSeconds: 20,
      silent: false,
    },
  )
  play.pass(16_000)
  assert.equal(play.open().length, 2, 'a new request before the cut')
  play.answer([], { type: 'terminate', condition: 'item-not-found' })
  play.pass(1000)
  const call = play.uplink.registering ?? 0
  play.happen({ kind: 'registered', call, jid: 'lobby@relay.test', survivalTimeoutSeconds: 60 })
  assert.equal(play.open()[0]?.body.attributes.get('wait'), '16')
})

test('one early death, or two at different ages, teach nothing', () => {
  const play = openPlay()
  play.goOnline()
  for (const ageMs of [20_000, 9000, 25_000]) {
    play.pass(ageMs)
    play.fail()
    play.sent()
  }
  assert.equal(play.count('learned'), 0)
})

test('a broken connection is told as that when repeating has not mended it within a second', () => {
  const play = openPlay()
  play.goOnline()
  play.pass(1000)
  play.fail()
  assert.equal(play.standing()?.state, 'online')
  for (let round = 0; round < 6; round++) {
    assert.equal(play.standing()?.state, round < 4 ? 'online' : 'connecting', `failure ${round}`)
    play.fail()
    play.pass([250, 500, 1000, 2000, 4000, 5000][round] ?? 0)
  }
  play.sent()
  assert.equal(play.standing()?.state, 'connecting', 'what leaves here may be lost again')
  play.answer()
  assert.equal(play.standing()?.state, 'online')
})

test('SIGTERM waits for what was pushed, but not longer than 10 s', () => {
  const play = openPlay()
  play.goOnline()
  play.answer([pushed('r1')])
  play.happen({ kind: 'stop' })
  play.pass(9999)
  assert.equal(play.open()[0]?.body.attributes.get('type'), undefined)
  play.pass(1)
  const farewell = play.open().find((posted) => posted.body.attributes.get('type') === 'terminate')
  assert.ok(farewell)
  play.answer([], { type: 'terminate' }, farewell)
  assert.equal(play.effects.at(-1)?.kind, 'stopped')
})

test('a stop while nothing stands is done at once', () => {
  const play = openPlay()
  play.happen({ kind: 'start' })
  play.happen({ kind: 'stop' })
  assert.equal(play.count('stopped'), 1)
})

test('a ping is answered in the session, and anything unknown with service-unavailable', () => {
  const play = openPlay()
  play.goOnline()
  const ping = xml('iq', ns.client, { type: 'get', id: 'p', from: 'relay.test' }, xml('ping', ns.ping))
  const other = xml('iq', ns.client, { type: 'set', id: 'o' }, xml('thing', 'urn:thing'))
  play.answer([ping, other, xml('message', ns.client)])
  const replies = play.open()[0]?.body.children ?? []
  assert.deepEqual(
    replies.map((reply) => typeof reply !== 'string' && [reply.attributes.get('type'), reply.attributes.get('id')]),
    [
      ['result', 'p'],
      ['error', 'o'],
    ],
  )
})

test('a request that claims to come from somebody else is no push', () => {
  const play = openPlay()
  play.goOnline()
  const forged = pushed('r1')
  const from = new Map([...forged.attributes, ['from', 'somebody@relay.test']])
  play.answer([{ ...forged, attributes: from }])
  assert.equal(play.count('push'), 0)
})
