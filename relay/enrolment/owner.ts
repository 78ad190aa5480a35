/** Whose a device is to be, and who asks for it. */
import { Failure } from '@fairlead/base'
import { defaultAccount } from '@fairlead/protocol/contract'
import type { Caller } from '../http/route.ts'

/** @param named the admin may name any. @throws {Failure} `not-found`: no such account, or not the caller's */
export function accountFor(
  caller: Caller,
  named: string | undefined,
  accountExists: (account: string) => boolean,
): string {
  const own = caller.kind === 'key' ? caller.account : defaultAccount
  const account = named ?? own
  const isAllowed = caller.kind === 'admin' || account === own
  if (!isAllowed || !accountExists(account)) throw new Failure('not-found', `There is no account ${account}.`)
  return account
}

/** Whose tries are counted together. */
export function askerOf(caller: Caller): string {
  return caller.kind === 'key' ? `key ${caller.keyId}` : caller.kind
}
