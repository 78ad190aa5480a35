/** The device's side of a BOSH session: order, loss, repetition, and random lives of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { isElement, ns, renderXml, xml } from '@fairlead/protocol/xmpp'
import { logIn, openPlay, type Play, type Posted, pushed } from './for-tests.ts'

const pushes = (play: Play) => play.effects.flatMap((effect) => (effect.kind === 'push' ? [effect.requestId] : []))
const ridOf = (posted: { body: { attributes: ReadonlyMap<string, string> } } | undefined) =>
  Number(posted?.body.attributes.get('rid'))

test('every request carries the next rid, and the sid from the second on', () => {
  const play = openPlay()
  play.goOnline()
  const posted = play.effects.flatMap((effect) =>
    effect.kind === 'session' && effect.effect.kind === 'post' ? [effect.effect] : [],
  )
  const first = ridOf(posted[0])
  assert.deepEqual(
    posted.map(ridOf),
    posted.map((_, at) => first + at),
  )
  assert.deepEqual(
    posted.map(({ body }) => body.attributes.get('sid')),
    [undefined, ...posted.slice(1).map(() => 'sid-1')],
  )
})

test('a request without an answer is repeated byte for byte, and what its answer held comes once', () => {
  const play = openPlay()
  play.goOnline()
  const lost = play.open()[0]
  play.pass(1000)
  play.fail()
  const repeated = play.open()[0]
  assert.equal(repeated && renderXml(repeated.body), lost && renderXml(lost.body))
  play.answer([pushed('r1')])
  assert.deepEqual(pushes(play), ['r1'])
})

test('answers are taken in the order of their requests (§14.2)', () => {
  const play = openPlay()
  play.goOnline()
  play.happen({ kind: 'session', session: 1, event: { kind: 'say', stanza: xml('presence', ns.client) } })
  const [first, second] = play.open()
  play.answer([pushed('late')], {}, second)
  assert.deepEqual(pushes(play), [])
  play.answer([pushed('early')], {}, first)
  assert.deepEqual(pushes(play), ['early', 'late'])
})

test('an answer that is overtaken and does not come is asked for again', () => {
  const play = openPlay()
  play.goOnline()
  play.happen({ kind: 'session', session: 1, event: { kind: 'say', stanza: xml('presence', ns.client) } })
  const [first, second] = play.open()
  play.answer([pushed('r2')], {}, second)
  play.pass(3000)
  const repeated = play.open()[0]
  assert.equal(ridOf(repeated), ridOf(first))
  assert.notEqual(repeated?.exchange, first?.exchange)
  play.answer([pushed('r1')], {}, repeated)
  assert.deepEqual(pushes(play), ['r1', 'r2'])
})

test('one that is slow in coming is given more time with each copy: a relay may hold back that it knows no such session', () => {
  const play = openPlay()
  play.goOnline()
  play.happen({ kind: 'session', session: 1, event: { kind: 'say', stanza: xml('presence', ns.client) } })
  const [first, second] = play.open()
  play.answer([], {}, second)
  const copy = () => play.open().find((posted) => ridOf(posted) === ridOf(first))?.exchange
  play.pass(3000)
  const repeated = copy()
  assert.notEqual(repeated, first?.exchange)
  // The relay takes five seconds for it (S-A2).
  play.pass(5900)
  assert.equal(copy(), repeated)
  play.pass(200)
  const third = copy()
  assert.notEqual(third, repeated)
  play.pass(11_700)
  assert.equal(copy(), third)
})

test('§17.3 a recoverable error asks for the same request again', () => {
  const play = openPlay()
  play.goOnline()
  const before = play.open()[0]
  play.answer([], { type: 'error' })
  assert.equal(ridOf(play.open()[0]), ridOf(before))
})

test('§11 a relay that answers at once with nothing is not polled without end', () => {
  const play = openPlay()
  play.goOnline()
  // The one that carried the proof is no poll; the one after it is.
  play.answer()
  play.answer()
  assert.equal(play.open().length, 0)
  play.pass(1999)
  assert.equal(play.open().length, 0)
  play.pass(1)
  assert.equal(play.open().length, 1)
})

test('a relay that is silent for longer than the inactivity ends the session', () => {
  const play = openPlay()
  play.goOnline()
  const startMs = play.now()
  while (play.uplink.session && play.now() - startMs < 300_000) {
    if (play.open().length > 0) play.fail()
    play.pass(500)
  }
  assert.ok(play.now() - startMs > 60_000)
  assert.ok(play.effects.some((effect) => effect.kind === 'standing' && effect.standing.state === 'offline'))
})

test('a relay that offers no SCRAM, or cannot prove itself, is not trusted', () => {
  const plain = openPlay()
  plain.happen({ kind: 'start' })
  const call = plain.uplink.registering ?? 0
  plain.happen({ kind: 'registered', call, jid: 'lobby@relay.test', survivalTimeoutSeconds: 60 })
  const mechanism = xml('mechanism', ns.sasl, {}, 'PLAIN')
  plain.answer([xml('features', ns.stream, {}, xml('mechanisms', ns.sasl, {}, mechanism))], { sid: 's' })
  const standing = plain.standing()
  assert.ok(standing?.state === 'offline' && standing.condition === 'no-scram-offered')
  assert.equal(plain.open().length, 0)
})

test('a request beside a held one says something: two empty ones that arrive together would look like polling too fast', () => {
  const play = openPlay()
  play.goOnline()
  // As it is learned from cuts in the middle of a session.
  if (play.uplink.session) play.uplink.session.renewAfterMs = 4000
  play.happen({ kind: 'time' })
  play.pass(10_000)
  const [, beside] = play.open()
  assert.deepEqual(
    beside?.body.children.filter(isElement).map(({ name }) => name),
    ['iq'],
  )
})

test('a thousand random lives: rids without gaps, few requests at once, no endless waking, and always a way back', () => {
  for (let seed = 1; seed <= 1000; seed++) liveRandomly(seed)
})

function liveRandomly(seed: number): void {
  const chance = createSeededRandom(seed)
  const play = openPlay()
  play.goOnline()
  for (let step = 0; step < 40; step++) {
    randomStep(play, chance.fraction, step)
    if (play.uplink.phase === 'registering') logIn(play)
    const inSession = play.open().filter((posted) => posted.body.attributes.has('sid'))
    const polls = inSession.filter((posted) => posted.body.attributes.get('type') !== 'terminate')
    // B-141: a request to terminate may come on top.
    assert.ok(inSession.length <= 3 && polls.length <= 2, `seed ${seed}: ${inSession.length} requests at once`)
    const outstanding = play.uplink.session?.outstanding.map(({ rid }) => rid) ?? []
    assert.deepEqual(
      outstanding,
      outstanding.map((_, at) => (outstanding[0] ?? 0) + at),
      `seed ${seed}`,
    )
  }
  if (!play.uplink.on) play.happen({ kind: 'switch', on: true })
  for (let round = 0; round < 100 && play.standing()?.state !== 'online'; round++) {
    if (play.uplink.phase === 'registering') logIn(play)
    else if (play.open().length > 0) play.fail()
    play.pass(60_000)
  }
  assert.equal(play.standing()?.state, 'online', `seed ${seed}`)
}

function randomStep(play: Play, fraction: () => number, step: number): void {
  const open = play.open()
  const which = open[Math.floor(fraction() * open.length)]
  const dice = fraction()
  if (dice < 0.3) play.pass(Math.floor(fraction() ** 3 * 90_000))
  else if (dice < 0.35) play.happen({ kind: 'switch', on: fraction() < 0.7 })
  else if (dice < 0.4) play.happen({ kind: 'work', running: 0 })
  else if (dice < 0.45) surviveRandomly(play, fraction)
  else if (!which) return
  else if (dice < 0.65) play.answer(fraction() < 0.5 ? [pushed(`r${step}`)] : [], {}, which)
  else if (dice < 0.7) play.answer([], { type: 'error' }, which)
  else if (dice < 0.73) play.answer([], { type: 'terminate', condition: 'item-not-found' }, which)
  else if (dice < 0.88) play.fail({ kind: 'cut' }, which)
  else leaveRandomly(play, which)
}

/** A4: what has left this machine says nothing of the relay. */
function leaveRandomly(play: Play, which: Posted): void {
  const before = play.standing()
  play.sent(which)
  assert.deepEqual(play.standing(), before)
}

function surviveRandomly(play: Play, fraction: () => number): void {
  const call = play.uplink.surviving
  if (call !== undefined) play.happen({ kind: 'survived', call, recognized: fraction() < 0.6 })
}
