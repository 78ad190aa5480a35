/** The two steps of the chain, by the hash function that Node has. */
import { hash } from 'node:crypto'
import { digestedTextOf } from './chain.ts'

/** SHA-256 of a text as UTF-8, as 64 hexadecimal digits. */
export function sha256(text: string): string {
  return hash('sha256', text, 'hex')
}

/** @param entry what it has of `previous` and `hash` does not count */
export function digestOf(entry: object): string {
  return sha256(digestedTextOf(entry))
}

export function hashOf(previous: string, digest: string): string {
  return sha256(previous + digest)
}
