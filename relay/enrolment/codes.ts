/** What is kept of a code, and the secret that a claim is worth: both follow from keys of this relay, neither is stored (S-R1, S-A4). */
import { createHmac, hkdfSync } from 'node:crypto'
import { readFactoryCode } from '@fairlead/protocol/contract'

export interface Codes {
  /** HMAC, hexadecimal. @param text whatever somebody typed: what is no code matches none, and costs the same */
  hashOf(text: string): string
  /** The same one each time it is asked for: 256 bits, base64url. */
  secretOf(claimId: string, device: string): string
}

const secretBytes = 32

/** @param codeKey of the HMACs @param secretKey what the secrets are derived from */
export function createCodes(codeKey: Uint8Array, secretKey: Uint8Array): Codes {
  return {
    hashOf: (text) =>
      createHmac('sha256', codeKey)
        .update(readFactoryCode(text) ?? `no code: ${text}`)
        .digest('hex'),
    secretOf: (claimId, device) =>
      Buffer.from(hkdfSync('sha256', secretKey, claimId, `device secret of ${device}`, secretBytes)).toString(
        'base64url',
      ),
  }
}
