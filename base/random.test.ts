/** Chance: tokens that nobody guesses, and sequences that a test can repeat. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom, systemRandom } from './random.ts'

test('tokens have the size asked for and never repeat, over many refills of the pool', () => {
  const tokens = new Set<string>()
  for (let made = 0; made < 5_000; made++) {
    const token = systemRandom.token(18)
    assert.equal(Buffer.from(token, 'base64url').length, 18)
    assert.ok(!token.startsWith('-'), 'it can stand on a command line')
    tokens.add(token)
  }
  assert.equal(tokens.size, 5_000)
  assert.equal(Buffer.from(systemRandom.token(10_000), 'base64url').length, 10_000)
})

test('the same seed gives the same sequence, another one another', () => {
  const take = (seed: number) => [1, 2, 3].map(createSeededRandom(seed).fraction)
  assert.deepEqual(take(1), take(1))
  assert.notDeepEqual(take(1), take(2))
})
