/** One of three nodes under load is killed, stands still, leaves, has its clock stepped, or is cut off; once each. */
import { describe, test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

/** Each of them starts three nodes and more. */
const rounds = 1

// They wait most of the time, so they wait together.
describe('one node of three', { concurrency: 2 }, () => {
  test('N6 6.7 R-07 one is killed: the others go on with its sessions, nothing is done twice, and nothing is forgotten', async () => {
    await mustBeTrue('node-kill', 71, rounds)
  })

  test('N6 6.6 one stands still for longer than its lease: what others took over it leaves alone when it goes on', async () => {
    await mustBeTrue('node-freeze', 72, rounds)
  })

  test('N6 R-15 one after the other leaves and comes back', async () => {
    await mustBeTrue('node-leave', 73, rounds)
  })

  test('N6 R-11 the clock of one is stepped, and it leaves with that: nobody goes OFFLINE for it', async () => {
    await mustBeTrue('node-clock', 74, rounds)
  })
})
