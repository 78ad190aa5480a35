/** What the relay has to know again, encrypted: a copy of a table alone says nothing. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

export interface Seal {
  /** @param whose binds it: moved to somebody else's row it cannot be opened */
  close(text: string, whose: string): string
  /** @throws {Error} it was closed with another key, or for somebody else */
  open(sealed: string, whose: string): string
}

const cipher = 'aes-256-gcm'
/** NIST SP 800-38D §8.2.2. */
const nonceBytes = 12
const tagBytes = 16

/** @param key 32 bytes */
export function createSeal(key: Uint8Array): Seal {
  return {
    close(text, whose) {
      const nonce = randomBytes(nonceBytes)
      const closing = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(whose))
      const closed = [closing.update(text, 'utf8'), closing.final()]
      return Buffer.concat([nonce, ...closed, closing.getAuthTag()]).toString('base64url')
    },
    open(sealed, whose) {
      const bytes = Buffer.from(sealed, 'base64url')
      const opening = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(whose))
        .setAuthTag(bytes.subarray(-tagBytes))
      return opening.update(bytes.subarray(nonceBytes, -tagBytes), undefined, 'utf8') + opening.final('utf8')
    },
  }
}
