/** What a caller reaches: one function for each question, so that no room looks at who it is by itself (S-M1). */
import { defaultAccount } from '@fairlead/protocol/contract'
import type { Access, Caller, UserCaller } from './route.ts'

/** The admin key, and users who act as it does. */
export function actsAsAdmin(caller: Caller): boolean {
  return caller.kind === 'admin' || (caller.kind === 'user' && caller.isRelayAdmin)
}

/** What belongs to this account may be seen. */
export function reaches(caller: Caller, account: string): boolean {
  return actsAsAdmin(caller) || ownAccountOf(caller) === account
}

/** The only account that there is for this caller. @returns undefined: it sees all, or none */
export function tenantOf(caller: Caller): string | undefined {
  return actsAsAdmin(caller) ? undefined : ownAccountOf(caller)
}

/** Somebody, and no program: who may be at a device. */
export function isPerson(caller: Caller): caller is UserCaller {
  return caller.kind === 'user'
}

/** Whose it becomes, where no account is named. */
export function homeOf(caller: Caller): string {
  return ownAccountOf(caller) ?? defaultAccount
}

/** Who it is, where something is counted or remembered for each. */
export function askerOf(caller: Caller): string {
  if (caller.kind === 'key') return caller.keyId
  return caller.kind === 'user' ? askerOfUser(caller.userId) : caller.kind
}

export function askerOfUser(userId: string): string {
  return `user ${userId}`
}

/** Default deny: what is not named here is refused. */
export function mayCall(access: Access, caller: Caller): boolean {
  if (access === 'anybody') return true
  if (access === 'device') return caller.kind === 'device'
  if (access === 'user') return caller.kind === 'user'
  if (actsAsAdmin(caller)) return true
  // A device prints nothing: it takes jobs there, as an IPP proxy (PWG 5100.18).
  if (access === 'print') return caller.kind === 'device' || has(caller, 'jobs:write')
  return access !== 'admin' && has(caller, access)
}

/** Whether the caller itself has this right, which it may then give to others. */
export function has(caller: Caller, right: Access): boolean {
  const rights: ReadonlySet<Access> = caller.kind === 'key' || caller.kind === 'user' ? caller.scopes : new Set()
  return rights.has(right)
}

/** Devices have an account, too, but reach nothing by it. */
function ownAccountOf(caller: Caller): string | undefined {
  return caller.kind === 'key' || caller.kind === 'user' ? caller.account : undefined
}
