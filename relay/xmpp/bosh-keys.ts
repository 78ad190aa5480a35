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
  return key !== undefined && earlierKey(key, missing + 1) === lock.toLowerCase()
}

/** The key that came with the request so many before. */
export function earlierKey(key: string, requests: number): string {
  let earlier = key
  for (let count = 0; count < requests; count++) earlier = hash('sha1', earlier, 'hex')
  return earlier
}
