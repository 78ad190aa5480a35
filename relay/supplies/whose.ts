/** Whose things a caller may see, make and take away: its own account's; the admin's are all of them (S-M1). */
import { Failure } from '@fairlead/base'
import { defaultAccount } from '@fairlead/protocol/contract'
import type { Caller } from '../http/route.ts'

export function maySee(caller: Caller, account: string): boolean {
  return caller.kind === 'admin' || (caller.kind === 'key' && caller.account === account)
}

/** Undefined: all there are. */
export function accountSeenBy(caller: Caller): string | undefined {
  return caller.kind === 'key' ? caller.account : undefined
}

/** @throws {Failure} `not-found`: no such account, or not the caller's */
export function accountFor(caller: Caller, named: string | undefined, exists: (account: string) => boolean): string {
  const account = named ?? accountSeenBy(caller) ?? defaultAccount
  if (!maySee(caller, account) || !exists(account)) throw new Failure('not-found', `There is no account ${account}.`)
  return account
}

/** As it is written down. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'key' ? `key ${caller.keyId}` : caller.kind
}
