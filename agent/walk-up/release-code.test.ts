/** One field for PINs and badges: which it was. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { releaseCodeOf } from './release-code.ts'

test('H1 eight digits are a PIN, grouped as people write them; all else is a badge', () => {
  for (const typed of ['12345678', ' 1234 5678 ', '1234-5678'])
    assert.deepEqual(releaseCodeOf(typed), { pin: '12345678' })
  for (const read of ['123456789', '1234567', '04:A2:19:7F', 'A2345678'])
    assert.deepEqual(releaseCodeOf(read), { badge: read })
})
