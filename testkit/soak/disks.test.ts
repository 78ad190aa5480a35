/** The disk of a relay under load takes nothing any more, three times in each of two ways. */
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

// They wait most of the time, so they wait together.
describe('a bad disk', { concurrency: 2 }, () => {
  test('R-10 on a full disk a relay refuses what it would have to store, says so, and goes on when there is room', async () => {
    await mustBeTrue('full-disk', 21)
  })

  test('R-10 on a disk that turns read-only a relay acknowledges nothing that is lost, and goes on once it is repaired', async () => {
    await mustBeTrue('read-only-disk', 22)
  })
})
