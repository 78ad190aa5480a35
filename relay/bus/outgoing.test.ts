/** What leaves together, what waits for what, and what never leaves. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import { createAsks } from './asks.ts'
import { createSeal } from './frame.ts'
import { type Item, readItems } from './items.ts'
import { createOutgoing } from './outgoing.ts'

const nextTurn = () => new Promise(setImmediate)
const item = (text: string, body?: Uint8Array): Item => ({
  type: 'say',
  id: 0,
  timeoutMs: 0,
  head: Buffer.from(text),
  body,
})

/** A carrier that keeps what it is given; its server takes it when it is told to. */
function open(maxPayload = 2 ** 20) {
  const clock = createHandClock()
  const asks = createAsks(clock)
  const seal = createSeal(Buffer.alloc(32), 'AAAAAAAAAAAAAAAAAAAAAA')
  const left: { subject: string; words: string[]; reply: string | undefined }[] = []
  let taken = Promise.withResolvers<void>()
  let backlogBytes = 0
  const outgoing = createOutgoing({
    seal,
    clock,
    asks,
    batchSubject: 'in.self',
    carrier: {
      publish(subject, data, reply) {
        const frame = seal.open(data, subject) ?? assert.fail('not signed')
        const words = frame.kind === 'part' ? ['part'] : [...readItems(frame.payload)].map(({ head }) => String(head))
        left.push({ subject, words, reply })
        backlogBytes += data.length
      },
      flush: () => taken.promise,
      maxPayload: () => maxPayload,
      backlogBytes: () => backlogBytes,
    },
  })
  return {
    clock,
    asks,
    outgoing,
    left,
    words: () => left.map(({ subject, words }) => `${subject}: ${words.join(' ')}`),
    serverTakes() {
      taken.resolve()
      taken = Promise.withResolvers<void>()
      backlogBytes = 0
    },
    connectionBreaks() {
      taken.reject(new Error('lost'))
      taken.promise.catch(() => {})
      taken = Promise.withResolvers<void>()
    },
  }
}

test('what is said to one subject in one turn leaves together at its end, and waits for nothing else', async () => {
  const { outgoing, words } = open()
  for (const text of ['a', 'b']) for (const subject of ['x', 'y']) outgoing.send(subject, item(text))
  assert.deepEqual(words(), [])
  await nextTurn()
  outgoing.send('x', item('c'))
  await nextTurn()
  assert.deepEqual(words(), ['x: a b', 'y: a b', 'x: c'])
})

test('what is said after a silence leaves at once, and what follows it in that turn leaves together', async () => {
  const { outgoing, clock, words } = open()
  clock.pass(3)
  for (const text of ['a', 'b', 'c']) outgoing.send('x', item(text))
  assert.deepEqual(words(), ['x: a'])
  await nextTurn()
  assert.deepEqual(words(), ['x: a', 'x: b c'])
})

test('what is said later in a turn that lasts leaves together at its end', async () => {
  const { outgoing, clock, words } = open()
  for (const text of ['a', 'b', 'c']) {
    clock.pass(3)
    outgoing.send('x', item(text))
  }
  assert.deepEqual(words(), ['x: a'])
  await nextTurn()
  assert.deepEqual(words(), ['x: a', 'x: b c'])
})

test('no frame is larger than the server takes', async () => {
  const { outgoing, words } = open(300)
  for (const text of ['a', 'b', 'c', 'd']) outgoing.send('x', item(text.repeat(80)))
  await nextTurn()
  assert.deepEqual(words(), [`x: ${'a'.repeat(80)} ${'b'.repeat(80)}`, `x: ${'c'.repeat(80)} ${'d'.repeat(80)}`])
})

test('requests leave with a name for their batch, and what is no request without', async () => {
  const { outgoing, asks, left } = open()
  const { ask, answer } = asks.open('x', 1_000)
  outgoing.send('x', item('ask'), ask)
  outgoing.send('x', item('say'))
  outgoing.send('y', item('say'))
  assert.equal(ask.sent, false)
  await nextTurn()
  assert.deepEqual([ask.sent, left.map(({ reply }) => reply)], [true, ['in.self.1', undefined]])
  asks.nobodyHeard('1')
  await assert.rejects(answer, { kind: 'no-responders', sent: false })
})

test('a request that is over before it could leave does not leave', async () => {
  const { outgoing, asks, clock, words } = open()
  const { ask, answer } = asks.open('x', 10)
  outgoing.send('x', item('ask'), ask)
  outgoing.send('x', item('say'))
  const told = assert.rejects(answer, { kind: 'timeout', sent: false })
  clock.pass(10)
  await nextTurn()
  await told
  assert.deepEqual(words(), ['x: say'])
})

test('a large item leaves in parts as the server takes them; its subject waits, others do not', async () => {
  const { outgoing, words, serverTakes } = open()
  outgoing.send('x', item('large', Buffer.alloc(6 * 2 ** 20)))
  outgoing.send('x', item('after'))
  outgoing.send('y', item('beside'))
  await nextTurn()
  assert.deepEqual(words(), [...Array(5).fill('x: part'), 'y: beside'])
  serverTakes()
  await nextTurn()
  await nextTurn()
  assert.deepEqual(words().slice(6), ['x: part', 'x: part', 'x: after'])
})

test('what waited when the connection broke never leaves', async () => {
  const { outgoing, words, connectionBreaks } = open()
  outgoing.send('x', item('large', Buffer.alloc(6 * 2 ** 20)))
  outgoing.send('x', item('after'))
  await nextTurn()
  outgoing.send('y', item('queued'))
  outgoing.abandon()
  connectionBreaks()
  await nextTurn()
  await nextTurn()
  outgoing.send('x', item('new'))
  await nextTurn()
  assert.deepEqual(words(), [...Array(5).fill('x: part'), 'x: new'])
})

test('there is room until 64 MiB wait for the server, and again when it has taken them', async () => {
  const { outgoing, serverTakes } = open()
  for (let n = 0; n < 64; n++) outgoing.send('x', item('', Buffer.alloc(2 ** 20 - 200)))
  assert.equal(outgoing.hasRoom(), true)
  outgoing.send('x', item('', Buffer.alloc(2 ** 20 - 200)))
  assert.equal(outgoing.hasRoom(), false)
  await nextTurn()
  assert.equal(outgoing.hasRoom(), false)
  serverTakes()
  assert.equal(outgoing.hasRoom(), true)
})
