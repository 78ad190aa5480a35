/** The second factor of a user: codes of an authenticator app (RFC 6238), each good once, and ten codes for the day that it is lost. */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { NewTotp, RecoveryCodes } from '@fairlead/protocol/contract'
import { Secret, TOTP } from 'otpauth'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { AccountUserRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From } from './audited.ts'
import { mustKeepAFactor } from './demand.ts'
import type { Seal } from './sealed.ts'
import type { CountTry } from './sign-in-tries.ts'
import type { PeopleStore } from './store.ts'
import { hashOf } from './token.ts'
import type { UserSessions } from './user-sessions.ts'

export interface SecondFactor {
  isAskedOf(user: AccountUserRow): boolean
  /** Takes a code of the app or a recovery code, which are good once. @returns false: it is neither */
  take(user: AccountUserRow, code: string): Promise<boolean>
  /** A new secret, which is asked for once it has been confirmed. @throws {Failure} `forbidden`: there is one already */
  begin(userId: string): Promise<NewTotp>
  /** @throws {Failure} `forbidden`: there is nothing to confirm, or the code is not right */
  confirm(caller: UserCaller, code: string, from: From): Promise<RecoveryCodes>
  /**
   * @throws {Failure} `not-found`: there is none; `forbidden`: the code is not right; `second-factor-required`: it is the
   *   last, and the account demands one; `too-many-requests`
   */
  end(userId: string, code: string, from: From): Promise<void>
}

export interface SecondFactorNeeds {
  database: Database
  store: PeopleStore
  seal: Seal
  sessions: Pick<UserSessions, 'prove'>
  countTry: CountTry
  audit: Pick<Audit, 'tell'>
  clock: Clock
  random: Random
}

const periodSeconds = 30
/** A code of the step before or after is taken as well: clocks of telephones go wrong (RFC 6238 §5.2). */
const driftSteps = 1
/** 160 bits (RFC 4226 §4). */
const secretBytes = 20
const recoveryCodes = 10
/** 128 bits: with less, their hashes would have to be slow ones (OWASP ASVS 5.0, 6.5.2). */
const recoveryBytes = 16

export function createSecondFactor(needs: SecondFactorNeeds): SecondFactor {
  const { database, store, seal, sessions, audit, clock, random } = needs

  function totpOf({ user_id, email, totp_secret }: AccountUserRow): TOTP | undefined {
    if (totp_secret === null) return undefined
    const secret = Secret.fromBase32(seal.open(totp_secret, user_id))
    return new TOTP({ issuer: 'Fairlead', label: email, secret, period: periodSeconds })
  }

  /** @returns the step that the code is of; undefined: of none that is near */
  function stepOf(totp: TOTP, code: string): number | undefined {
    const timestamp = clock.wallNow()
    const delta = totp.validate({ token: code, timestamp, window: driftSteps })
    return delta === null ? undefined : Math.floor(timestamp / 1000 / periodSeconds) + delta
  }

  async function take(user: AccountUserRow, typed: string): Promise<boolean> {
    const code = typed.replaceAll(/[\s-]/g, '').toLowerCase()
    const totp = totpOf(user)
    if (!totp || user.totp_since === null) return false
    if (!/^\d{6}$/.test(code))
      return await database.write((tx) => store.useRecoveryCode(tx, user.user_id, hashOf(code)))
    const step = stepOf(totp, code)
    return step !== undefined && (await database.write((tx) => store.useStep(tx, user.user_id, step)))
  }

  async function mustFind(userId: string): Promise<AccountUserRow> {
    const user = await store.find(userId)
    if (!user) throw new Failure('unauthorized', 'Your user has been removed.')
    return user
  }

  async function newRecoveryCodes(tx: Transaction, userId: string): Promise<string[]> {
    const codes = Array.from({ length: recoveryCodes }, () =>
      Buffer.from(random.token(recoveryBytes), 'base64url').toString('hex'),
    )
    await store.replaceRecoveryCodes(tx, userId, codes.map(hashOf))
    return codes.map((code) => code.replaceAll(/(.{4})(?=.)/g, '$1-'))
  }

  return {
    isAskedOf: (user) => user.totp_since !== null,
    take,

    async begin(userId) {
      const user = await mustFind(userId)
      const secret = new Secret({ size: secretBytes })
      const sealed = seal.close(secret.base32, userId)
      // One that is asked for stands until a code of it has ended it.
      if (!(await database.write((tx) => store.beginTotp(tx, userId, sealed))))
        throw new Failure('forbidden', 'You have a second factor already. Turn it off first, with a code of it.')
      const uri = totpOf({ ...user, totp_secret: sealed })?.toString() ?? ''
      return { secret: secret.base32, uri }
    },

    async confirm({ userId, session }, code, from) {
      const user = await mustFind(userId)
      const totp = totpOf(user)
      if (!totp || user.totp_since !== null)
        throw new Failure('forbidden', 'There is no second factor to be confirmed. Begin with a new one.')
      const step = stepOf(totp, code.replaceAll(/\s/g, ''))
      if (step === undefined)
        throw new Failure('forbidden', 'This code is not right. Does the clock of your telephone show the right time?')
      return await database.write(async (tx) => {
        const since = { totp_since: clock.wallNow(), totp_step: step }
        if (!(await store.confirmTotp(tx, user, since)))
          throw new Failure('forbidden', 'Another second factor was begun just now. Confirm that one.')
        audit.tell(tx, actOf('user.factor-on', user, from))
        await sessions.prove(tx, session, { hasFactor: true })
        return { recoveryCodes: await newRecoveryCodes(tx, userId) }
      })
    },

    async end(userId, code, from) {
      const user = await mustFind(userId)
      if (user.totp_since === null) throw new Failure('not-found', 'You have no second factor.')
      const takeBack = await needs.countTry(user.email_lower, from.network)
      if (!(await take(user, code)))
        throw new Failure('forbidden', 'This code is not right, or was used before. Nothing was changed.')
      await takeBack()
      await database.write(async (tx) => {
        await store.holdAccount(tx, user.account)
        await store.endTotp(tx, userId)
        await mustKeepAFactor(tx, store, userId)
        audit.tell(tx, actOf('user.factor-off', user, from))
      })
    },
  }
}
