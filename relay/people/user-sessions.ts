/**
 * Sessions of people (S-A7): the record says who is signed in, at each call, so that whoever is not is out at once at every
 * node. Memory knows only which of them have been seen here, for event streams, which call once and stay.
 */
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { Role } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { UserCaller } from '../http/route.ts'
import { idleMs, rightsOf } from './roles.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'

/** Who has just signed in, and the token of that session. */
export interface SignedIn {
  userId: string
  token: string
}

export interface UserSessions {
  find(token: string): Promise<UserCaller | undefined>
  /** Whose session that is, if it still stands. @param key hash of its token */
  findByKey(key: string): Promise<UserCaller | undefined>
  /** False from the moment its session has ended, as far as this node has heard. */
  isStillGood(caller: UserCaller): boolean
  /** In a transaction. @returns the token */
  begin(tx: Transaction, userId: string): Promise<string>
  end(key: string): Promise<void>
  /** In a transaction: all of a user. */
  endAllOf(tx: Transaction, userId: string): Promise<void>
  /** Those that are over are rows for nothing. */
  forgetOld(): Promise<void>
  /** Reads anew which of those that were seen here still stand, by the record and by their time. */
  learn(): Promise<void>
}

export interface UserSessionsNeeds {
  database: Database
  store: PeopleStore
  clock: Clock
  random: Random
  log: Log
  /** In the transaction that ends sessions: other nodes are to learn. */
  changed(tx: Transaction): void
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
  /** Ends what somebody holds open who is signed in no more. */
  ended(): void
}

export const longestMs = 7 * 24 * 3_600_000

/** 256 bits. */
const tokenBytes = 32
const tokenForm = /^[A-Za-z0-9_-]{43}$/
/** That it was seen is written no oftener. */
const saveSeenMs = 60_000
/** Whoever signs in oftener loses the oldest. */
const mostOfUser = 20

export function createUserSessions(needs: UserSessionsNeeds): UserSessions {
  const { database, store, clock, random, log, changed } = needs
  const seenHere = new Map<string, UserCaller>()
  const saving = new Set<string>()
  /** Grows when some have ended, here or elsewhere: what was read before may say otherwise. */
  let endings = 0

  /** From the record. @returns undefined: it has ended, or is over by its time */
  async function callerOf(key: string): Promise<{ caller: UserCaller; seenAt: number } | undefined> {
    const row = await store.findSession(key)
    if (!row) return undefined
    const role = Role.parse(row.role)
    const nowMs = clock.wallNow()
    if (row.created_at + longestMs <= nowMs || row.seen_at + idleMs[role] <= nowMs) return undefined
    const { user_id: userId, account } = row
    const isRelayAdmin = row.is_relay_admin === 1
    const caller = { kind: 'user', userId, account, role, scopes: rightsOf[role], isRelayAdmin, session: key } as const
    return { caller, seenAt: row.seen_at }
  }

  function forget(keys: Iterable<string>): void {
    endings++
    for (const key of keys) seenHere.delete(key)
    needs.ended()
  }

  /** A page makes many calls at once: one of them is written down. */
  function saveSeen(key: string): void {
    if (saving.has(key)) return
    saving.add(key)
    const at = clock.wallNow()
    const save = database.write((tx) => store.saveSeen(tx, key, at))
    inBackground(log, 'people.seen-not-saved', () => save.finally(() => saving.delete(key)))
  }

  async function learn(): Promise<void> {
    endings++
    const gone: string[] = []
    for (const [key, known] of [...seenHere]) {
      const found = await callerOf(key)
      if (found?.caller.role !== known.role || found.caller.account !== known.account) gone.push(key)
    }
    if (gone.length > 0) forget(gone)
  }

  async function findByKey(key: string): Promise<UserCaller | undefined> {
    let read: number
    let found: Awaited<ReturnType<typeof callerOf>>
    do {
      read = endings
      found = await callerOf(key)
    } while (read !== endings)
    if (!found) return undefined
    seenHere.set(key, found.caller)
    if (found.seenAt < clock.wallNow() - saveSeenMs) saveSeen(key)
    return found.caller
  }

  return {
    find: async (token) => (tokenForm.test(token) ? await findByKey(hashOf(token)) : undefined),
    findByKey,

    isStillGood: ({ session }) => seenHere.has(session),

    async begin(tx, userId) {
      const token = random.token(tokenBytes)
      const at = clock.wallNow()
      await store.endSessionsOf(tx, userId, mostOfUser - 1)
      await store.addSession(tx, { key: hashOf(token), user_id: userId, created_at: at, seen_at: at })
      return token
    },

    async end(key) {
      await database.write(async (tx) => {
        await store.endSession(tx, key)
        changed(tx)
        tx.afterCommit(() => forget([key]))
      })
      await needs.everywhere()
    },

    async endAllOf(tx, userId) {
      await store.endSessionsOf(tx, userId)
      changed(tx)
      tx.afterCommit(() => forget([...seenHere].flatMap(([key, caller]) => (caller.userId === userId ? key : []))))
    },

    async forgetOld() {
      const nowMs = clock.wallNow()
      const longestIdleMs = Math.max(...Object.values(idleMs))
      await database.write((tx) => store.forgetSessions(tx, nowMs - longestMs, nowMs - longestIdleMs))
    },

    learn,
  }
}
