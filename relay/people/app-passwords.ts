/** App passwords: what a user's print clients show as HTTP Basic (N1). Each opens printing alone, and goes alone. */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import {
  type AppPassword,
  type MadeAppPassword,
  type NewAppPassword,
  type Right,
  Role,
} from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import { createCountedTries } from '../database/counted-tries.ts'
import type { Database } from '../database/database.ts'
import type { AppPasswordRow } from '../database/people-tables.ts'
import type { UserCaller } from '../http/route.ts'
import type { AppPasswordStore } from './app-password-store.ts'
import { actOf, type From } from './audited.ts'
import { rightsOf } from './roles.ts'
import type { SignInLimits } from './sign-in-tries.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'

export interface AppPasswords {
  /** @throws {Failure} `forbidden`: the user has too many */
  make(user: UserCaller, order: NewAppPassword, from: From): Promise<MadeAppPassword>
  list(userId: string): Promise<AppPassword[]>
  /** @throws {Failure} `not-found`, also for another's */
  remove(user: UserCaller, appPasswordId: string, from: From): Promise<void>
  /** Whose it is, with the rights of that user that printing needs. @returns undefined: it is nobody's */
  find(email: string, password: string): Promise<UserCaller | undefined>
  /**
   * Somebody showed what was nobody's. Counted like a sign-in, but apart from those: a computer that still has an old one
   * must keep nobody from signing in.
   * @throws {Failure} `too-many-requests`
   */
  wasWrong(email: string, network: string): Promise<void>
}

export interface AppPasswordsNeeds {
  database: Database
  store: PeopleStore
  appPasswords: AppPasswordStore
  clock: Clock
  random: Random
  log: Log
  limits: SignInLimits
  audit: Pick<Audit, 'tell'>
}

const mostOfUser = 50
/** That it was used is written no oftener. */
const saveUsedMs = 60_000
const countedMs = 15 * 60_000

/** RFC 4648 §6, in lower case: nothing in it can be taken for something else, and it is typed on telephones. */
const letters = 'abcdefghijklmnopqrstuvwxyz234567'
const form = /^[a-z2-7]{25}$/

/** What the operations of IPP need. No more: whoever finds it in a computer's settings can do no other harm with it. */
const ofPrinting: readonly Right[] = ['devices:read', 'requests:read', 'requests:write', 'jobs:write']

export function createAppPasswords(needs: AppPasswordsNeeds): AppPasswords {
  const { database, store, appPasswords, clock, random, log, limits, audit } = needs
  const tries = createCountedTries({
    ...{ database, clock, random, withinMs: countedMs },
    refusal: 'Too many wrong app passwords came. Make a new one in the console, and wait as long as is said.',
  })

  function usedNow({ app_password_id: id, last_used_at: before }: AppPasswordRow): void {
    const now = clock.wallNow()
    if (before !== null && now - before < saveUsedMs) return
    inBackground(log, 'people.app-password-not-noted', () => database.write((tx) => appPasswords.used(tx, id, now)))
  }

  return {
    async make({ userId, account }, { name }, from) {
      const password = newPassword(random)
      const row: AppPasswordRow = {
        ...{ app_password_id: random.token(12), user_id: userId, name, hash: hashOf(password) },
        ...{ created_at: clock.wallNow(), last_used_at: null },
      }
      await database.write(async (tx) => {
        if ((await appPasswords.count(tx, userId)) >= mostOfUser)
          throw new Failure('forbidden', `You have ${mostOfUser} app passwords already. Remove those you do not use.`)
        await appPasswords.add(tx, row)
        audit.tell(tx, actOf('user.app-password-made', { user_id: userId, account }, from))
      })
      return { ...viewOf(row), password: (password.match(/.{5}/g) ?? []).join('-') }
    },

    async list(userId) {
      return (await appPasswords.of(userId)).map(viewOf)
    },

    async remove({ userId, account }, appPasswordId, from) {
      await database.write(async (tx) => {
        if (!(await appPasswords.remove(tx, userId, appPasswordId)))
          throw new Failure('not-found', 'You have no such app password.')
        audit.tell(tx, actOf('user.app-password-removed', { user_id: userId, account }, from))
      })
    },

    async find(email, typed) {
      const password = typed.replace(/[\s-]/g, '').toLowerCase()
      // 125 bits of chance, found by their hash: nobody gets at one by trying, nor by the time that it takes.
      const row = form.test(password) ? await appPasswords.find(hashOf(password)) : undefined
      const user = row && (await store.find(row.user_id))
      if (!row || user?.email_lower !== lower(email)) return undefined
      usedNow(row)
      const role = Role.parse(user.role)
      return {
        ...{ kind: 'user', userId: user.user_id, account: user.account, role },
        scopes: new Set(ofPrinting.filter((right) => rightsOf[role].has(right))),
        // It is no session, and proves nothing but itself; to make it, whoever signed in has shown what their account demands.
        ...{ isRelayAdmin: false, session: '', provenAt: 0, hasFactor: false, secondFactor: 'fine' },
      }
    },

    async wasWrong(email, network) {
      await tries.count([
        { who: `app password of ${hashOf(lower(email))}`, atMost: limits.perUser },
        { who: `app password from ${network}`, atMost: limits.perNetwork },
      ])
    },
  }
}

const lower = (email: string) => email.trim().toLowerCase()

function newPassword(random: Random): string {
  const bytes = Buffer.from(random.token(25), 'base64url')
  // A byte for each: 256 is a multiple of 32, so that all are alike.
  return [...bytes].map((byte) => letters[byte % letters.length]).join('')
}

function viewOf({ app_password_id, name, created_at, last_used_at }: AppPasswordRow): AppPassword {
  return {
    appPasswordId: app_password_id,
    name,
    createdAt: new Date(created_at).toISOString(),
    lastUsedAt: last_used_at === null ? null : new Date(last_used_at).toISOString(),
  }
}
