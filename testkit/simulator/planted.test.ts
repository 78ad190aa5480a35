/** Planted bugs: every patch fits the relay as it is, and a few are found. */
import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { test } from 'node:test'
import { checkPatch, readPlanted, renderTable, runPlanted } from './planted.ts'

const planted = await readPlanted()

test('there are fifteen planted bugs at least, each with its source, and each fits the relay as it is', async () => {
  assert.ok(planted.length >= 15, `only ${planted.length}`)
  for (const one of planted) {
    assert.ok(one.bug !== '' && one.source !== '', `${one.name} says what it is and where it is from`)
    await assert.doesNotReject(checkPatch(one), `${one.name} does not fit: plant it anew`)
  }
})

test('three planted bugs are found', async () => {
  const few = planted.filter(({ name }) => /not-found-for-a-held-copy|pushed-again|told-as-not-sent/.test(name))
  assert.equal(few.length, 3)
  const results = await runPlanted(few, { jobs: Math.min(2, availableParallelism()), longestMs: 60_000 })
  const survivors = results.filter(({ found }) => !found)
  assert.deepEqual(survivors, [], renderTable(results))
})
