/** How long a device stays away after what went wrong, and when its pauses start over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns, xml } from '@fairlead/protocol/xmpp'
import { logIn, openPlay } from './for-tests.ts'

test('a wrong secret is tried again slowly, ever more slowly', () => {
  const play = openPlay()
  play.happen({ kind: 'start' })
  const pauses: number[] = []
  for (let round = 0; round < 6; round++) {
    const call = play.uplink.registering ?? 0
    play.happen({ kind: 'call-failed', call, trouble: { kind: 'status', status: 401, code: 'unauthorized' } })
    const standing = play.standing()
    assert.ok(standing?.state === 'offline' && standing.reason === 'unauthorized')
    pauses.push(standing.retryInMs)
    play.pass(standing.retryInMs)
  }
  assert.ok((pauses[0] ?? 0) >= 10_000)
  assert.ok((pauses.at(-1) ?? 0) >= 150_000)
})

test('field note 12: another holder of the credential makes a device stay away for long', () => {
  const play = openPlay()
  play.goOnline()
  const error = xml('error', ns.stream, {}, xml('conflict', ns.streamErrors))
  play.answer([error], { type: 'terminate', condition: 'remote-stream-error' })
  const standing = play.standing()
  assert.ok(standing?.state === 'offline' && standing.reason === 'replaced' && standing.retryInMs >= 60_000)
})

test('field note 12: two holders that take turns do so ever more rarely, however long each of them stays', () => {
  const play = openPlay({ survivalMode: 'nothing' })
  const pauses: number[] = []
  play.goOnline()
  for (let turn = 0; turn < 5; turn++) {
    for (let polls = 0; polls < 6; polls++) {
      play.pass(20_000)
      play.answer()
      play.sent()
    }
    const error = xml('error', ns.stream, {}, xml('conflict', ns.streamErrors))
    play.answer([error], { type: 'terminate', condition: 'remote-stream-error' })
    const standing = play.standing()
    assert.ok(standing?.state === 'offline' && standing.reason === 'replaced')
    pauses.push(standing.retryInMs)
    play.pass(standing.retryInMs)
    logIn(play)
  }
  assert.ok((pauses[0] ?? 0) <= 120_000, 'soon at first: it may have been a mistake')
  assert.ok((pauses.at(-1) ?? 0) >= 450_000, `${pauses}`)
})

test('a relay that shuts down is come back to within seconds, with a register process', () => {
  const play = openPlay()
  play.goOnline()
  play.answer([], { type: 'terminate', condition: 'system-shutdown' })
  play.pass(5000)
  assert.equal(play.count('register'), 2)
})

test('field note 11: the pauses start over only after a session that lasted', () => {
  const play = openPlay()
  play.goOnline()
  const pauses: number[] = []
  for (const heldMs of [1000, 1000, 1000, 61_000]) {
    play.pass(heldMs)
    play.answer([], { type: 'terminate', condition: 'item-not-found' })
    const standing = play.standing()
    assert.ok(standing?.state === 'offline')
    pauses.push(standing.retryInMs)
    play.pass(standing.retryInMs)
    logIn(play)
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 500])
})
