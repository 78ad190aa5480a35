/** Whose things a caller may see: its own account's; the admin's are all of them (S-M1). */
import type { Caller } from '../http/route.ts'

export function maySee(caller: Caller, account: string): boolean {
  return caller.kind === 'admin' || (caller.kind === 'key' && caller.account === account)
}

/** As it is written down, and read in reasons. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'key' ? `key ${caller.keyId}` : caller.kind
}

/** Undefined: all there are. */
export function accountSeenBy(caller: Caller): string | undefined {
  return caller.kind === 'key' ? caller.account : undefined
}
