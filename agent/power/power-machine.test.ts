/** The machine of low power: what wakes it, what keeps it awake, and that a sensor that chatters costs nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPowerState, type PowerEffect, type PowerEvent, stepPower } from './power-machine.ts'

function play(steps: readonly (readonly [nowMs: number, event: PowerEvent])[]) {
  const power = createPowerState(60_000)
  const effects: PowerEffect[] = []
  for (const [nowMs, event] of steps) stepPower(power, event, nowMs, effects)
  return { power, effects, kinds: effects.map(({ kind }) => kind) }
}

const quiet = { kind: 'time', isBusy: false } as const
const asleep = [
  [0, { kind: 'start' }],
  [60_000, quiet],
  [60_100, { kind: 'down' }],
] as const

test('H1 after a quiet minute it sleeps, and whoever comes wakes it', () => {
  assert.equal(play(asleep).power.phase, 'asleep')
  const { power, effects } = play([...asleep, [90_000, { kind: 'approach' }], [90_500, { kind: 'up' }]])
  assert.equal(power.phase, 'awake')
  assert.deepEqual(effects, [
    { kind: 'wake-at', atMs: 60_000 },
    { kind: 'sleep' },
    { kind: 'wake' },
    { kind: 'wake-at', atMs: 150_500 },
  ])
})

test('H1 a touch, somebody who comes, and what is in hand put sleep off', () => {
  assert.deepEqual(
    play([
      [0, { kind: 'start' }],
      [50_000, { kind: 'activity' }],
      [60_000, quiet],
    ]).effects.at(-1),
    {
      ...{ kind: 'wake-at', atMs: 110_000 },
    },
  )
  assert.deepEqual(
    play([
      [0, { kind: 'start' }],
      [60_000, { kind: 'time', isBusy: true }],
    ]).effects.at(-1),
    {
      ...{ kind: 'wake-at', atMs: 61_000 },
    },
  )
})

test('H1 whoever comes while it is going to sleep wakes it, and that it is down then changes nothing', () => {
  const { power, kinds } = play([
    [0, { kind: 'start' }],
    [60_000, quiet],
    [60_050, { kind: 'approach' }],
    [60_100, { kind: 'down' }],
  ])
  assert.deepEqual([power.phase, kinds], ['waking', ['wake-at', 'sleep', 'wake']])
})

test('H1 a sensor that says a thousand times that somebody comes wakes it once', () => {
  const chatter = Array.from({ length: 1000 }, (_, at) => [70_000 + at, { kind: 'approach' }] as const)
  assert.deepEqual(play([...asleep, ...chatter]).kinds, ['wake-at', 'sleep', 'wake'])
})
