/** The mode of devices under load goes OFF and ON, three times. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

test('A1 A5 switched OFF under load a device answers what it has and is OFFLINE for that reason; the others say that they live', async () => {
  const { notes } = await mustBeTrue('mode', 61)
  assert.ok(Number(notes['survival notifications']) > 1, JSON.stringify(notes))
})
