/** What becomes of a call whose node is gone. */
import assert from 'node:assert/strict'
import { type Bus, BusError } from '../bus/bus.ts'
import { onEachBus } from '../bus/for-tests.ts'
import { nodeSubject } from '../bus/subjects.ts'
import { createCalls } from './calls.ts'
import type { Peer } from './nodes.ts'

const long = 30_000

/** A node's calls to `peer`, which goes when it is told to. */
function openCalls(bus: Bus, peer: Peer) {
  let hear: (gone: Peer) => void = () => {}
  const calls = createCalls(bus, {
    onGone(given) {
      hear = given
    },
  })
  return { calls, goes: () => hear(peer) }
}

const peerAt = ({ self }: Bus): Peer => ({ number: 2, incarnation: self, name: 'other', state: 'leaving' })

const failsWith = (kind: string, sent: boolean) => (error: unknown) =>
  error instanceof BusError && error.kind === kind && error.sent === sent

onEachBus('6.1 a node has left, and nobody has heard what it was asked last: it was not sent', async ({ a, b }) => {
  const { calls, goes } = openCalls(a, peerAt(b))
  const asked = calls.call(peerAt(b), 'ask', { head: {} }, long)
  // The record tells that it is gone before the bus tells that nobody is there.
  goes()
  await assert.rejects(asked, failsWith('no-responders', false))
})

onEachBus('a node that was asked and is gone before it has answered: what was asked was sent', async ({ a, b }) => {
  const { promise: wasAsked, resolve } = Promise.withResolvers<void>()
  b.serve(nodeSubject(b.self), async () => {
    resolve()
    return new Promise(() => {})
  })
  await b.flush()
  const { calls, goes } = openCalls(a, peerAt(b))
  const asked = calls.call(peerAt(b), 'ask', { head: {} }, long)
  await wasAsked
  goes()
  await assert.rejects(asked, failsWith('disconnected', true))
})

onEachBus('what a node has answered before it was gone is heard', async ({ a, b }) => {
  const { calls, goes } = openCalls(a, peerAt(b))
  const { promise: wasAnswered, resolve } = Promise.withResolvers<void>()
  b.serve(nodeSubject(b.self), () => {
    void b.flush().then(resolve)
    return { head: { heard: true } }
  })
  await b.flush()
  const asked = calls.call(peerAt(b), 'ask', { head: {} }, long)
  await wasAnswered
  goes()
  assert.equal((await asked).head['heard'], true)
})
