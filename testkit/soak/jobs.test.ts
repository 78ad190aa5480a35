/** Jobs while relay, agents and printers are killed, a few times. */
import { test } from 'node:test'
import { mustBeTrue } from './for-tests.ts'

test('M1 jobs come out once, or are told as unknown, whoever is killed meanwhile', async () => {
  await mustBeTrue('jobs', 21, 4)
})
