/** How release codes are kept: a PIN of 8 digits is too little chance for a plain hash. */
import { createHmac, scrypt } from 'node:crypto'
import { promisify } from 'node:util'
import type { ReleaseCodeKind } from '@fairlead/protocol/contract'

const slow = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt)

/** 16 MiB and some tens of milliseconds each: all PINs of an account are weeks of a processor's time, even for who has the key. */
const cost = { N: 2 ** 14, r: 8, p: 1 }

export type HashCode = (account: string, kind: ReleaseCodeKind, code: string) => Promise<string>

/**
 * The same for the same code of an account, so that it is found by it; of each account another, so that none is known by
 * another's.
 *
 * @param key 32 bytes: a copy of the table without it says nothing at all
 */
export function createCodeHash(key: Uint8Array): HashCode {
  return async (account, kind, code) => {
    const salt = createHmac('sha256', key).update(`${kind} of ${account}`).digest()
    return (await slow(code, salt, 32, cost)).toString('hex')
  }
}
