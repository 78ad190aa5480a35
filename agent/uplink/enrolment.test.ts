/** B1 to B6 at the device: it comes with its code, waits to be claimed, and has a secret of its own from then on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { logIn, openPlay, type Play } from './for-tests.ts'
import type { UplinkEffect, UplinkEvent } from './uplink-state.ts'

type Outcome = { kind: 'enrolled' } | { kind: 'unclaimed' } | { kind: 'call-failed'; status: number; code?: string }

function openUnclaimed(hasSecret = false): Play {
  return openPlay({}, true, { hasSecret, hasCode: true })
}

const enrolments = ({ effects }: Play) =>
  effects.filter((effect): effect is Extract<UplinkEffect, { kind: 'enrol' }> => effect.kind === 'enrol')

function answer(play: Play, outcome: Outcome): void {
  const call = enrolments(play).at(-1)?.call ?? assert.fail('nothing was asked')
  const event: UplinkEvent =
    outcome.kind === 'call-failed'
      ? {
          ...{ kind: 'call-failed', call },
          trouble: { kind: 'status', status: outcome.status, code: outcome.code, retryAfterSeconds: undefined },
        }
      : { kind: outcome.kind, call }
  play.happen(event)
}

test('B1 without a secret it asks how it stands, then waits for its claim in held requests, one after the other', () => {
  const play = openUnclaimed()
  play.happen({ kind: 'start' })
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'starting' })
  answer(play, { kind: 'unclaimed' })
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unclaimed' })
  for (let held = 0; held < 3; held++) {
    play.pass(30_000)
    answer(play, { kind: 'unclaimed' })
  }
  assert.deepEqual(
    enrolments(play).map(({ waitSeconds }) => waitSeconds),
    [0, 30, 30, 30, 30],
  )
  assert.equal(play.count('register'), 0)
})

test('B6 claimed, it registers and logs in', () => {
  const play = openUnclaimed()
  play.happen({ kind: 'start' })
  answer(play, { kind: 'unclaimed' })
  answer(play, { kind: 'enrolled' })
  assert.equal(play.count('register'), 1)
  logIn(play)
  assert.deepEqual(play.standing(), { state: 'online' })
})

test('a relay that does not hold it is not asked without a pause', () => {
  const play = openUnclaimed()
  play.happen({ kind: 'start' })
  answer(play, { kind: 'unclaimed' })
  answer(play, { kind: 'unclaimed' })
  assert.equal(enrolments(play).length, 2)
  play.pass(4_999)
  assert.equal(enrolments(play).length, 2)
  play.pass(1)
  assert.equal(enrolments(play).length, 3)
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unclaimed' })
})

test('a code that was used before is said to be, and asked for again, slowly', () => {
  const play = openUnclaimed()
  play.happen({ kind: 'start' })
  answer(play, { kind: 'call-failed', status: 404, code: 'no-match' })
  const standing = play.standing()
  assert.ok(standing?.state === 'offline' && standing.reason === 'code-used' && standing.retryInMs >= 10_000)
  play.pass(standing.retryInMs)
  assert.equal(enrolments(play).at(-1)?.waitSeconds, 0)
})

test('its owner gives it away: the secret is forgotten, and it waits to be claimed anew', () => {
  const play = openUnclaimed(true)
  play.goOnline()
  play.answer([], { type: 'terminate', condition: 'policy-violation' })
  play.pass(60_000)
  const register = play.effects.filter(({ kind }) => kind === 'register').at(-1)
  assert.ok(register?.kind === 'register')
  const refused = { kind: 'status', status: 401, code: 'unauthorized', retryAfterSeconds: undefined } as const
  play.happen({ kind: 'call-failed', call: register.call, trouble: refused })
  answer(play, { kind: 'unclaimed' })
  assert.equal(play.count('forget-secret'), 1)
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unclaimed' })
  answer(play, { kind: 'enrolled' })
  logIn(play)
  assert.deepEqual(play.standing(), { state: 'online' })
})

test('its owner has changed the secret and not given it away: it keeps what it has, and tries again slowly', () => {
  const play = openUnclaimed(true)
  play.happen({ kind: 'start' })
  const refused = { kind: 'status', status: 401, code: 'unauthorized', retryAfterSeconds: undefined } as const
  for (const attempt of [1, 2]) {
    const register = play.effects.filter(({ kind }) => kind === 'register').at(-1)
    assert.ok(register?.kind === 'register')
    play.happen({ kind: 'call-failed', call: register.call, trouble: refused })
    answer(play, { kind: 'call-failed', status: 404, code: 'no-match' })
    const standing = play.standing()
    assert.ok(standing?.state === 'offline' && standing.reason === 'unauthorized' && standing.retryInMs >= 10_000)
    play.pass(standing.retryInMs)
    assert.equal(play.count('register'), attempt + 1)
  }
  assert.equal(play.count('forget-secret'), 0)
})

test('A1 mode OFF while it waits: nothing is asked any more, and ON it waits on', () => {
  const play = openUnclaimed()
  play.happen({ kind: 'start' })
  answer(play, { kind: 'unclaimed' })
  play.happen({ kind: 'switch', on: false })
  assert.deepEqual(play.standing(), { state: 'off' })
  answer(play, { kind: 'unclaimed' })
  play.pass(600_000)
  assert.equal(enrolments(play).length, 2)
  play.happen({ kind: 'switch', on: true })
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unclaimed' })
  assert.equal(enrolments(play).at(-1)?.waitSeconds, 30)
})

const openUnpaired = (hasSecret = false) => openPlay({}, true, { hasSecret, hasCode: false })

test('C6 without secret and code it waits to be paired, comes with the code that it was handed, and logs in', () => {
  const play = openUnpaired()
  play.happen({ kind: 'start' })
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unpaired' })
  assert.equal(enrolments(play).length, 0)
  play.happen({ kind: 'handed', code: 'one-time' })
  assert.deepEqual([enrolments(play).at(-1)?.code, enrolments(play).at(-1)?.waitSeconds], ['one-time', 0])
  answer(play, { kind: 'enrolled' })
  logIn(play)
  assert.deepEqual(play.standing(), { state: 'online' })
})

test('a code that the relay does not take is told, and the next may come; one that did not arrive is brought again', () => {
  const play = openUnpaired()
  play.happen({ kind: 'start' })
  play.happen({ kind: 'handed', code: 'old' })
  answer(play, { kind: 'call-failed', status: 404, code: 'no-match' })
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'link-refused' })
  play.happen({ kind: 'handed', code: 'new' })
  answer(play, { kind: 'call-failed', status: 503 })
  const standing = play.standing()
  assert.ok(standing?.state === 'offline')
  play.pass(standing.retryInMs)
  assert.equal(enrolments(play).at(-1)?.code, 'new')
})

test('a code from anybody changes nothing for a device that has a secret, or whose mode is OFF', () => {
  const owned = openUnpaired(true)
  owned.goOnline()
  owned.happen({ kind: 'handed', code: 'stolen' })
  const off = openUnpaired()
  off.happen({ kind: 'start' })
  off.happen({ kind: 'switch', on: false })
  off.happen({ kind: 'handed', code: 'stolen' })
  for (const play of [owned, off]) assert.equal(enrolments(play).length, 0)
})

test('a paired device whose secret is refused is paired anew when somebody wants that at the device', () => {
  const play = openUnpaired(true)
  play.goOnline()
  play.happen({ kind: 'forget' })
  assert.equal(play.count('forget-secret'), 1)
  assert.deepEqual(play.standing(), { state: 'connecting', reason: 'unpaired' })
})
