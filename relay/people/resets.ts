/** A new password for who has forgotten theirs: by a link, good once, that whoever manages them has made. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { NewPasswordReset, PasswordReset } from '@fairlead/protocol/contract'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { askerOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { AppPasswordStore } from './app-password-store.ts'
import { actOf, type From } from './audited.ts'
import { hold, mustFind } from './managed.ts'
import type { PasskeyStore } from './passkey-store.ts'
import { mustBeHardToGuess, type Passwords } from './passwords.ts'
import type { ResetStore } from './reset-store.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'
import type { UserSessions } from './user-sessions.ts'

export interface Resets {
  /** The one before is dead. @throws {Failure} `not-found`, also for another account's; `forbidden` */
  make(
    caller: Caller,
    userId: string,
    order: NewPasswordReset,
    address: string,
  ): Promise<{ token: string; expiresAt: string }>
  /**
   * All sessions end, and nobody is signed in by it: a second factor is asked for as ever.
   *
   * @throws {Failure} `no-match`: it is good no more; `invalid-request`, `unavailable`
   */
  use(order: PasswordReset, from: From): Promise<void>
}

export interface ResetsNeeds {
  database: Database
  store: PeopleStore
  resets: ResetStore
  passkeys: Pick<PasskeyStore, 'removeOf'>
  appPasswords: Pick<AppPasswordStore, 'removeOf'>
  sessions: Pick<UserSessions, 'endAllOf'>
  passwords: Passwords
  audit: Pick<Audit, 'tell'>
  clock: Clock
  random: Random
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

const goodForMs = 24 * 3_600_000
const tokenBytes = 32

export function createResets(needs: ResetsNeeds): Resets {
  const { database, store, resets, passkeys, appPasswords, sessions, passwords, audit, clock, random } = needs

  return {
    async make(caller, userId, { endSecondFactor }, address) {
      const found = await mustFind(store, caller, userId)
      const token = random.token(tokenBytes)
      const at = clock.wallNow()
      await database.write(async (tx) => {
        const { account } = await hold(tx, store, caller, found)
        await resets.put(tx, {
          ...{ user_id: userId, hash: hashOf(token), ends_factor: endSecondFactor ? 1 : 0, made_by: askerOf(caller) },
          ...{ created_at: at, expires_at: at + goodForMs },
        })
        audit.tell(tx, { action: 'user.reset-made', account, actor: actorOf(caller), subject: userId, address })
      })
      return { token, expiresAt: new Date(at + goodForMs).toISOString() }
    },

    async use({ token, password }, from) {
      const hash = hashOf(token)
      const found = await resets.findByHash(hash, clock.wallNow())
      const user = found && (await store.find(found.user_id))
      if (!user) throw dead()
      await mustBeHardToGuess(password, 'password', user)
      const stretched = await passwords.hash(password)
      const { user_id: userId } = user
      await database.write(async (tx) => {
        if (!(await resets.take(tx, hash))) throw dead()
        if (!(await store.change(tx, userId, { password: stretched }))) throw dead()
        if (found.ends_factor === 1) {
          await store.endTotp(tx, userId)
          // Whoever has lost what the codes were on has lost the passkeys that were on it.
          await passkeys.removeOf(tx, userId)
        }
        // The same for the computers that somebody else may have now.
        await appPasswords.removeOf(tx, userId)
        await sessions.endAllOf(tx, userId)
        audit.tell(tx, actOf('user.password-reset', user, from))
      })
      await needs.everywhere()
    },
  }
}

function dead(): Failure {
  return new Failure(
    'no-match',
    'This link is good no more: it was used, is older than 24 hours, or another was made. Ask for another.',
  )
}
