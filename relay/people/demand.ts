/** What an account demands of its users: that each has a second factor. */
import { Failure } from '@fairlead/base'
import type { Transaction } from '../database/writer.ts'
import type { PeopleStore } from './store.ts'

/**
 * In a transaction that holds the account, once a factor has been taken off.
 *
 * @throws {Failure} `second-factor-required`: it was the last, and the account demands one
 */
export async function mustKeepAFactor(tx: Transaction, store: PeopleStore, userId: string): Promise<void> {
  const user = await store.findToChange(tx, userId)
  if (!user || !(await store.demandsFactor(tx, user.account)) || (await store.hasFactor(tx, userId))) return
  throw new Failure(
    'second-factor-required',
    'Your account demands a second factor, and this is your last. Set up another one first. Nothing was changed.',
  )
}
