/** Accounts are the tenants: each owns devices and keys and never sees another. The admin sees all. */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import {
  type Account,
  type AccountChange,
  defaultAccount,
  type NewAccount,
  type Page,
  type PageQuery,
} from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Database } from '../database/database.ts'
import { cutPage, placeAfter } from '../database/page.ts'
import type { AccountRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { RecordChange } from '../events/entry.ts'
import { reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { openAdminKey } from './admin-key.ts'
import { type Keys, openKeys } from './keys.ts'
import { createAccountStore } from './store.ts'

export interface Accounts extends AsyncDisposable {
  /** Who holds this bearer token; from memory. */
  findCaller(bearer: string): Caller | undefined
  /** Whether one who was let in may still be here: false once a key is revoked or has expired. */
  isStillGood(caller: Caller): boolean
  exists(account: string): boolean
  /** @param address that the caller calls from @throws {Failure} `account-exists` */
  create(caller: Caller, order: NewAccount, address?: string): Promise<Account>
  /** @throws {Failure} `not-found`, also for another's */
  change(caller: Caller, account: string, change: AccountChange, address?: string): Promise<Account>
  list(query: PageQuery): Page<Account>
  readonly keys: Keys
  /** Reads anew what other nodes may have changed. */
  learn(): Promise<void>
  /** The admin key, when this start made it: to be told once, in one line on standard error. */
  readonly adminKeyMade: string | undefined
}

export interface AccountsNeeds {
  database: Database
  /** Where `admin-key` lies. */
  dataFolder: string
  clock: Clock
  random: Random
  log: Log
  /** The option; undefined keeps the one that is there. */
  adminKey?: string | undefined
  onKeyRevoked(keyId: string): void
  /** In the transaction by which an account demands a second factor of its users, or does so no more. */
  demandChanged?(tx: Transaction): void
  audit: TellAudit
  /** Where there are several nodes. */
  shared?: {
    changed(tx: Transaction, change: RecordChange): void
    /** Resolves when all of them know what this one has written. */
    everywhere(): Promise<void>
  }
}

export async function openAccounts(needs: AccountsNeeds): Promise<Accounts> {
  const { database, dataFolder, clock, random, log, adminKey, onKeyRevoked, audit } = needs
  const { shared } = needs
  const store = createAccountStore(database, shared?.changed)
  const everywhere = async () => shared?.everywhere()
  const asMade = { require_second_factor: 0 }
  await store.addAccount({ id: defaultAccount, name: null, created_at: clock.wallNow(), ...asMade })
  const sorted: AccountRow[] = []
  const ids = new Set<string>()
  let changes = 0
  function put(row: AccountRow): void {
    changes++
    const place = placeAfter(sorted, idOf, row.id)
    if (ids.has(row.id)) sorted[place - 1] = row
    else sorted.splice(place, 0, row)
    ids.add(row.id)
  }
  for (const row of await store.accounts()) put(row)
  const admin = await openAdminKey(store, dataFolder, random, adminKey, audit)
  const accountExists = (account: string) => ids.has(account)
  const keys = await openKeys({ store, clock, random, log, accountExists, onRevoked: onKeyRevoked, everywhere, audit })

  return {
    findCaller(bearer) {
      return keys.find(bearer) ?? (admin.matches(bearer) ? { kind: 'admin' } : undefined)
    },

    isStillGood(caller) {
      return caller.kind === 'admin' || (caller.kind === 'key' && keys.isStillGood(caller.keyId))
    },

    exists: accountExists,

    async create(caller, { id, name }, address) {
      const account = { id, name: name ?? null, created_at: clock.wallNow(), ...asMade }
      const act = { action: 'account.made', account: id, actor: actorOf(caller), subject: id, address } as const
      if (!(await store.addAccount(account, (tx) => audit(tx, act))))
        throw new Failure('account-exists', `There is an account ${id} already.`)
      put(account)
      await everywhere()
      return viewOf(account)
    },

    async change(caller, account, { requireSecondFactor }, address) {
      if (!ids.has(account) || !reaches(caller, account))
        throw new Failure('not-found', `There is no account ${account.slice(0, 64)}.`)
      const act = { action: 'account.changed', account, actor: actorOf(caller), subject: account, address } as const
      const row = await store.changeAccount(account, { require_second_factor: requireSecondFactor ? 1 : 0 }, (tx) => {
        needs.demandChanged?.(tx)
        audit(tx, act)
      })
      put(row)
      await everywhere()
      return viewOf(row)
    },

    async learn() {
      let seen: number
      let rows: AccountRow[]
      // What changes here meanwhile may be older in what was read.
      do {
        seen = changes
        rows = await store.accounts()
      } while (seen !== changes)
      for (const row of rows) put(row)
      await keys.learn()
      await admin.learn()
    },

    list(query) {
      const { items, nextCursor } = cutPage(sorted, idOf, query)
      return { items: items.map(viewOf), nextCursor }
    },

    keys,
    adminKeyMade: admin.made,
    [Symbol.asyncDispose]: () => keys[Symbol.asyncDispose](),
  }
}

const idOf = (account: AccountRow) => account.id

function viewOf({ id, name, created_at, require_second_factor }: AccountRow): Account {
  const createdAt = new Date(created_at).toISOString()
  return { id, name, createdAt, requireSecondFactor: require_second_factor === 1 }
}
