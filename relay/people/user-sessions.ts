/**
 * Sessions of people (S-A7): the record says who is signed in, at each call, so that whoever is not is out at once at every
 * node. Memory knows only which of them have been seen here, for event streams, which call once and stay.
 */
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { type FactorState, Role } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { UserSessionRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { UserCaller } from '../http/route.ts'
import type { From } from './audited.ts'
import { idleMs, rightsOf } from './roles.ts'
import type { SessionRow, SessionStore } from './session-store.ts'
import { hashOf } from './token.ts'

/** Who has just signed in, and the token of that session. */
export interface SignedIn {
  userId: string
  token: string
}

/** How a session begins. */
export interface Arrival {
  from: Pick<From, 'network' | 'browser'>
  /** A second factor was shown, or what is two in one. */
  hasFactor: boolean
  /** When it was proved who it is; left out: just now. */
  provenAt?: number | undefined
}

export interface UserSessions {
  find(token: string): Promise<UserCaller | undefined>
  /** Whose session that is, if it still stands. @param key hash of its token */
  findByKey(key: string): Promise<UserCaller | undefined>
  /** False from the moment its session has ended, as far as this node has heard. */
  isStillGood(caller: UserCaller): boolean
  /** In a transaction. @returns the token */
  begin(tx: Transaction, userId: string, arrival: Arrival): Promise<string>
  /** In a transaction: it was proved who it is. @param provenAt left out: just now */
  prove(tx: Transaction, key: string, proof: Pick<Arrival, 'hasFactor' | 'provenAt'>): Promise<void>
  /** @param tell to the audit log, in the transaction */
  end(key: string, tell?: (tx: Transaction) => void): Promise<void>
  /** In a transaction: all of a user, or all but one. */
  endAllOf(tx: Transaction, userId: string, butFor?: string): Promise<void>
  /** In a transaction: an account demands a second factor of its users, or does so no more. */
  demandChanged(tx: Transaction): void
  /** By the clock: what the record has of it may be there for longer. */
  isOver(row: Pick<UserSessionRow, 'created_at' | 'seen_at'>, role: Role): boolean
  /** Those that are over are rows for nothing. */
  forgetOld(): Promise<void>
  /** Reads anew which of those that were seen here still stand, by the record and by their time. */
  learn(): Promise<void>
}

export interface UserSessionsNeeds {
  database: Database
  store: SessionStore
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
    const row = await store.find(key)
    if (!row) return undefined
    const role = Role.parse(row.role)
    if (isOver(row, role)) return undefined
    const caller: UserCaller = {
      kind: 'user',
      ...{ userId: row.user_id, account: row.account, role, scopes: rightsOf[role] },
      ...{ isRelayAdmin: row.is_relay_admin === 1, session: key },
      ...{ provenAt: row.proven_at ?? 0, hasFactor: row.factor_at !== null, secondFactor: factorStateOf(row) },
    }
    return { caller, seenAt: row.seen_at }
  }

  function isOver(row: Pick<UserSessionRow, 'created_at' | 'seen_at'>, role: Role): boolean {
    const nowMs = clock.wallNow()
    return row.created_at + longestMs <= nowMs || row.seen_at + idleMs[role] <= nowMs
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
      if (!found || !isAsBefore(found.caller, known)) gone.push(key)
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

    async begin(tx, userId, { from, hasFactor, provenAt }) {
      const token = random.token(tokenBytes)
      const at = clock.wallNow()
      await store.endOldestOf(tx, userId, mostOfUser - 1)
      await store.add(tx, {
        ...{ key: hashOf(token), user_id: userId, created_at: at, seen_at: at },
        ...{ proven_at: provenAt ?? at, factor_at: hasFactor ? at : null },
        ...{ network: from.network, browser: from.browser },
      })
      return token
    },

    async prove(tx, key, { hasFactor, provenAt }) {
      const at = clock.wallNow()
      await store.saveProof(tx, key, { proven_at: provenAt ?? at, ...(hasFactor && { factor_at: at }) })
    },

    isOver,

    async end(key, tell) {
      await database.write(async (tx) => {
        await store.end(tx, key)
        changed(tx)
        tell?.(tx)
        tx.afterCommit(() => forget([key]))
      })
      await needs.everywhere()
    },

    async endAllOf(tx, userId, butFor) {
      await store.endAllOf(tx, userId, butFor)
      changed(tx)
      const isGone = ([key, caller]: [string, UserCaller]) => caller.userId === userId && key !== butFor
      tx.afterCommit(() => forget([...seenHere].flatMap((seen) => (isGone(seen) ? seen[0] : []))))
    },

    demandChanged(tx) {
      changed(tx)
      tx.afterCommit(() => inBackground(log, 'people.not-looked-at', learn))
    },

    async forgetOld() {
      const nowMs = clock.wallNow()
      const longestIdleMs = Math.max(...Object.values(idleMs))
      await database.write((tx) => store.forget(tx, nowMs - longestMs, nowMs - longestIdleMs))
    },

    learn,
  }
}

/** A stream that was opened with it may go on. */
function isAsBefore(now: UserCaller, before: UserCaller): boolean {
  return now.role === before.role && now.account === before.account && now.secondFactor === before.secondFactor
}

function factorStateOf({ require_second_factor, factor_at, totp_since, passkeys }: SessionRow): FactorState {
  if (require_second_factor === 0 || factor_at !== null) return 'fine'
  return totp_since !== null || passkeys > 0 ? 'show' : 'set-up'
}
