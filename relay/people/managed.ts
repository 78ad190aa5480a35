/** A user who is managed by somebody: found in their account, and held while they are changed. */
import { Failure } from '@fairlead/base'
import { Role } from '@fairlead/protocol/contract'
import type { AccountUserRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { actsAsAdmin, reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { mustManage } from './roles.ts'
import type { PeopleStore } from './store.ts'

/** @throws {Failure} `not-found`, also for another account's */
export async function mustFind(store: PeopleStore, caller: Caller, userId: string): Promise<AccountUserRow> {
  const row = await store.find(userId)
  if (!row || !reaches(caller, row.account)) throw noSuchUser()
  return row
}

/**
 * As the user is now, and nobody else changes anybody of this account meanwhile.
 *
 * @throws {Failure} `not-found`, `forbidden`: the caller does not manage this user
 */
export async function hold(
  tx: Transaction,
  store: PeopleStore,
  caller: Caller,
  { account, user_id }: AccountUserRow,
): Promise<AccountUserRow> {
  await store.holdAccount(tx, account)
  const user = await store.findToChange(tx, user_id)
  if (!user) throw noSuchUser()
  if (user.is_relay_admin === 1 && !actsAsAdmin(caller))
    throw new Failure('forbidden', 'This user acts as the admin key does: only the admin key changes that.')
  mustManage(caller, Role.parse(user.role))
  return user
}

export function noSuchUser(): Failure {
  return new Failure('not-found', 'There is no such user.')
}
