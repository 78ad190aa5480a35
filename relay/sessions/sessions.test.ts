/** Sessions with lines that a test holds: who stands, who gives way, and what is remembered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import type { Line, StreamCondition } from '../xmpp/carrier.ts'
import { createSessions, type PresenceChange } from './sessions.ts'

function openRoom(remembered: Parameters<typeof createSessions>[0]['remembered'] = () => undefined) {
  const clock = createHandClock()
  const changes: PresenceChange[] = []
  const alarms: string[] = []
  const sessions = createSessions({
    clock,
    managementMs: 120_000,
    remembered,
    changed: (change) => void changes.push(change),
    alarm: (device) => void alarms.push(device),
  })
  let lines = 0
  function bind(device: string, address = '192.0.2.1', transport: Line['transport'] = 'bosh') {
    const ends: StreamCondition[] = []
    const line: Line = {
      id: `line-${++lines}`,
      transport,
      device,
      resource: 'r',
      address,
      send() {},
      withdraw() {},
      end: (condition) => void ends.push(condition),
      keepUntil() {},
    }
    const claim = sessions.claim(device, address)
    assert.ok(!(claim instanceof Promise))
    if (claim !== 'conflict') sessions.bound(line, claim.epoch)
    return { line, ends, allowed: claim !== 'conflict' }
  }
  function open(device: string, address?: string) {
    const bound = bind(device, address)
    if (bound.allowed) sessions.connected(bound.line)
    return bound
  }
  return { clock, changes, alarms, sessions, bind, open }
}

test('6.6 the newer session wins with a conflict for the older, and the device stays ONLINE', () => {
  const { sessions, open, changes } = openRoom()
  const older = open('mfp')
  const newer = open('mfp')
  assert.deepEqual([older.ends, newer.ends], [['conflict'], []])
  sessions.ended(older.line, 'connection-closed', [], [])
  assert.equal(sessions.isOnline('mfp'), true)
  assert.equal(sessions.lineIdOf('mfp'), newer.line.id)
  assert.deepEqual(
    changes.map(({ state }) => state),
    ['online'],
  )
  assert.deepEqual(sessions.counts(), { online: 1, sessions: { bosh: 1, websocket: 0 } })
})

test('A4 where a device is, and over what, is what its connection says: never what is only bound', () => {
  const { sessions, bind, changes } = openRoom()
  const at = () => {
    const { state, address, transport } = sessions.presenceOf('mfp') ?? {}
    return [state, address, transport]
  }
  const first = bind('mfp', '192.0.2.1', 'websocket')
  assert.deepEqual(at(), ['offline', undefined, undefined])
  sessions.connected(first.line)
  assert.deepEqual(at(), ['online', '192.0.2.1', 'websocket'])
  assert.deepEqual([changes[0]?.address, changes[0]?.transport], ['192.0.2.1', 'websocket'], 'remembered with it')

  const second = bind('mfp', '192.0.2.2')
  assert.deepEqual(at(), ['online', '192.0.2.1', 'websocket'], 'what stood stands until the new connection comes')
  sessions.connected(second.line)
  assert.deepEqual(at(), ['online', '192.0.2.2', 'bosh'])

  sessions.ended(second.line, 'terminated', [], [])
  bind('mfp', '192.0.2.3', 'websocket')
  assert.deepEqual(at(), ['offline', '192.0.2.2', undefined])
})

test('A4 the management timer does not run for a line that is only bound', () => {
  const { clock, sessions, bind } = openRoom()
  const { line, ends } = bind('mfp')
  clock.pass(121_000)
  assert.deepEqual(ends, [])
  sessions.connected(line)
  clock.pass(119_000)
  assert.equal(sessions.isOnline('mfp'), true)
  clock.pass(2_000)
  assert.deepEqual([sessions.isOnline('mfp'), ends], [false, ['connection-timeout']])
})

test('6.6 two holders of one credential: the seventh replacement of a minute from two addresses raises the alarm, and the one that stands is kept', () => {
  const { clock, open, alarms } = openRoom()
  for (let turn = 0; turn < 7; turn++) {
    assert.equal(open('mfp', `192.0.2.${turn % 2}`).allowed, true)
    clock.pass(1_000)
  }
  assert.deepEqual(alarms, [])
  const kept = open('mfp', '192.0.2.1')
  assert.deepEqual(alarms, ['mfp'])
  assert.equal(open('mfp', '192.0.2.0').allowed, false, 'the newcomer is refused')
  assert.deepEqual(kept.ends, [])
  clock.pass(60_000)
  assert.equal(open('mfp', '192.0.2.0').allowed, true, 'for a minute only')
})

test('6.6 one device that comes back often from one address is no clone', () => {
  const { clock, open, alarms } = openRoom()
  for (let turn = 0; turn < 30; turn++) {
    assert.equal(open('mfp').allowed, true)
    clock.pass(500)
  }
  assert.deepEqual(alarms, [])
})

test('6.6 the kept one may leave, and then anybody may come', () => {
  const { sessions, open } = openRoom()
  let last = open('mfp', '192.0.2.0')
  for (let turn = 1; turn < 8; turn++) last = open('mfp', `192.0.2.${turn % 2}`)
  assert.equal(open('mfp', '192.0.2.9').allowed, false)
  sessions.ended(last.line, 'terminated', [], [])
  assert.equal(open('mfp', '192.0.2.9').allowed, true)
})

test('A6 silence ends the session, and any sign of life puts it off', () => {
  const { clock, sessions, open } = openRoom()
  const { ends } = open('mfp')
  clock.pass(100_000)
  sessions.signOfLife('mfp')
  clock.pass(119_000)
  assert.equal(sessions.isOnline('mfp'), true)
  clock.pass(2_000)
  assert.equal(sessions.isOnline('mfp'), false)
  assert.deepEqual([sessions.presenceOf('mfp')?.reason, ends], ['management-timeout', ['connection-timeout']])
})

test('A1 a device that says mode-off before it leaves is OFFLINE for that reason', () => {
  const { sessions, open } = openRoom()
  const { line } = open('mfp')
  sessions.leaving(line, 'mode-off')
  sessions.ended(line, 'terminated', [], [])
  assert.equal(sessions.presenceOf('mfp')?.reason, 'mode-off')
  const again = open('mfp')
  sessions.ended(again.line, 'terminated', [], [])
  assert.equal(sessions.presenceOf('mfp')?.reason, 'terminated', 'what it said then is not said now')
})

test('the epoch goes on from what is remembered, so that an older word never wins on disk', () => {
  const { open, changes } = openRoom(() => ({ epoch: 41, reason: 'relay-restart', stateSinceAt: 5, lastSeenAt: 4 }))
  open('mfp')
  assert.equal(changes[0]?.epoch, 42)
})

test('what was heard since it was last remembered is told once', () => {
  const { clock, sessions, open } = openRoom()
  open('mfp')
  assert.deepEqual(sessions.takeUnsaved(), [], 'it was remembered as it came ONLINE')
  clock.pass(1_000)
  sessions.signOfLife('mfp')
  assert.deepEqual(
    sessions.takeUnsaved().map(({ device }) => device),
    ['mfp'],
  )
  assert.deepEqual(sessions.takeUnsaved(), [])
})

test('6.6 a device that has gone to another node is as that one says, and nothing is remembered of it from here', () => {
  const elsewhere = { state: 'online', address: '192.0.2.9', transport: 'bosh', node: 2 } as const
  let epoch = 0
  const { sessions, clock, open } = openRoom(() =>
    epoch === 0
      ? undefined
      : { epoch, reason: undefined, stateSinceAt: clock.wallNow(), lastSeenAt: clock.wallNow(), elsewhere },
  )
  const { line } = open('mfp')
  clock.pass(1000)
  sessions.alive(line)
  epoch = 2
  sessions.superseded('mfp', epoch)
  assert.deepEqual(sessions.takeUnsaved(), [])
  assert.deepEqual([sessions.presenceOf('mfp')?.state, sessions.presenceOf('mfp')?.address], ['online', '192.0.2.9'])
})

test('never heard of is unknown, and remembered is not forgotten', () => {
  const { sessions } = openRoom((device) =>
    device === 'old' ? { epoch: 1, reason: 'inactivity', stateSinceAt: 7, lastSeenAt: 6 } : undefined,
  )
  assert.equal(sessions.presenceOf('new'), undefined)
  assert.deepEqual([sessions.presenceOf('old')?.reason, sessions.presenceOf('old')?.lastSeenAt], ['inactivity', 6])
})
