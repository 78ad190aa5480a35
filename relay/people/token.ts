/** What is kept of a token that opens a door: its hash, by which it is found (S-A1). */
import { hash } from 'node:crypto'

/** SHA-256, hexadecimal. */
export function hashOf(token: string): string {
  return hash('sha256', token, 'hex')
}
