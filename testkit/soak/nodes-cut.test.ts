/** What nodes lean on under load is gone for all of them, or for one; once each. */
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

/** Each of them starts three nodes and more. */
const rounds = 1

// They wait most of the time, so they wait together.
describe('without bus or database', { concurrency: 2 }, () => {
  test('N6 R-02 NATS is killed, or stands still: what was sent is never called not sent', async () => {
    await mustBeTrue('bus-gone', 81, rounds)
  })

  test('N6 R-02 PostgreSQL is killed, or stands still: nothing is called stored that is not', async () => {
    await mustBeTrue('database-gone', 82, rounds)
  })

  test('N6 R-07 one node is cut off from NATS', async () => {
    await mustBeTrue('node-cut-bus', 83, rounds)
  })

  test('N6 R-07 one node is cut off from PostgreSQL', async () => {
    await mustBeTrue('node-cut-database', 84, rounds)
  })

  test('N6 R-07 one node is cut off from both: it acts no more before others take over what it had', async () => {
    await mustBeTrue('node-cut-both', 85, rounds)
  })
})
