/** It says what the library says, whatever the lengths. */
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createHmacSha256 } from './hmac.ts'

const byLibrary = (key: Uint8Array, head: string, bytes: Uint8Array) =>
  createHmac('sha256', key).update(`${head}\n`).update(bytes).digest('hex')

test('RFC 2104 each signature is that of HMAC-SHA256, for keys and texts of every length', () => {
  const lengths = [0, 1, 31, 32, 55, 56, 63, 64, 65, 1_000, 16_000, 16_300, 16_384, 20_000, 1_048_576]
  for (const keyLength of [0, 1, 32, 63, 64]) {
    const key = randomBytes(keyLength)
    const hmac = createHmacSha256(key)
    for (const length of lengths) {
      const bytes = randomBytes(length)
      for (const head of ['', 'in.self', 'x'.repeat(256)])
        assert.equal(hmac.sign(head, bytes).toString('hex'), byLibrary(key, head, bytes), `${keyLength} ${length}`)
    }
  }
})

test('a signature is not changed by the next one', () => {
  const hmac = createHmacSha256(Buffer.alloc(32, 1))
  const first = hmac.sign('a', Buffer.from('one'))
  const kept = first.toString('hex')
  hmac.sign('b', Buffer.from('two'))
  assert.equal(first.toString('hex'), kept)
})

test('a key that RFC 2104 would hash first is refused', () => {
  assert.throws(() => createHmacSha256(Buffer.alloc(65)), /a key of 65 bytes/)
})
