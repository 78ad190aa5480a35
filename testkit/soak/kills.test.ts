/** kill -9 of a relay and of agents, a few times each, under load. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

// They wait most of the time, so they wait together.
describe('kill -9', { concurrency: 2 }, () => {
  test('A8 R-01 a relay that is killed under load comes back, forgets nothing that it acknowledged and does nothing twice', async () => {
    // As often as it takes to be killed while it is called.
    const { lost } = await mustBeTrue('kill-relay', 11, 5)
    assert.ok(lost > 0, 'it was killed while it was called')
  })

  test('A9 6.1 an agent that is killed under load comes back and does nothing twice; while it is dead it is soon OFFLINE', async () => {
    await mustBeTrue('kill-agent', 12)
  })
})
