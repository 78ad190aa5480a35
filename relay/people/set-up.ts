/** The first user of a relay: made by whoever has the link that the relay prints, and never again (S-W3). */
import { type Clock, Failure, type Random } from '@fairlead/base'
import { defaultAccount, type SetUp as SetUpOrder } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import { nothingHere } from '../http/paths.ts'
import { actOf, type From } from './audited.ts'
import { mustBeHardToGuess, type Passwords } from './passwords.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'
import type { SignedIn, UserSessions } from './user-sessions.ts'

export interface SetUp {
  /** There is no user, as far as is known here. */
  isOpen(): boolean
  /** The one before is dead. @returns undefined: there are users */
  newToken(): Promise<string | undefined>
  /** @throws {Failure} `not-found`: it is done, as if there never had been such a path; `forbidden`: not with this token */
  take(order: SetUpOrder, from: From): Promise<SignedIn>
  /** In a transaction: somebody is a user now, by whichever way. */
  close(tx: Transaction): void
  /** Asks the record whether that is so. */
  learn(): Promise<void>
}

export interface SetUpNeeds {
  database: Database
  store: PeopleStore
  passwords: Passwords
  sessions: UserSessions
  audit: Pick<Audit, 'tell'>
  clock: Clock
  random: Random
  /** In the transaction that changes users: other nodes are to learn. */
  changed(tx: Transaction): void
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

const tokenBytes = 32

export async function openSetUp(needs: SetUpNeeds): Promise<SetUp> {
  const { database, store, clock, random } = needs
  let isOpen = await store.isEmpty()

  function close(tx: Transaction): void {
    needs.changed(tx)
    tx.afterCommit(() => {
      isOpen = false
    })
  }

  return {
    close,
    isOpen: () => isOpen,

    async newToken() {
      const token = random.token(tokenBytes)
      return await database.write(async (tx) => {
        if (await store.hasUsers(tx)) return undefined
        await store.keepSetUpHash(tx, hashOf(token))
        return token
      })
    },

    async take({ token, email, name, password }, from) {
      if (!(await store.isSetUpHash(hashOf(token)))) throw (await store.isEmpty()) ? deadLink() : nothingHere()
      await mustBeHardToGuess(password, 'password', { email, name })
      const stretched = await needs.passwords.hash(password)
      const userId = random.token(12)
      const signedIn = await database.write(async (tx) => {
        if (await store.hasUsers(tx)) throw nothingHere()
        if (!(await store.useSetUpHash(tx, hashOf(token)))) throw deadLink()
        await store.add(tx, {
          ...{ user_id: userId, account: defaultAccount, role: 'owner', is_relay_admin: 1, name },
          ...{ email, email_lower: email.toLowerCase(), password: stretched },
          ...{ totp_secret: null, totp_since: null, totp_step: null },
          ...{ created_at: clock.wallNow(), last_signed_in_at: clock.wallNow() },
        })
        close(tx)
        needs.audit.tell(tx, actOf('user.made', { user_id: userId, account: defaultAccount }, from))
        return { userId, token: await needs.sessions.begin(tx, userId, { from, hasFactor: false }) }
      })
      await needs.everywhere()
      return signedIn
    },

    async learn() {
      // Never open again: what was read may be older than what has closed it here.
      if (!(await store.isEmpty())) isOpen = false
    },
  }
}

function deadLink(): Failure {
  return new Failure(
    'forbidden',
    'This link is not good any more: each start of the relay prints a new one, and `fairlead users set-up` makes one.',
  )
}
