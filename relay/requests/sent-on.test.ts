/** A10 N6 what a node says of requests that were sent on to it, when its first word was lost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BusError, type Head, type Message } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Peer } from '../nodes/nodes.ts'
import type { Reply } from './asked.ts'
import { giveUp } from './endings.ts'
import { createSentOn } from './sent-on.ts'

const peer: Peer = { number: 2, incarnation: 'other', name: 'other', state: 'serving' }
const verdict = giveUp('not-sent', 'unavailable', 'It was not sent.')

/** @param known what the other node knows by now; undefined: it says nothing */
function openScene(known: readonly Partial<Reply>[] | undefined) {
  let silence: (peer: Peer) => void = () => {}
  const answers = new Map<string, (message: Message) => void>()
  const asked: unknown[] = []
  const calls: Partial<Calls> = {
    serve() {},
    async call(_to, kind, { head }) {
      if (kind === 'ask') return new Promise((resolve) => answers.set(Object(head['asked']).requestId, resolve))
      asked.push(head['requestIds'])
      if (!known) throw new BusError('timeout', 'It says nothing.', true)
      return { head: { replies: known } }
    },
  }
  const nodes = {
    onSilent(hear: (peer: Peer) => void) {
      silence = hear
    },
  }
  const sentOn = createSentOn({ here: () => ({ told: async () => undefined }), nodes, calls: calls as Calls })
  const ask = (requestId: string, isAsync: boolean) =>
    sentOn.ask(peer, {
      asked: {
        ...{ requestId, account: 'default', device: 'mfp', asker: 'key', key: undefined, isAsync, leftMs: 30_000 },
        request: { get: ['model'], timeoutSeconds: 30, deliverWithinSeconds: 0 } as never,
      },
    })
  return { sentOn, ask, asked, answers, wasAway: (one: Peer) => silence(one) }
}

test('A10 what has ended there is told when that node was away from the bus; what is in hand there waits for its answer', async () => {
  const ended = { requestId: 'ended', verdict }
  const scene = openScene([ended, { requestId: 'pending' }])
  const asking = [scene.ask('ended', false), scene.ask('pending', false), scene.ask('unknown', false)]
  scene.wasAway({ ...peer, incarnation: 'a third' })
  assert.deepEqual(scene.asked, [])
  scene.wasAway(peer)
  assert.deepEqual(scene.asked, [['ended', 'pending', 'unknown']])
  assert.deepEqual(await asking[0], { reply: ended })
  assert.deepEqual(['ended', 'pending', 'unknown'].map(scene.sentOn.whereIs), [undefined, peer, peer])
  const said: Head = { reply: { requestId: 'pending', verdict } }
  scene.answers.get('pending')?.({ head: said })
  scene.answers.get('unknown')?.({ head: { notHere: true } })
  assert.deepEqual(await Promise.all(asking.slice(1)), [said, { notHere: true }])
})

test('A8 who does not wait for the answer is told that the request is there', async () => {
  const there = { requestId: 'r' }
  const scene = openScene([there])
  const asking = scene.ask('r', true)
  scene.wasAway(peer)
  assert.deepEqual(await asking, { reply: there })
})

test('A10 a node that still says nothing is waited for', async () => {
  const scene = openScene(undefined)
  const asking = scene.ask('r', false)
  scene.wasAway(peer)
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(scene.sentOn.whereIs('r'), peer)
  scene.answers.get('r')?.({ head: { notHere: true } })
  assert.deepEqual(await asking, { notHere: true })
})
