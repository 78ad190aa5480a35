/** What is signed is also new: it was said while this process listened, and it is heard once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, createSeededRandom } from '@fairlead/base'
import type { Frame } from './frame.ts'
import { createPeers } from './peers.ts'

/** A process that listens since `clock.now()`, and another whose clock is 5000 ms ahead at first. */
function open() {
  const clock = createHandClock()
  const asked: string[] = []
  const used: string[] = []
  const refused: string[] = []
  const peers = createPeers({
    self: 'self',
    clock,
    random: createSeededRandom(1),
    askForProof: (_, word) => asked.push(word),
    use: ({ counter }, ageMs) => used.push(`${counter} after ${ageMs}`),
    refuse: (why) => refused.push(why),
  })
  let offsetMs = 5_000
  const frame = (counter: number, agoMs = 0, sender = 'other'): Frame => ({
    subject: 'x',
    kind: 'batch',
    sender,
    counter,
    time: clock.now() + offsetMs - agoMs,
    payload: Buffer.alloc(100),
  })
  return {
    clock,
    asked,
    used,
    refused,
    peers,
    frame,
    say: (counter: number, agoMs = 0) => peers.hear(frame(counter, agoMs), false),
    prove: () => peers.prove(frame(99), asked.at(-1) ?? ''),
    moveItsClock: (ms: number) => {
      offsetMs += ms
    },
  }
}

test('a stranger is asked once, and heard in order after its proof', () => {
  const { say, prove, clock, asked, used } = open()
  clock.pass(1_000)
  say(1)
  say(2)
  assert.deepEqual([asked.length, used], [1, []])
  clock.pass(10)
  prove()
  say(3)
  assert.deepEqual([asked.length, used], [1, ['1 after 10', '2 after 10', '3 after 0']])
})

test('a wrong word proves nothing', () => {
  const { say, peers, frame, used } = open()
  say(1)
  peers.prove(frame(99), 'guessed')
  assert.deepEqual(used, [])
})

test('who does not prove that it is there is not heard, and may try again', () => {
  const { say, prove, clock, asked, used, refused } = open()
  say(1)
  clock.pass(5_000)
  assert.deepEqual([used, refused], [[], ['its sender did not prove that it is there']])
  const before = asked.length
  say(2)
  prove()
  assert.deepEqual([asked.length, used], [before + 1, ['2 after 0']])
})

test('a question that is lost is asked again, with the same word', () => {
  const { say, prove, clock, asked, used } = open()
  say(1)
  clock.pass(1_600)
  const [first = ''] = asked
  assert.deepEqual(asked, [first, first, first, first])
  prove()
  assert.deepEqual(used, ['1 after 1600'], 'it has waited here')
  clock.pass(10_000)
  assert.equal(asked.length, 4)
})

test('what was said before this process listened is not believed, before and after the proof', () => {
  const { say, prove, clock, used, refused } = open()
  clock.pass(500)
  say(1, 600)
  prove()
  say(2, 700)
  say(3)
  assert.deepEqual(used, ['3 after 0'])
  assert.equal(refused.length, 2)
})

test('nothing is heard twice, nor out of order', () => {
  const { say, prove, used, refused } = open()
  say(5)
  prove()
  say(5)
  say(4)
  say(6)
  assert.deepEqual([used, refused.length], [['5 after 0', '6 after 0'], 2])
})

test('what was long on its way is heard with its age, once its sender has shown its clock again', () => {
  const { say, prove, clock, asked, used } = open()
  say(1)
  prove()
  clock.pass(10_000)
  say(2, 3_000)
  say(3)
  assert.deepEqual([asked.length, used.length], [2, 1])
  prove()
  assert.deepEqual(used, ['1 after 0', '2 after 3000', '3 after 0'])
})

test('a sender whose machine has slept is asked for its clock again, and believed', () => {
  const { say, prove, clock, moveItsClock, used, refused } = open()
  say(1)
  prove()
  clock.pass(60_000)
  moveItsClock(-50_000)
  say(2)
  prove()
  moveItsClock(7_000)
  say(3)
  assert.deepEqual([used, refused], [['1 after 0', '2 after 0', '3 after 0'], []])
})

test('what comes to the inbox needs no proof, and is heard once, too', () => {
  const { peers, frame, used, refused } = open()
  peers.hear(frame(3), true)
  peers.hear(frame(3), true)
  assert.deepEqual([used, refused.length], [['3 after 0'], 1])
})

test('itself is no stranger', () => {
  const { peers, used, moveItsClock, frame } = open()
  moveItsClock(-5_000)
  peers.hear(frame(1, 0, 'self'), false)
  assert.deepEqual(used, ['1 after 0'])
})

test('only so much waits for a proof, and the end drops it', () => {
  const { peers, frame, prove, used, refused } = open()
  const large = Buffer.alloc(20 * 2 ** 20)
  peers.hear({ ...frame(1), payload: large }, false)
  peers.hear({ ...frame(2), payload: large }, false)
  assert.deepEqual(refused, ['too much waits for its sender'])
  prove()
  assert.deepEqual(used, ['1 after 0'])
  peers.close()
})

test('who is forgotten among too many is not believed with what it said before', () => {
  const { peers, frame, say, prove, clock, used } = open()
  say(1)
  prove()
  clock.pass(100)
  for (let n = 0; n < 4_096; n++) peers.hear(frame(1, 0, `node${n}`), true)
  used.length = 0
  say(1, 50)
  prove()
  say(2)
  assert.deepEqual(used, ['2 after 0'])
})
