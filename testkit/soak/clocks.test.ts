/** The clock of a relay under load is stepped by an hour, three times in each direction. */
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

// They wait most of the time, so they wait together.
describe('a stepped clock', { concurrency: 2 }, () => {
  test('R-11 an hour ahead, nobody goes OFFLINE and no request ends before its time', async () => {
    await mustBeTrue('clock-forward', 31)
  })

  test('R-11 an hour back, nobody goes OFFLINE and every request ends in time', async () => {
    await mustBeTrue('clock-back', 32)
  })
})
