/** Who is kept out and slowed down, and for how long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { createBoshGuard } from './bosh-guard.ts'

const firstTwo = (address: string) => address.split('.').slice(0, 2).join('.')

test('S-D7 a thousand failures an hour are borne, and one more is let in every few seconds after that', () => {
  const clock = createHandClock()
  const guard = createBoshGuard(clock, firstTwo)
  for (let failure = 0; failure < 999; failure++) guard.abandoned('10.1.0.1')
  assert.equal(guard.mayCreate('10.1.0.1'), true)
  guard.abandoned('10.1.0.1')
  assert.equal(guard.mayCreate('10.1.9.9'), false, 'the same network')
  assert.equal(guard.mayCreate('10.2.0.1'), true, 'another one')
  clock.pass(4000)
  assert.equal(guard.mayCreate('10.1.0.1'), true)
})

test('S-D7 a flood does not shut its network out for more than minutes after its end', () => {
  const clock = createHandClock()
  const guard = createBoshGuard(clock, firstTwo)
  for (let failure = 0; failure < 100_000; failure++) guard.abandoned('10.1.0.1')
  assert.equal(guard.mayCreate('10.1.0.1'), false)
  clock.pass(7 * 60_000)
  assert.equal(guard.mayCreate('10.1.0.1'), true)
})

test('S-D7 no more than 100,000 networks are remembered: the quietest is forgotten', () => {
  const clock = createHandClock()
  const guard = createBoshGuard(clock, (address) => address)
  for (let failure = 0; failure < 1000; failure++) guard.abandoned('quiet')
  assert.equal(guard.mayCreate('quiet'), false)
  for (let network = 0; network < 100_000; network++) guard.abandoned(`n${network}`)
  assert.equal(guard.mayCreate('quiet'), true)
})

test('S-A2 twenty wrong guesses a minute are accidents', () => {
  const clock = createHandClock()
  const guard = createBoshGuard(clock, firstTwo)
  const guesses = Array.from({ length: 21 }, () => guard.isGuessing('10.1.0.1'))
  assert.deepEqual(guesses, [...Array.from({ length: 20 }, () => false), true])
  clock.pass(60_000)
  assert.equal(guard.isGuessing('10.1.0.1'), false)
})
