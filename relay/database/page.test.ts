/** Pages of a list. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Failure } from '@fairlead/base'
import { cutPage } from './page.ts'

const letters = [...'abcdefghij']
const self = (letter: string) => letter

function walk(list: () => readonly string[], limit: number, isWanted?: (item: string) => boolean): string[][] {
  const pages: string[][] = []
  let cursor: string | undefined
  do {
    const page = cutPage(list(), self, { limit, cursor }, isWanted)
    pages.push(page.items)
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return pages
}

test('pages follow each other without gap or repeat, and the last says so', () => {
  assert.deepEqual(
    walk(() => letters, 4).map((page) => page.join('')),
    ['abcd', 'efgh', 'ij'],
  )
  assert.deepEqual(
    walk(() => letters, 5).map((page) => page.join('')),
    ['abcde', 'fghij'],
  )
})

test('a page is full of what is wanted', () => {
  const isVowel = (letter: string) => 'aeiou'.includes(letter)
  assert.deepEqual(
    walk(() => letters, 2, isVowel).map((page) => page.join('')),
    ['ae', 'i'],
  )
})

test('what is removed between two pages moves nothing else', () => {
  const first = cutPage(letters, self, { limit: 3, cursor: undefined })
  const rest = letters.filter((letter) => letter !== 'b' && letter !== 'c')
  assert.deepEqual(cutPage(rest, self, { limit: 2, cursor: first.nextCursor ?? '' }).items, ['d', 'e'])
})

test('an empty list is one empty page', () => {
  assert.deepEqual(cutPage([], self, { limit: 5, cursor: undefined }), { items: [], nextCursor: null })
})

for (const cursor of ['x', 'YQ', 'YWZ0ZXI6YQ==', '!!'])
  test(`a cursor that was never given out (${cursor}) is refused`, () => {
    assert.throws(
      () => cutPage(letters, self, { limit: 5, cursor }),
      (error) => error instanceof Failure && error.code === 'invalid-request',
    )
  })
