/** Nodes follow what the others write to the journal, and look at the record for what changes something only. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, silentLog } from '@fairlead/base'
import { until } from '../../testkit/until.ts'
import { openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import type { SharedJournal } from './entry.ts'
import { createFollowing } from './following.ts'
import { type Journal, openJournal } from './journal.ts'

interface Node {
  readonly journal: Journal
  /** What it says to the others. */
  readonly known: number[]
  readonly quietly: [from: number, upTo: number][]
  readonly learnt: number[]
  isListenedTo: boolean
}

async function openTwo() {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const clock = createHandClock()
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  async function openNode(number: number): Promise<Node> {
    const known: number[] = []
    const quietly: [number, number][] = []
    const learnt: number[] = []
    const shared: SharedJournal = {
      node: () => number,
      isListenedTo: () => node.isListenedTo,
      learn: async (rows) => void learnt.push(...(rows ?? []).map(({ seq }) => seq)),
      known: (seq) => void known.push(seq),
      wrote() {},
      wroteQuietly: (from, upTo) => void quietly.push([from, upTo]),
    }
    const journal = opening.use(await openJournal({ database, clock, log: silentLog, shared }))
    const node: Node = { journal, known, quietly, learnt, isListenedTo: false }
    return node
  }
  const [one, other] = [await openNode(1), await openNode(2)]
  const opened = opening.move()
  return { one, other, clock, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

const finished = { type: 'request.finished', account: 'acme', device: 'a' } as const
const online = { type: 'device.online', account: 'acme', device: 'a' } as const

test('N6 what is quiet is told once for all that is written together, and passed over by nodes where nobody listens', async () => {
  await using world = await openTwo()
  const { one, other } = world
  await Promise.all([one.journal.record(finished), one.journal.record(finished), one.journal.record(finished)])
  await until('it is told', async () => one.quietly.length > 0)
  assert.deepEqual(one.quietly, [[1, 3]])
  assert.deepEqual(one.known, [], 'nobody waits for that to be known')
  other.journal.othersWroteQuietly(1, 3)
  assert.equal(other.journal.newest(), 3)
  assert.deepEqual(other.learnt, [])
})

test('N6 what changes something is learnt though what is quiet before it was not heard of, and its writer is told', async () => {
  await using world = await openTwo()
  const { one, other } = world
  await one.journal.record(finished)
  await one.journal.record(online)
  assert.deepEqual(one.known, [2])
  // The word of the first was lost: it does not stand where the other one is.
  other.journal.othersWroteQuietly(3, 3)
  assert.equal(other.journal.newest(), 0)
  await other.journal.catchUp()
  assert.deepEqual(other.learnt, [2])
  assert.deepEqual(other.known, [2])
})

test('N6 a change that is written behind something unheard is told all the same', async () => {
  await using world = await openTwo()
  const { one, other } = world
  await other.journal.record(finished)
  await one.journal.record(online)
  await until('it is told', async () => one.known.length > 0)
  assert.deepEqual(one.known, [2])
})

test('N6 where somebody listens each quiet event is heard of, in order', async () => {
  await using world = await openTwo()
  const { one, other } = world
  other.isListenedTo = true
  const heard: number[] = []
  other.journal.subscribe(({ seq }) => heard.push(seq))
  await one.journal.record(finished)
  await other.journal.record(finished)
  await one.journal.record(finished)
  other.journal.othersWroteQuietly(3, 3)
  await until('all are heard', async () => heard.length === 3)
  assert.deepEqual(heard, [1, 2, 3])
})

test('N6 what was never told of is passed over within a moment, and then said to be known', async () => {
  await using world = await openTwo()
  const { one, other, clock } = world
  await one.journal.record(finished)
  clock.pass(600)
  await until('it is said', async () => other.known.length > 0)
  assert.deepEqual(other.known, [1])
  assert.equal(other.journal.newest(), 1)
})

test('N6 a change that a look at the record has found before its own node was told of it is said to be known', async () => {
  const known: number[] = []
  let newest = 0
  using following = createFollowing({
    clock: createHandClock(),
    log: silentLog,
    store: { newest: async () => 1, oldest: async () => 1, after: async () => [], changesAfter: async () => [] },
    shared: {
      node: () => 1,
      isListenedTo: () => false,
      learn: async () => {},
      known: (seq) => void known.push(seq),
      wrote() {},
      wroteQuietly() {},
    },
    newest: () => newest,
    hearOf: () => assert.fail('it was passed over'),
    passOver(seq) {
      newest = seq
    },
  })
  await following.catchUp()
  assert.deepEqual(known, [])
  following.written({ seq: 1, at: 0, account: 'acme', device: 'a', type: 'device.online', data: '{}', node: 1 })
  assert.deepEqual(known, [1])
})

test('N6 a node that stops while it reads, or hears of something then, has made no mistake', async () => {
  const reading = Promise.withResolvers<number>()
  const following = createFollowing({
    clock: createHandClock(),
    log: silentLog,
    store: {
      newest: () => reading.promise,
      oldest: async () => 1,
      after: async () => [],
      changesAfter: async () => [],
    },
    shared: {
      node: () => 1,
      isListenedTo: () => false,
      learn: async () => {},
      known() {},
      wrote() {},
      wroteQuietly() {},
    },
    newest: () => 0,
    hearOf() {},
    passOver() {},
  })
  const before = following.catchUp()
  following[Symbol.dispose]()
  reading.reject(new Error('The database is closed.'))
  await before
  await following.catchUp()
})
