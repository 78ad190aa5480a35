/** What was added first is found first, whatever has been deleted, and at no cost of its own. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { costRatio } from '../testkit/cost.ts'
import { InOrder } from './in-order.ts'
import { createSeededRandom } from './random.ts'

test('the oldest is what a plain Map would name first, over thousands of changes', () => {
  const random = createSeededRandom(4).fraction
  const entries = new InOrder<number, number>()
  const plain = new Map<number, number>()
  for (let at = 0; at < 50_000; at++) {
    const key = Math.floor(random() * 50)
    const deed = random()
    if (deed < 0.4) {
      entries.add(key, at)
      plain.delete(key)
      plain.set(key, at)
    } else if (deed < 0.7) assert.equal(entries.delete(key), plain.delete(key))
    else if (deed < 0.9) assert.deepEqual(entries.oldest(), plain.entries().next().value)
    // Empty from time to time.
    else if (deed < 0.902) for (const each of [...plain.keys()]) assert.equal(entries.delete(each), plain.delete(each))
    assert.deepEqual([entries.size, entries.get(key), entries.has(key)], [plain.size, plain.get(key), plain.has(key)])
  }
})

test('a limit forgets the oldest, and no more than it must', () => {
  const entries = new InOrder<string, number>()
  for (const key of ['a', 'b', 'c', 'a']) entries.add(key, 0)
  entries.limitTo(3)
  assert.equal(entries.size, 3)
  entries.limitTo(1)
  assert.deepEqual([entries.size, entries.oldest()], [1, ['a', 0]])
  entries.limitTo(0)
  assert.deepEqual([entries.size, entries.oldest()], [0, undefined])
})

/** Thousands are added to many, and as many forgotten. */
function churned(oldestOf: (entries: InOrder<number, number>, added: number) => number): () => void {
  const entries = new InOrder<number, number>()
  let added = 0
  const churn = (times: number) => {
    for (let time = 0; time < times; time++) {
      entries.add(added++, 0)
      if (entries.size > many) entries.delete(oldestOf(entries, added))
    }
  }
  churn(2 * many)
  return () => churn(20_000)
}

const many = 100_000

test('to find the oldest of many costs next to nothing', () => {
  const found = churned((entries) => entries.oldest()?.[0] ?? -1)
  const known = churned((_, added) => added - many - 1)
  // The first key of a plain Map costs far more.
  const ratio = costRatio(found, known, 6)
  assert.ok(ratio < 6, `${ratio.toFixed(1)} times the cost`)
})
