/** Keys of services: who holds one is let in as its account, with its scopes, until it expires or is revoked. */
import { timingSafeEqual } from 'node:crypto'
import { type Clock, Failure, inBackground, type Log, type Random, type Timer } from '@fairlead/base'
import { allScopes, type CreatedKey, type Key, type NewKey, type Page, type Scope } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import { cutPage, placeAfter } from '../database/page.ts'
import type { ApiKeyRow } from '../database/tables.ts'
import { actsAsAdmin, has, reaches } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { sha256 } from './admin-key.ts'
import type { AccountStore } from './store.ts'

type KeyCaller = Extract<Caller, { kind: 'key' }>

export interface Keys extends AsyncDisposable {
  /** From memory: no call waits for the database to know who asks. */
  find(bearer: string): KeyCaller | undefined
  /** False from the moment a key is revoked or expires. */
  isStillGood(keyId: string): boolean
  /**
   * @throws {Failure} `forbidden` when it could do more than the key that asks for it; `not-found` for an account that is
   *   not there or another's; `invalid-request` when it would have expired already
   */
  create(caller: Caller, order: NewKey, address?: string): Promise<CreatedKey>
  list(caller: Caller, query: { account?: string | undefined; limit: number; cursor?: string | undefined }): Page<Key>
  /** The keys of an account that are good, for who was let in to see them. */
  goodOf(account: string): Key[]
  /** Reads anew what other nodes may have changed. */
  learn(): Promise<void>
  /** Dead at once, in memory before it is on disk. @throws {Failure} `not-found`, also for another account's */
  revoke(caller: Caller, keyId: string, address?: string): Promise<void>
}

export interface KeysNeeds {
  store: AccountStore
  clock: Clock
  random: Random
  log: Log
  accountExists(account: string): boolean
  /** Ends what a revoked key still holds open. */
  onRevoked(keyId: string): void
  audit: TellAudit
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

interface HeldKey {
  caller: KeyCaller
  name: string | null
  hash: Buffer
  createdAtMs: number
  expiresAtMs: number | null
  /** The same moment on the clock that never goes back, as it looked when the key was read. */
  goodUntilMs: number
  lastUsedAtMs: number | null
}

const keyForm = /^fl_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}$/
/** "Last used" is for people: it may lose this much in a crash, and costs no call a write. */
const saveUsesEveryMs = 60_000

