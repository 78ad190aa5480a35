/** Key sequences: each request proves that it comes from who sent the one before. Source: XEP-0124 §15. */
import { hash } from 'node:crypto'
import type { BoshBody } from '@fairlead/protocol/xmpp'

/**
 * What the next request must match, or `refused` where this one does not match `lock`.
 *
 * @param lock the last key or `newkey`, undefined while no sequence is on
 * @param missing requests in between that never came, nor will
 */
export function nextLock(
  lock: string | undefined,
  body: BoshBody,
  missing: number,
): string | undefined | typeof refused {
  if (lock !== undefined && !opens(lock, body.key, missing)) return refused
  // §15.5: a new sequence starts with the request that carries the last key of the old one.
  if (body.newkey !== undefined) return body.newkey
  return lock === undefined ? undefined : body.key
}

export const refused = Symbol('refused')

function opens(lock: string, key: string | undefined, missing: number): boolean {
  if (key === undefined) return false
  let opened = hash('sha1', key, 'hex')
  for (let count = 0; count < missing; count++) opened = hash('sha1', opened, 'hex')
  return opened === lock.toLowerCase()
}
