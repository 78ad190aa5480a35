/** To prove again who one is, in a session that stands (ASVS 7.5.3): tries are counted as those of signing in. */
import { Failure } from '@fairlead/base'
import type { Proof } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { AccountUserRow } from '../database/people-tables.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From, refusedSignIn } from './audited.ts'
import type { Passkeys } from './passkeys.ts'
import type { Passwords } from './passwords.ts'
import type { SecondFactor } from './second-factor.ts'
import type { CountTry } from './sign-in-tries.ts'
import type { PeopleStore } from './store.ts'
import type { UserSessions } from './user-sessions.ts'

export interface Proofs {
  /** For `navigator.credentials.get`. @throws {Failure} `not-found`: there is no passkey; `forbidden`: the relay has no name */
  begin(caller: UserCaller, publicUrl: string): Promise<{ challenge: string }>
  /** @throws {Failure} `forbidden`: it is not right; `too-many-requests`, `unavailable` */
  prove(caller: UserCaller, order: Proof, publicUrl: string, from: From): Promise<void>
}

export interface ProofsNeeds {
  database: Database
  store: PeopleStore
  passwords: Passwords
  passkeys: Pick<Passkeys, 'beginProof' | 'prove'>
  secondFactor: Pick<SecondFactor, 'take'>
  sessions: Pick<UserSessions, 'prove'>
  countTry: CountTry
  audit: Pick<Audit, 'tell' | 'tellSeldom'>
}

export function createProofs(needs: ProofsNeeds): Proofs {
  const { database, store, passwords, passkeys, secondFactor, sessions, countTry, audit } = needs

  async function isRight(user: AccountUserRow, { password, totp }: Proof): Promise<boolean> {
    if (totp !== undefined) return await secondFactor.take(user, totp)
    return password !== undefined && (await passwords.matches(password, user.password))
  }

  return {
    begin: passkeys.beginProof,

    async prove(caller, order, publicUrl, from) {
      if (order.passkey) return await passkeys.prove(caller, order.passkey, publicUrl, from)
      const user = await store.find(caller.userId)
      if (!user) throw new Failure('unauthorized', 'Your user has been removed.')
      const takeBack = await countTry(user.email_lower, from.network)
      if (!(await isRight(user, order))) {
        audit.tellSeldom(refusedSignIn(user, from))
        throw new Failure('forbidden', 'That is not right, or was used before. Nothing was done.')
      }
      await takeBack()
      await database.write(async (tx) => {
        await sessions.prove(tx, caller.session, { hasFactor: order.totp !== undefined })
        audit.tell(tx, actOf('user.proved', user, from))
      })
    },
  }
}
