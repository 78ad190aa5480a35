/**
 * Where a terminal was seen, in the relay's own words. A call comes over one family of addresses alone, and the device may be
 * known by the other (safety 6.10): so the terminal is seen over each, and brings what it was told.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'

export interface Witnesses {
  /** That somebody is seen there now, for whoever made that nonce. */
  sign(address: string, nonce: string): string
  /** @returns the address; undefined: it is none of this relay's, was changed, is too old, or was made for another nonce */
  addressIn(witness: string, nonce: string): string | undefined
}

const freshMs = 120_000

/** @param key of this relay, the same at all of its nodes */
export function createWitnesses(key: Uint8Array, wallNow: () => number): Witnesses {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'witness of an address', 32))
  // A nonce has no space in it: what is signed can be read in one way only.
  const proofOf = (seen: string, nonce: string) => createHmac('sha256', own).update(`${nonce} ${seen}`).digest()
  return {
    sign(address, nonce) {
      const seen = Buffer.from(`${wallNow()} ${address}`).toString('base64url')
      return `${seen}.${proofOf(seen, nonce).toString('base64url')}`
    },
    addressIn(witness, nonce) {
      const [seen = '', proof = ''] = witness.split('.')
      const [given, right] = [Buffer.from(proof, 'base64url'), proofOf(seen, nonce)]
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      const [atMs, address] = Buffer.from(seen, 'base64url').toString().split(' ')
      // Another node's clock may be ahead.
      return Math.abs(wallNow() - Number(atMs)) <= freshMs ? address : undefined
    },
  }
}
