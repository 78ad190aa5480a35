/** The presence machine, event by event. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSuspect, newPresence, type PresenceEffect, type PresenceEvent, step } from './presence-machine.ts'

const limits = { managementMs: 120_000 }

function life() {
  const presence = newPresence(0, 'never-seen')
  const at = (nowMs: number, event: PresenceEvent): PresenceEffect[] => {
    const effects: PresenceEffect[] = []
    step(presence, event, nowMs, limits, effects)
    return effects
  }
  return { presence, at }
}

test('A4 a bound line is not ONLINE before its connection arrives', () => {
  const { presence, at } = life()
  assert.deepEqual(at(1000, { kind: 'bound', epoch: 1 }), [])
  assert.equal(presence.online, false)
  assert.deepEqual(at(1001, { kind: 'alive' }), [], 'nor does its management timer run')
  assert.deepEqual(at(1002, { kind: 'connected', epoch: 1 }), [
    { kind: 'wake', atMs: 121_002 },
    { kind: 'online' },
    { kind: 'connected' },
  ])
  assert.equal(presence.online, true)
})

test('A4 A6 who is ONLINE and binds anew shows life by it, and goes when its new connection never comes', () => {
  const { presence, at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(0, { kind: 'connected', epoch: 1 })
  assert.deepEqual(at(60_000, { kind: 'bound', epoch: 2 }), [{ kind: 'replace', epoch: 1 }])
  assert.deepEqual(at(120_000, { kind: 'time' }), [{ kind: 'wake', atMs: 180_000 }])
  assert.equal(presence.online, true)
  assert.deepEqual(at(180_000, { kind: 'time' }), [
    { kind: 'expire', epoch: 2 },
    { kind: 'offline', reason: 'management-timeout' },
  ])
})

test('A6 silence for the management time is OFFLINE, and the session is ended', () => {
  const { at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  at(60_000, { kind: 'alive' })
  assert.deepEqual(at(120_000, { kind: 'time' }), [{ kind: 'wake', atMs: 180_000 }])
  assert.deepEqual(at(180_000, { kind: 'time' }), [
    { kind: 'expire', epoch: 1 },
    { kind: 'offline', reason: 'management-timeout' },
  ])
})

test('H1 its session ends with its word, no timer makes it OFFLINE, and only a connection wakes it', () => {
  const { presence, at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  assert.deepEqual(at(10, { kind: 'slept' }), [{ kind: 'put-down', epoch: 1 }, { kind: 'asleep' }])
  assert.deepEqual(at(11, { kind: 'ended', epoch: 1, reason: 'terminated' }), [], 'a late word of its line')
  assert.deepEqual(at(120_001, { kind: 'time' }), [])
  at(200_000, { kind: 'alive' })
  assert.deepEqual([presence.online, presence.asleep], [false, true])
  at(300_000, { kind: 'bound', epoch: 2 })
  assert.deepEqual(at(300_001, { kind: 'ended', epoch: 2, reason: 'inactivity' }), [], 'it came to no connection')
  assert.equal(presence.asleep, true)
  at(400_000, { kind: 'bound', epoch: 3 })
  assert.deepEqual(at(400_001, { kind: 'connected', epoch: 3 }), [
    { kind: 'wake', atMs: 520_001 },
    { kind: 'online' },
    { kind: 'connected' },
  ])
  assert.deepEqual([presence.online, presence.asleep], [true, false])
})

test('A10 a connection that goes on is no sign of life: a push that left in the same turn keeps its session', () => {
  const { presence, at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  at(10, { kind: 'alive' })
  at(10, { kind: 'pushed', untilMs: 300_000 })
  assert.deepEqual(at(10, { kind: 'connected', epoch: 1 }), [])
  assert.equal(isSuspect(presence), true)
})

test('A10 the management timer waits for the time-out of the first unanswered push', () => {
  const { presence, at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  assert.deepEqual(at(10, { kind: 'pushed', untilMs: 300_000 }), [{ kind: 'keep', untilMs: 300_000 }])
  assert.deepEqual(at(20, { kind: 'pushed', untilMs: 400_000 }), [], 'later pushes do not put it off further')
  assert.equal(isSuspect(presence), true)
  assert.deepEqual(at(120_000, { kind: 'time' }), [{ kind: 'wake', atMs: 300_000 }])
  assert.deepEqual(at(200_000, { kind: 'alive' }), [{ kind: 'keep', untilMs: 200_000 }], 'no longer kept for its sake')
  assert.deepEqual(at(200_001, { kind: 'alive' }), [])
  assert.equal(isSuspect(presence), false)
})

test('A6 a push that was answered puts silence off no longer, though the timer was set for it', () => {
  const { at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  at(10, { kind: 'pushed', untilMs: 300_000 })
  assert.deepEqual(at(120_000, { kind: 'time' }), [{ kind: 'wake', atMs: 300_000 }])
  assert.deepEqual(
    at(121_000, { kind: 'alive' }).filter(({ kind }) => kind === 'wake'),
    [{ kind: 'wake', atMs: 241_000 }],
  )
  assert.deepEqual(at(122_000, { kind: 'alive' }), [], 'the timer is not moved at every sign of life')
  assert.deepEqual(at(241_000, { kind: 'time' }), [{ kind: 'wake', atMs: 242_000 }])
  assert.deepEqual(at(242_000, { kind: 'time' }), [
    { kind: 'expire', epoch: 1 },
    { kind: 'offline', reason: 'management-timeout' },
  ])
})

test('a late close of an older line changes nothing', () => {
  const { presence, at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  assert.deepEqual(at(2, { kind: 'bound', epoch: 2 }), [{ kind: 'replace', epoch: 1 }])
  assert.deepEqual(at(3, { kind: 'ended', epoch: 1, reason: 'connection-closed' }), [])
  assert.equal(presence.online, true)
  assert.deepEqual(at(4, { kind: 'connected', epoch: 1 }), [])
  assert.deepEqual(
    at(5, { kind: 'connected', epoch: 2 }),
    [{ kind: 'connected' }],
    'ONLINE all along, back on the new line',
  )
  assert.deepEqual(at(6, { kind: 'connected', epoch: 2 }), [])
})

test('the timer is set again after it rang while no line stood', () => {
  const { at } = life()
  at(0, { kind: 'bound', epoch: 1 })
  at(1, { kind: 'connected', epoch: 1 })
  at(10, { kind: 'ended', epoch: 1, reason: 'terminated' })
  assert.deepEqual(at(120_001, { kind: 'time' }), [])
  at(120_002, { kind: 'alive' })
  at(120_003, { kind: 'bound', epoch: 2 })
  assert.deepEqual(at(120_004, { kind: 'connected', epoch: 2 })[0], { kind: 'wake', atMs: 240_004 })
})
