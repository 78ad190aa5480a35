/** What is kept of PINs and tokens, and what a pairing is worth: all of it follows from a key of this relay (S-A1, S-R2). */
import { createHash, createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface PairingCodes {
  /** HMAC, hexadecimal: a PIN is short, and its hash alone would tell it. */
  hashOfPin(pin: string): string
  hashOfToken(token: string): string
  /** The one-time connection information (C4): the same each time it is asked for, stored nowhere. */
  codeOf(pairingId: string): string
  /** @returns the pairing whose code that is; undefined: it is none of this relay's */
  pairingOf(code: string): string | undefined
  /** The secret that the device is told for it: 256 bits, base64url. */
  secretOf(pairingId: string, device: string): string
}

const bytes = 32

export function createPairingCodes(key: Uint8Array): PairingCodes {
  const derive = (salt: string, what: string) =>
    Buffer.from(hkdfSync('sha256', key, salt, what, bytes)).toString('base64url')
  const proofOf = (pairingId: string) => derive(pairingId, 'connection information')
  return {
    hashOfPin: (pin) => createHmac('sha256', key).update(`pin ${pin}`).digest('hex'),
    hashOfToken: (token) => createHash('sha256').update(token).digest('hex'),
    codeOf: (pairingId) => `${pairingId}.${proofOf(pairingId)}`,
    pairingOf(code) {
      const [pairingId = '', proof = ''] = code.split('.')
      const [given, right] = [Buffer.from(proof), Buffer.from(proofOf(pairingId))]
      return given.length === right.length && timingSafeEqual(given, right) ? pairingId : undefined
    },
    secretOf: (pairingId, device) => derive(pairingId, `device secret of ${device}`),
  }
}
