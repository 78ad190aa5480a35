/** D6 requests of sessions whose node has died wait for it to be found dead, and cost the others little. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, type Log } from '@fairlead/base'
import { BusError, type Message } from '../bus/bus.ts'
import type { Peer } from '../nodes/nodes.ts'
import { createElsewhere } from './bosh-elsewhere.ts'
import type { Exchange, HttpAnswer } from './bosh-exchange.ts'

const log: Log = { info() {}, warn() {}, error() {} }
const dead: Peer = { number: 7, incarnation: 'dead', name: 'dead', state: 'serving' }

function createExchange(): Exchange & { answers: HttpAnswer[] } {
  const answers: HttpAnswer[] = []
  return {
    ...{ way: 1, isGone: false, answers },
    origin: () => ({ address: '192.0.2.1', loopback: false, secure: true }),
    answer: (answer) => void answers.push(answer),
    cut() {},
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A hundred requests wait for that node. @param call what becomes of each word to it */
function openWaiting(call: () => Promise<Message>) {
  const clock = createHandClock()
  const elsewhere = createElsewhere({
    ...{ clock, log },
    nodes: {
      ...{ number: 1, predecessors: [], holds: () => true, others: () => [dead], look: async () => [dead] },
      ...{
        find: () => dead,
        meet: async () => dead,
        isSilent: () => false,
        isLeaving: () => false,
        signOff: async () => {},
      },
      ...{ onGone() {}, onSilent() {}, leave() {}, async [Symbol.asyncDispose]() {} },
    },
    calls: { ...{ canCall: () => true, serve() {}, hear() {}, tell() {}, [Symbol.dispose]() {} }, call },
    store: { find: async () => ({ device: 'mfp', node: dead.number }), adopt: async () => undefined },
    nodeOf: () => dead.number,
    arrives() {},
    resume: () => true,
    unknown() {},
    takeHere: () => false,
    lostHere() {},
  })
  const exchanges = Array.from({ length: 100 }, createExchange)
  for (const [at, exchange] of exchanges.entries()) elsewhere.takes(`sid-${at}`, exchange, new Uint8Array())
  async function pass(ms: number): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 200) {
      await settled()
      clock.pass(200)
    }
    await settled()
  }
  return { exchanges, pass }
}

test('D6 whoever waits for a node that nobody hears asks it once a second, all together', async () => {
  let calls = 0
  const { exchanges, pass } = openWaiting(async () => {
    calls++
    throw new BusError('no-responders', 'Nobody serves it.', false)
  })
  await pass(5_000)
  // The first of them are all on their way when nobody knows yet.
  assert.ok(calls >= 100 && calls <= 110, `${calls} calls of ${exchanges.length} requests in five seconds`)
  assert.deepEqual(
    exchanges.flatMap(({ answers }) => answers),
    [],
    'they wait',
  )
})

test('D6 a node that is heard again is asked by all who wait for it, though it holds the first of them', async () => {
  let isThere = false
  let held = 0
  const { exchanges, pass } = openWaiting(async () => {
    if (!isThere) throw new BusError('no-responders', 'Nobody serves it.', false)
    held++
    return new Promise(() => {})
  })
  await pass(400)
  isThere = true
  await pass(2_000)
  assert.equal(held, exchanges.length)
})

test('D6 what its node has given up, since it took us to be away, is sent on by the client', async () => {
  const { exchanges, pass } = openWaiting(async () => ({ head: {} }))
  await pass(200)
  assert.deepEqual(
    exchanges.map(({ answers }) => answers.map(({ status }) => status)),
    exchanges.map(() => [503]),
  )
})
