/** Few are held at once, none for ever, and every place comes back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { createProbes } from './probes.ts'

const never = new AbortController().signal

function openProbes(limits = { perAddress: 2, inTotal: 3 }) {
  const clock = createHandClock()
  const stopping = new AbortController()
  return { clock, stopping, probes: createProbes(clock, stopping.signal, limits) }
}

test('an answer is held for as long as was asked', async () => {
  const { clock, probes } = openProbes()
  const waited = probes.wait(30, never)
  clock.pass(30_000)
  assert.equal(await waited, 30_000)
})

test('who hangs up is held no longer', async () => {
  const { clock, probes } = openProbes()
  const caller = new AbortController()
  const waited = probes.wait(120, caller.signal)
  clock.pass(5000)
  caller.abort()
  assert.equal(await waited, 5000)
})

test('a relay that stops holds nobody up, those who come late included', async () => {
  const { clock, stopping, probes } = openProbes()
  const waited = probes.wait(120, never)
  clock.pass(7000)
  stopping.abort()
  assert.equal(await waited, 7000)
  assert.equal(await probes.wait(120, never), 0)
})

test('one address has few places, and its neighbour has its own', () => {
  const { probes } = openProbes()
  const places = [probes.admit('203.0.113.7'), probes.admit('203.0.113.7')]
  assert.throws(() => probes.admit('203.0.113.7'), { code: 'too-many-requests', retryAfterSeconds: 30 })
  probes.admit('203.0.113.8')
  places[0]?.[Symbol.dispose]()
  probes.admit('203.0.113.7')
})

test('all addresses together have few places too', () => {
  const { probes } = openProbes()
  const places = ['203.0.113.1', '203.0.113.2', '203.0.113.3'].map((address) => probes.admit(address))
  assert.throws(() => probes.admit('203.0.113.4'), { code: 'too-many-requests' })
  for (const place of places) place[Symbol.dispose]()
  probes.admit('203.0.113.4')
})
