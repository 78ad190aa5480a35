/** Signing in with e-mail, password and second factor: counted before it is looked at, and no failure is told from another (S-A7). */
import { type Clock, Failure } from '@fairlead/base'
import type { PasswordChange, SignIn as SignInOrder } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From, refusedSignIn } from './audited.ts'
import { mustBeHardToGuess, type Passwords } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'
import type { CountTry } from './sign-in-tries.ts'
import type { PeopleStore } from './store.ts'
import type { SignedIn, UserSessions } from './user-sessions.ts'

export interface SignIn {
  /**
   * @throws {Failure} `unauthorized` whatever was wrong; `second-factor`: the password was right, and more is wanted;
   *   `too-many-requests`; `unavailable`
   */
  byPassword(order: SignInOrder, from: From): Promise<SignedIn>
  /**
   * Ends all sessions of the user, and begins one.
   *
   * @throws {Failure} `forbidden`: the old one is not right, or there is none; `invalid-request`, `too-many-requests`, `unavailable`
   */
  changePassword(caller: UserCaller, order: PasswordChange, from: From): Promise<SignedIn>
}

export interface SignInNeeds {
  database: Database
  store: PeopleStore
  passwords: Passwords
  sessions: UserSessions
  secondFactor: Pick<SecondFactor, 'isAskedOf' | 'take'>
  countTry: CountTry
  audit: Pick<Audit, 'tell' | 'tellSeldom'>
  clock: Clock
  /** Resolves when all nodes know what this one has written. */
  everywhere(): Promise<void>
}

export function createSignIn(needs: SignInNeeds): SignIn {
  const { database, store, passwords, sessions, secondFactor, countTry, audit, clock } = needs

  return {
    async byPassword({ email, password, totp }, from) {
      const emailLower = email.toLowerCase()
      const takeBack = await countTry(emailLower, from.network)
      const user = await store.findByEmail(emailLower)
      const refused = () => audit.tellSeldom(refusedSignIn(user, from))
      if (!(await passwords.matches(password, user?.password ?? null)) || !user) {
        refused()
        throw notRight()
      }
      if (secondFactor.isAskedOf(user)) {
        if (totp === undefined) {
          await takeBack()
          throw new Failure('second-factor', 'Now the code of your authenticator, or one of your recovery codes.')
        }
        if (!(await secondFactor.take(user, totp))) {
          refused()
          throw new Failure('second-factor', 'This code is not right, or was used before. Wait for the next one.')
        }
      }
      const { user_id: userId } = user
      const token = await database.write(async (tx) => {
        const now = await store.findToChange(tx, userId)
        // Another password, or none to sign in with any more, since it was looked at.
        if (now?.password !== user.password) throw notRight()
        await store.change(tx, userId, { last_signed_in_at: clock.wallNow() })
        audit.tell(tx, actOf('user.signed-in', user, from))
        return await sessions.begin(tx, userId, { from, hasFactor: secondFactor.isAskedOf(user) })
      })
      await takeBack()
      return { userId, token }
    },

    async changePassword({ userId, hasFactor }, { old, new: password }, from) {
      const user = await store.find(userId)
      if (!user) throw notRight()
      if (user.password === null)
        throw new Failure('forbidden', 'You have no password: you sign in in another way. Nothing was changed.')
      const takeBack = await countTry(user.email_lower, from.network)
      if (!(await passwords.matches(old, user.password)))
        throw new Failure('forbidden', 'The old password is not right. Nothing was changed.')
      await takeBack()
      await mustBeHardToGuess(password, 'new', user)
      const stretched = await passwords.hash(password)
      const signedIn = await database.write(async (tx) => {
        const now = await store.findToChange(tx, userId)
        if (now?.password !== user.password)
          throw new Failure(
            'forbidden',
            'The password was changed by somebody else just now. Nothing was changed by you.',
          )
        await store.change(tx, userId, { password: stretched })
        audit.tell(tx, actOf('user.password-changed', user, from))
        await sessions.endAllOf(tx, userId)
        return { userId, token: await sessions.begin(tx, userId, { from, hasFactor }) }
      })
      await needs.everywhere()
      return signedIn
    },
  }
}

function notRight(): Failure {
  return new Failure('unauthorized', 'E-mail address or password are not right.')
}
