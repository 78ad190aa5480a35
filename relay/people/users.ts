/** The users of an account, as those who manage them see and change them. */
import { type Clock, Failure } from '@fairlead/base'
import type { Page, User, UserChange, UsersQuery } from '@fairlead/protocol/contract'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { cutPage } from '../database/page.ts'
import type { AccountUserRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { hold, mustFind, noSuchUser } from './managed.ts'
import { mustManage } from './roles.ts'
import type { PeopleStore } from './store.ts'
import type { UserSessions } from './user-sessions.ts'
import { viewOf } from './view.ts'

export interface Users {
  /** For who was let in to see them. */
  ofAccount(account: string): Promise<User[]>
  /** By ID or as they sign in, for who has let somebody in by it. */
  find(
    user: { userId: string } | { email: string },
  ): Promise<Pick<User, 'userId' | 'account' | 'email' | 'name'> | undefined>
  list(caller: Caller, query: UsersQuery): Promise<Page<User>>
  /**
   * With another role the user has to sign in anew, and whoever is no owner any more is no relay admin either.
   *
   * @throws {Failure} `not-found`, also for another account's; `forbidden`, `last-owner`
   */
  change(caller: Caller, userId: string, change: UserChange, address: string): Promise<User>
  /** Sessions end at once. @throws {Failure} as `change` */
  remove(caller: Caller, userId: string, address: string): Promise<void>
  /** Wherever the user is signed in. @throws {Failure} `not-found`, also for another account's; `forbidden` */
  endSessions(caller: Caller, userId: string, address: string): Promise<void>
}

export interface UsersNeeds {
  database: Database
  store: PeopleStore
  sessions: UserSessions
  audit: Pick<Audit, 'tell'>
  clock: Clock
  /** In the transaction that changes the rights of a user: links that they have made, or that are theirs, are good no more. */
  takeBackLinks(tx: Transaction, userId: string): Promise<void>
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

export function createUsers(needs: UsersNeeds): Users {
  const { database, store, sessions, audit, clock, takeBackLinks, everywhere } = needs

  async function mustLeaveAnOwner(tx: Transaction, { account, user_id, role }: AccountUserRow): Promise<void> {
    if (role === 'owner' && !(await store.hasOtherOwner(tx, account, user_id)))
      throw new Failure('last-owner', `Account ${account} would have no owner. Make somebody else one first.`)
  }

  return {
    ofAccount: async (account) => (await store.list(account)).map(viewOf),

    async find(user) {
      const row = await ('userId' in user
        ? store.find(user.userId)
        : store.findByEmail(user.email.trim().toLowerCase()))
      return row && { userId: row.user_id, account: row.account, email: row.email, name: row.name }
    },

    async list(caller, { account: named, ...page }) {
      const account = tenantOf(caller) ?? named
      if (named !== undefined && named !== account) return { items: [], nextCursor: null }
      const rows = await store.list(account)
      rows.sort((one, other) => (one.user_id < other.user_id ? -1 : 1))
      const { items, nextCursor } = cutPage(rows, (row) => row.user_id, page)
      return { items: items.map(viewOf), nextCursor }
    },

    async change(caller, userId, { role, name }, address) {
      const found = await mustFind(store, caller, userId)
      await database.write(async (tx) => {
        const user = await hold(tx, store, caller, found)
        if (role !== undefined && role !== user.role) {
          mustManage(caller, role)
          await mustLeaveAnOwner(tx, user)
          await sessions.endAllOf(tx, userId)
          await takeBackLinks(tx, userId)
        }
        await store.change(tx, userId, {
          ...(role !== undefined && { role }),
          // Whoever acts as the admin key does is an owner besides.
          ...(role !== undefined && role !== 'owner' && { is_relay_admin: 0 }),
          ...(name !== undefined && { name }),
        })
        const { account } = user
        audit.tell(tx, { action: 'user.changed', account, actor: actorOf(caller), subject: userId, address })
      })
      await everywhere()
      const changed = await store.find(userId)
      if (!changed) throw noSuchUser()
      return viewOf(changed)
    },

    async remove(caller, userId, address) {
      const found = await mustFind(store, caller, userId)
      await database.write(async (tx) => {
        const user = await hold(tx, store, caller, found)
        await mustLeaveAnOwner(tx, user)
        await sessions.endAllOf(tx, userId)
        await takeBackLinks(tx, userId)
        await store.remove(tx, user, clock.wallNow())
        const { account } = user
        audit.tell(tx, { action: 'user.removed', account, actor: actorOf(caller), subject: userId, address })
      })
      await everywhere()
    },

    async endSessions(caller, userId, address) {
      const found = await mustFind(store, caller, userId)
      await database.write(async (tx) => {
        const { account } = await hold(tx, store, caller, found)
        await sessions.endAllOf(tx, userId)
        audit.tell(tx, { action: 'user.sessions-ended', account, actor: actorOf(caller), subject: userId, address })
      })
      await everywhere()
    },
  }
}
