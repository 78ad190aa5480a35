/** The queue machine, event by event, and under random sequences. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import {
  inFlightLimit,
  isFull,
  newQueue,
  type QueueEffect,
  type QueueEvent,
  step,
  waitingLimit,
} from './queue-machine.ts'

function open(connected = true) {
  const queue = newQueue()
  const at = (nowMs: number, event: QueueEvent): QueueEffect[] => {
    const effects: QueueEffect[] = []
    step(queue, event, nowMs, effects)
    return effects.filter((effect) => effect.kind !== 'wake')
  }
  if (connected) at(0, { kind: 'connected' })
  const accept = (id: string, deadlineMs = 30_000) =>
    ({ kind: 'accept', id, token: Number(id), deadlineMs, isDeferrable: false }) as const
  return { queue, at, accept }
}

test('a request leaves at once, and no more than eight are with the device', () => {
  const { queue, at, accept } = open()
  for (let id = 1; id <= inFlightLimit; id++)
    assert.deepEqual(at(id, accept(`${id}`)), [{ kind: 'hand', id: `${id}`, token: id }])
  for (let id = 1; id <= waitingLimit; id++) assert.deepEqual(at(9, accept(`${100 + id}`)), [])
  assert.equal(isFull(queue), true)
  assert.deepEqual(at(10, { kind: 'answered', id: '3' }), [
    { kind: 'take-back', token: 3 },
    { kind: 'hand', id: '101', token: 101 },
  ])
})

test('what never left is not-sent, what left is unknown', () => {
  const { at, accept } = open()
  at(0, accept('1', 5000))
  at(0, accept('2', 5000))
  at(1, { kind: 'written', token: 1 })
  assert.deepEqual(at(5000, { kind: 'time' }), [
    { kind: 'settle', id: '1', settlement: { outcome: 'unknown', code: 'device-timeout' } },
    { kind: 'take-back', token: 2 },
    { kind: 'settle', id: '2', settlement: { outcome: 'not-sent', code: 'device-timeout' } },
  ])
})

test('a replaced line: the queued moves to the new one, the written waits five seconds after the device is back', () => {
  const { at, accept } = open()
  at(0, accept('1'))
  at(0, { kind: 'written', token: 1 })
  at(0, accept('2'))
  assert.deepEqual(at(1, { kind: 'line-ended' }), [{ kind: 'take-back', token: 2 }])
  assert.deepEqual(at(2, accept('3')), [], 'nothing leaves before the new connection')
  assert.deepEqual(at(100, { kind: 'connected' }), [
    { kind: 'hand', id: '2', token: 2 },
    { kind: 'hand', id: '3', token: 3 },
  ])
  assert.deepEqual(at(5099, { kind: 'time' }), [])
  assert.deepEqual(at(5100, { kind: 'time' }), [
    { kind: 'settle', id: '1', settlement: { outcome: 'unknown', code: 'connection-lost' } },
  ])
})

test('a request whose time is over has timed out, also when the end of its line is told first', () => {
  const { at, accept } = open()
  at(0, accept('1', 5_000))
  at(0, { kind: 'written', token: 1 })
  at(0, accept('2', 9_000))
  at(0, { kind: 'written', token: 2 })
  assert.deepEqual(at(5_000, { kind: 'line-ended' }), [
    { kind: 'settle', id: '1', settlement: { outcome: 'unknown', code: 'device-timeout' } },
  ])
})

test('OFFLINE: what never left is told at once, what is deferred goes back to disk', () => {
  const { at, accept } = open()
  at(0, accept('1'))
  at(0, { ...accept('2'), isDeferrable: true })
  at(1, { kind: 'line-ended' })
  assert.deepEqual(at(1, { kind: 'offline' }), [
    { kind: 'settle', id: '1', settlement: { outcome: 'not-sent', code: 'device-offline' } },
    { kind: 'defer', id: '2' },
  ])
})

test('a service that hangs up withdraws what has not left, and nothing else', () => {
  const { queue, at, accept } = open()
  at(0, accept('1'))
  at(0, { kind: 'written', token: 1 })
  at(0, accept('2'))
  assert.deepEqual(at(1, { kind: 'withdraw', id: '1' }), [])
  assert.deepEqual(at(1, { kind: 'withdraw', id: '2' }), [
    { kind: 'take-back', token: 2 },
    { kind: 'settle', id: '2', settlement: { outcome: 'not-sent', code: 'withdrawn' } },
  ])
  assert.deepEqual([...queue.pending.keys()], ['1'])
})

test('in any order of events each request settles once, never both written and not-sent, and the queue empties', () => {
  for (let seed = 1; seed <= 300; seed++) playAtRandom(seed)
})

function playAtRandom(seed: number): void {
  const random = createSeededRandom(seed)
  const { queue, at, accept } = open(seed % 2 === 0)
  const written = new Set<number>()
  const ends = new Map<string, number>()
  let nowMs = 0
  const happen = (event: QueueEvent) => {
    for (const effect of at(nowMs, event)) {
      if (effect.kind === 'hand' && random.fraction() < 0.7) {
        written.add(effect.token)
        happen({ kind: 'written', token: effect.token })
      }
      if (effect.kind === 'settle') {
        ends.set(effect.id, (ends.get(effect.id) ?? 0) + 1)
        if (effect.settlement.outcome === 'not-sent')
          assert.ok(!written.has(Number(effect.id)), `seed ${seed}: ${effect.id}`)
      }
    }
  }
  let accepted = 0
  for (let turn = 0; turn < 200; turn++) {
    nowMs += Math.floor(random.fraction() * 3000)
    const events: QueueEvent[] = [
      { kind: 'connected' },
      { kind: 'line-ended' },
      { kind: 'offline' },
      { kind: 'time' },
      { kind: 'withdraw', id: `${Math.ceil(random.fraction() * accepted)}` },
    ]
    if (!isFull(queue) && random.fraction() < 0.5) happen(accept(`${++accepted}`, nowMs + 10_000))
    else happen(events[Math.floor(random.fraction() * events.length)] ?? { kind: 'time' })
  }
  nowMs += 1_000_000
  happen({ kind: 'time' })
  assert.equal(queue.pending.size, 0, `seed ${seed}`)
  assert.ok(
    [...ends.values()].every((times) => times === 1),
    `seed ${seed}`,
  )
}