export async function openKeys(needs: KeysNeeds): Promise<Keys> {
  const { store, clock, random, log, accountExists, onRevoked, everywhere, audit } = needs
  const held = new Map<string, HeldKey>()
  const sorted: HeldKey[] = []
  const used = new Set<HeldKey>()

  let changes = 0

  function hold(key: HeldKey): void {
    changes++
    held.set(idOf(key), key)
    sorted.splice(placeAfter(sorted, idOf, idOf(key)), 0, key)
  }

  function letGo(key: HeldKey): void {
    changes++
    held.delete(idOf(key))
    sorted.splice(sorted.indexOf(key), 1)
    used.delete(key)
    onRevoked(idOf(key))
  }

  for (const row of await store.keys()) hold(heldKeyOf(row, clock))

  /** By either clock: one that is set back brings no key to life again. */
  const isExpired = ({ expiresAtMs, goodUntilMs }: HeldKey) =>
    expiresAtMs !== null && (expiresAtMs <= clock.wallNow() || goodUntilMs <= clock.now())

  async function saveUses(): Promise<void> {
    if (used.size === 0) return
    const uses = [...used].map((key) => ({ keyId: idOf(key), atMs: key.lastUsedAtMs ?? 0 }))
    used.clear()
    await store.saveLastUsed(uses)
  }

  let timer: Timer | undefined
  let closed = false
  /** The next time is counted from the end of this one: they never pile up. */
  function saveUsesLater(): void {
    if (closed) return
    timer = clock.at(clock.now() + saveUsesEveryMs, () =>
      inBackground(log, 'accounts.last-used-not-saved', () => saveUses().finally(saveUsesLater)),
    )
  }
  saveUsesLater()

  function newKeyId(): string {
    for (;;) {
      const keyId = random.token(6)
      if (/^[A-Za-z0-9]{8}$/.test(keyId) && !held.has(keyId)) return keyId
    }
  }

  return {
    find(bearer) {
      const key = held.get(keyForm.exec(bearer)?.[1] ?? '')
      if (!key || isExpired(key) || !timingSafeEqual(key.hash, Buffer.from(sha256(bearer), 'hex'))) return undefined
      key.lastUsedAtMs = clock.wallNow()
      used.add(key)
      return key.caller
    },

    isStillGood(keyId) {
      const key = held.get(keyId)
      return key !== undefined && !isExpired(key)
    },

    async create(caller, order, address) {
      const scopes = order.scopes ? [...new Set(order.scopes)] : allScopes
      mayGive(caller, order.account, scopes)
      if (!accountExists(order.account)) throw noSuchAccount(order.account)
      const createdAtMs = clock.wallNow()
      const expiresAtMs = order.expiresAt === undefined ? null : Date.parse(order.expiresAt)
      if (expiresAtMs !== null && expiresAtMs <= createdAtMs)
        throw new Failure('invalid-request', 'body.expiresAt: is in the past.')
      const keyId = newKeyId()
      const key = `fl_${keyId}_${random.token(32)}`
      const row: ApiKeyRow = {
        key_id: keyId,
        account: order.account,
        name: order.name ?? null,
        hash: sha256(key),
        scopes: JSON.stringify(scopes),
        created_at: createdAtMs,
        expires_at: expiresAtMs,
        last_used_at: null,
      }
      const act = {
        action: 'key.made',
        account: order.account,
        actor: actorOf(caller),
        subject: keyId,
        address,
      } as const
      await store.addKey(row, (tx) => audit(tx, act))
      const made = heldKeyOf(row, clock)
      hold(made)
      await everywhere()
      return { ...viewOf(made), key }
    },

    list(caller, { account, ...page }) {
      const { items, nextCursor } = cutPage(
        sorted,
        idOf,
        page,
        (key) => maySee(caller, key) && (account ?? key.caller.account) === key.caller.account,
      )
      return { items: items.map(viewOf), nextCursor }
    },

    goodOf: (account) => sorted.filter((key) => key.caller.account === account && !isExpired(key)).map(viewOf),

    async learn() {
      let seen: number
      let rows: Map<string, ApiKeyRow>
      // What changes here meanwhile may be missing in what was read.
      do {
        seen = changes
        rows = new Map((await store.keys()).map((row) => [row.key_id, row]))
      } while (seen !== changes)
      for (const key of [...sorted]) if (!rows.has(idOf(key))) letGo(key)
      for (const [keyId, row] of rows) if (!held.has(keyId)) hold(heldKeyOf(row, clock))
    },

    async revoke(caller, keyId, address) {
      const key = held.get(keyId)
      if (!key || !maySee(caller, key)) throw new Failure('not-found', `There is no key ${keyId.slice(0, 16)}.`)
      letGo(key)
      try {
        const { account } = key.caller
        const act = { action: 'key.revoked', account, actor: actorOf(caller), subject: keyId, address } as const
        await store.removeKey(keyId, (tx) => audit(tx, act))
        await everywhere()
      } catch (error) {
        // It is still on disk and would be good again after a restart: say that it is not revoked, and let it be so.
        hold(key)
        throw error
      }
    },

    async [Symbol.asyncDispose]() {
      closed = true
      timer?.cancel()
      await saveUses()
    },
  }
}

/** Nobody gives more than they have themselves: not another account, not another scope. */
function mayGive(caller: Caller, account: string, scopes: readonly Scope[]): void {
  if (actsAsAdmin(caller)) return
  if (!reaches(caller, account)) throw noSuchAccount(account)
  const missing = scopes.filter((scope) => !has(caller, scope))
  if (missing.length > 0)
    throw new Failure(
      'forbidden',
      `Nobody gives a key what they do not have themselves: ${missing.join(', ')}. Name fewer scopes.`,
    )
}

function maySee(caller: Caller, key: HeldKey): boolean {
  return reaches(caller, key.caller.account)
}

function noSuchAccount(account: string): Failure {
  return new Failure('not-found', `There is no account ${account}.`)
}

const idOf = (key: HeldKey) => key.caller.keyId

function heldKeyOf(row: ApiKeyRow, clock: Clock): HeldKey {
  const scopes: Scope[] = JSON.parse(row.scopes)
  return {
    caller: { kind: 'key', keyId: row.key_id, account: row.account, scopes: new Set(scopes) },
    name: row.name,
    hash: Buffer.from(row.hash, 'hex'),
    createdAtMs: row.created_at,
    expiresAtMs: row.expires_at,
    goodUntilMs: clock.now() + (row.expires_at ?? 0) - clock.wallNow(),
    lastUsedAtMs: row.last_used_at,
  }
}

function viewOf(key: HeldKey): Key {
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
  return {
    keyId: key.caller.keyId,
    account: key.caller.account,
    name: key.name,
    scopes: [...key.caller.scopes],
    createdAt: new Date(key.createdAtMs).toISOString(),
    expiresAt: time(key.expiresAtMs),
    lastUsedAt: time(key.lastUsedAtMs),
  }
}
