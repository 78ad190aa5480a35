/** Work that is done again: nothing that asks for a run is forgotten, and the earliest of what was asked for counts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { createHandClock, silentLog, systemRandom } from '@fairlead/base'
import { createAgain } from './again.ts'

function open(run: () => Promise<boolean>) {
  const clock = createHandClock()
  const random = { ...systemRandom, fraction: () => 1 }
  const again = createAgain({ clock, random, log: silentLog, event: 'test.failed', run })
  return { clock, again }
}

test('M1 a run that fails is tried again after its pause, though a longer one was asked for while it ran', async () => {
  let runs = 0
  const { clock, again } = open(async () => {
    runs++
    if (runs > 1) return runs > 2
    again.within(600_000)
    again.hurry()
    again.within(600_000)
    return true
  })
  again.hurry()
  await turn()
  assert.equal(runs, 2, 'the second was asked for during the first')
  clock.pass(1_000)
  await turn()
  assert.equal(runs, 3)
  await again.stop()
})

test('M1 what comes in the moment in which a run ends is run', async () => {
  let runs = 0
  const { again } = open(async () => {
    runs++
    return true
  })
  again.hurry()
  // After so many turns of waiting the run is over, and at one of them it has only just been.
  for (let turns = 0; turns < 10; turns++) {
    for (let at = 0; at < turns; at++) await Promise.resolve()
    const before = runs
    again.hurry()
    await turn()
    assert.ok(runs > before, `after ${turns} turns`)
    again.hurry()
  }
  await again.stop()
})
