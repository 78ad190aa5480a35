/** The word on a page: enough chance, the same however it is typed, and nothing of it in what is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { inLargeLetters } from './letters.ts'
import { hashWord, isWord, makeWord, plainWord } from './word.ts'
import { words } from './words.ts'

test('B5 a word has 21 bits: 256 words that are never a letter apart, and four digits', () => {
  assert.equal(new Set(words).size, 256)
  const apart = (one: string, other: string) => [...one].filter((letter, at) => letter !== other[at]).length
  for (const [at, one] of words.entries()) {
    assert.match(one, /^[a-z]{3,6}$/)
    for (const other of words.slice(at + 1))
      assert.ok(one.length !== other.length || apart(one, other) > 1, `${one} ${other}`)
  }
  const random = createSeededRandom(5)
  const made = Array.from({ length: 4_000 }, () => makeWord(random))
  for (const word of made) assert.match(word, /^[A-Z]{3,6} \d{4}$/)
  assert.ok(new Set(made.map((word) => word.split(' ')[0])).size === 256, 'each word comes')
  assert.ok(new Set(made).size > 3_980, 'hardly one comes twice')
  assert.ok(inLargeLetters('QUARTZ 0123').every((line) => line.length <= 66))
})

test('B5 case, spaces, hyphens and width do not matter, and all else does', async () => {
  const kept = await hashWord('RIVER 4827', createSeededRandom(1))
  assert.doesNotMatch(JSON.stringify(kept), /river|4827/i)
  for (const typed of ['river4827', ' River-4827 ', 'ＲＩＶＥＲ　４８２７']) assert.ok(await isWord(typed, kept), typed)
  for (const typed of ['river 4828', 'river', '4827', '', 'rivers 4827']) assert.ok(!(await isWord(typed, kept)), typed)
  assert.equal(plainWord('リバー'), '')
})
