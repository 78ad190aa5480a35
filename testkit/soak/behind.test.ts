/** kill -9 of a relay whose agents nothing reaches from outside, under load. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

test('A16 R-01 devices behind NAT with one address, and behind a proxy, come back to a relay that was killed', async () => {
  const { lost, notes } = await mustBeTrue('kill-behind', 71, 2)
  assert.ok(lost > 0, 'it was killed while it was called')
  assert.ok(Number(notes['cut by the proxy']) > 0, 'the proxy cut what was idle')
})
