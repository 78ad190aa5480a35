/** Whose a device is to be, and who asks for it. */
import { Failure } from '@fairlead/base'
import type { AuditActor } from '@fairlead/protocol/contract'
import type { Act } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import { askerOf, homeOf, reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'

/** @param named the admin may name any. @throws {Failure} `not-found`: no such account, or not the caller's */
export function accountFor(
  caller: Caller,
  named: string | undefined,
  accountExists: (account: string) => boolean,
): string {
  const account = named ?? homeOf(caller)
  if (!reaches(caller, account) || !accountExists(account))
    throw new Failure('not-found', `There is no account ${account}.`)
  return account
}

/** Who types a code or a PIN, for which account, and from where. */
export interface Typist {
  account: string
  /** Whose tries are counted together. */
  asker: string
  actor: AuditActor
  address: string | undefined
}

export function typistOf(caller: Caller, account: string, address: string | undefined): Typist {
  return { account, asker: askerOf(caller), actor: actorOf(caller), address }
}

/** What the audit log is told of a try that failed: nothing of what was typed, and no device. */
export function refusalOf(action: 'claim.refused' | 'pairing.refused', { account, actor, address }: Typist): Act {
  return { action, account, actor, address }
}
