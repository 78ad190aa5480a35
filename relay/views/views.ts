/** Saved views of the fleet: each user's own, and those that admins and owners have made the account's. */
import { type Clock, Failure } from '@fairlead/base'
import type { NewView, Page, View, ViewsQuery } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import { cutPage } from '../database/page.ts'
import type { SavedViewRow } from '../database/people-tables.ts'
import { actsAsAdmin, has, homeOf } from '../http/reach.ts'
import type { Caller, UserCaller } from '../http/route.ts'
import { createViewStore } from './store.ts'

export interface Views {
  list(caller: Caller, query: ViewsQuery): Promise<Page<View>>
  /**
   * Makes it, or puts this in its place; the same again changes nothing.
   *
   * @throws {Failure} `not-found`, for somebody else's too; `forbidden` to share one, or to change one that is shared;
   *   `invalid-request` when there are too many
   */
  save(caller: Caller, viewId: string, view: NewView): Promise<View>
  /** @throws {Failure} `not-found`, `forbidden` */
  remove(caller: Caller, viewId: string): Promise<void>
}

export interface ViewsNeeds {
  database: Database
  clock: Clock
}

/** Of a user, and of an account: a menu with more helps nobody. */
const maxViews = 100

export function createViews({ database, clock }: ViewsNeeds): Views {
  const store = createViewStore(database)

  return {
    async list(caller, query) {
      const rows = await store.list(homeOf(caller), mustBeUser(caller).userId)
      rows.sort((one, other) => (one.view_id < other.view_id ? -1 : 1))
      const { items, nextCursor } = cutPage(rows, ({ view_id }) => view_id, query)
      return { items: items.map(viewOf), nextCursor }
    },

    save: (caller, viewId, { name, search, shared }) =>
      database.write(async (tx) => {
        const { userId } = mustBeUser(caller)
        const account = homeOf(caller)
        const before = await store.find(tx, viewId)
        if (before) mustBeTheirs(caller, before)
        if (shared) mustMayShare(caller)
        const user_id = shared ? null : userId
        const row = { view_id: viewId, account, user_id, name, search, changed_at: clock.wallNow() }
        if (before?.user_id !== user_id && (await store.count(tx, account, user_id)) >= maxViews)
          throw new Failure('invalid-request', `There are ${maxViews} views already: remove one first.`)
        if (before) await store.change(tx, row)
        else if (!(await store.add(tx, row))) throw noSuchView()
        return viewOf(row)
      }),

    remove: (caller, viewId) =>
      database.write(async (tx) => {
        const before = await store.find(tx, viewId)
        if (!before) throw noSuchView()
        mustBeTheirs(caller, before)
        await store.remove(tx, viewId)
      }),
  }
}

/** Their own, or the account's and they look after it. */
function mustBeTheirs(caller: Caller, { account, user_id }: SavedViewRow): void {
  if (account !== homeOf(caller) || (user_id !== null && user_id !== mustBeUser(caller).userId)) throw noSuchView()
  if (user_id === null) mustMayShare(caller)
}

function mustMayShare(caller: Caller): void {
  if (actsAsAdmin(caller) || has(caller, 'users:write')) return
  throw new Failure('forbidden', 'Views of the whole account are for its admins and owners. Save one of your own.')
}

/** The routes take nobody else. */
function mustBeUser(caller: Caller): UserCaller {
  if (caller.kind === 'user') return caller
  throw new TypeError(`A view is of a user, and not of a ${caller.kind}`)
}

function noSuchView(): Failure {
  return new Failure('not-found', 'There is no such view.')
}

function viewOf({ view_id, user_id, name, search, changed_at }: SavedViewRow): View {
  return { viewId: view_id, name, search, shared: user_id === null, changedAt: new Date(changed_at).toISOString() }
}
