/** D6 many who ask for one row each take few queries. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gather } from './gathered.ts'

test('D6 a thousand that ask at once share a few queries, and each gets its own row', async () => {
  const asked: (readonly number[])[] = []
  const find = gather(async (keys: readonly number[]) => {
    asked.push(keys)
    await new Promise((resolve) => setImmediate(resolve))
    return new Map(keys.filter((key) => key % 2 === 0).map((key) => [key, `row ${key}`]))
  })
  const keys = Array.from({ length: 999 }, (_, key) => key)
  const found = await Promise.all([...keys, 0, 2].map(find))
  assert.deepEqual(found.slice(0, 4), ['row 0', undefined, 'row 2', undefined])
  assert.equal(found.at(-1), 'row 2')
  assert.deepEqual(
    asked.map(({ length }) => length),
    [1, 512, 512],
  )
})

test('D6 a row is as it stands after it was asked for, not before', async () => {
  let value = 'old'
  const find = gather(async (keys: readonly string[]) => {
    const read = value
    await new Promise((resolve) => setImmediate(resolve))
    return new Map(keys.map((key) => [key, read]))
  })
  const first = find('a')
  value = 'new'
  assert.deepEqual(await Promise.all([first, find('a')]), ['old', 'new'])
})

test('D6 a query that fails fails for those that shared it, and for nobody after them', async () => {
  let isBroken = true
  const find = gather(async (keys: readonly string[]) => {
    if (isBroken) throw new Error('the record is away')
    return new Map(keys.map((key) => [key, key]))
  })
  await assert.rejects(find('a'), /the record is away/)
  isBroken = false
  assert.equal(await find('a'), 'a')
})
