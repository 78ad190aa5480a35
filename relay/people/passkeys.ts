/** Passkeys (WebAuthn): a device and its owner's finger or PIN, two factors in one, instead of a password and a code. */
import { type Clock, Failure } from '@fairlead/base'
import type { NewPasskey, Passkey, PasskeySignIn, User } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { PasskeyRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From } from './audited.ts'
import { type Challenges, challengeGoodForMs } from './challenges.ts'
import type { PasskeyStore } from './passkey-store.ts'
import type { PeopleStore } from './store.ts'
import type { SignedIn, UserSessions } from './user-sessions.ts'
import { hostOf, readMade, readShown, webAuthn } from './web-authn.ts'

export interface Passkeys {
  /** For `navigator.credentials.create`. @throws {Failure} `forbidden`: the relay has no name, or the user has too many */
  beginAdding(user: User, publicUrl: string): Promise<{ challenge: string }>
  /** @throws {Failure} `forbidden`: it is not what was asked for */
  add(user: UserCaller, order: NewPasskey, publicUrl: string, from: From): Promise<Passkey>
  list(userId: string): Promise<Passkey[]>
  /** @throws {Failure} `not-found`, also for another's */
  remove(user: UserCaller, passkeyId: string, from: From): Promise<void>
  /** For `navigator.credentials.get`, whoever it will be. @throws {Failure} `forbidden`: the relay has no name */
  beginSignIn(publicUrl: string): Promise<{ challenge: string }>
  /** @throws {Failure} `unauthorized` whatever is wrong */
  signIn(order: PasskeySignIn, publicUrl: string, from: From): Promise<SignedIn>
}

export interface PasskeysNeeds {
  database: Database
  store: PeopleStore
  passkeys: PasskeyStore
  sessions: UserSessions
  challenges: Challenges
  audit: Pick<Audit, 'tell'>
  clock: Clock
}

const mostOfUser = 20

export function createPasskeys(needs: PasskeysNeeds): Passkeys {
  const { database, store, passkeys, challenges, audit, clock } = needs
  const toAdd = (userId: string) => `add a passkey to ${userId}`
  const toSignIn = 'sign in'

  /** @returns false: it was answered before */
  const spend = (tx: Transaction, challenge: string) =>
    passkeys.spend(tx, challenge, clock.wallNow() + challengeGoodForMs)

  return {
    async beginAdding({ userId, email, name }, publicUrl) {
      const known = await passkeys.of(userId)
      if (known.length >= mostOfUser)
        throw new Failure('forbidden', `You have ${mostOfUser} passkeys already. Remove one that you do not use.`)
      return (await webAuthn()).generateRegistrationOptions({
        ...{ rpName: 'Fairlead', rpID: hostOf(publicUrl), userName: email, userDisplayName: name },
        userID: new Uint8Array(Buffer.from(userId)),
        challenge: challenges.create(toAdd(userId)),
        attestationType: 'none',
        excludeCredentials: known.map(({ passkey_id }) => ({ id: passkey_id })),
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        timeout: challengeGoodForMs,
      })
    },

    async add({ userId, account }, { name, response }, publicUrl, from) {
      const made = await readMade(response, publicUrl, (challenge) => challenges.isGood(challenge, toAdd(userId)))
      if (!made)
        throw new Failure('forbidden', 'This is not the passkey that was asked for, or it took too long. Try again.')
      const row: PasskeyRow = {
        ...{ passkey_id: made.id, user_id: userId, name, counter: made.counter },
        public_key: Buffer.from(made.publicKey).toString('base64url'),
        ...{ created_at: clock.wallNow(), last_used_at: null },
      }
      await database.write(async (tx) => {
        const isNew = (await spend(tx, made.challenge)) && (await passkeys.add(tx, row))
        if (!isNew) throw new Failure('forbidden', 'This passkey was added already.')
        audit.tell(tx, actOf('user.passkey-added', { user_id: userId, account }, from))
      })
      return viewOf(row)
    },

    async list(userId) {
      return (await passkeys.of(userId)).map(viewOf)
    },

    async remove({ userId, account }, passkeyId, from) {
      await database.write(async (tx) => {
        if (!(await passkeys.remove(tx, userId, passkeyId))) throw new Failure('not-found', 'You have no such passkey.')
        audit.tell(tx, actOf('user.passkey-removed', { user_id: userId, account }, from))
      })
    },

    async beginSignIn(publicUrl) {
      return (await webAuthn()).generateAuthenticationOptions({
        rpID: hostOf(publicUrl),
        challenge: challenges.create(toSignIn),
        userVerification: 'required',
        timeout: challengeGoodForMs,
      })
    },

    async signIn({ response }, publicUrl, from) {
      const row = await passkeys.find(response.id)
      if (!row) throw notKnown()
      const proof = await readShown(response, row, publicUrl, (challenge) => challenges.isGood(challenge, toSignIn))
      if (!proof) throw notKnown()
      const { user_id: userId, passkey_id } = row
      const token = await database.write(async (tx) => {
        if (!(await spend(tx, proof.challenge))) throw notKnown()
        if (!(await passkeys.use(tx, passkey_id, proof.counter, clock.wallNow()))) throw notKnown()
        await store.change(tx, userId, { last_signed_in_at: clock.wallNow() })
        const user = await store.findToChange(tx, userId)
        if (user) audit.tell(tx, actOf('user.signed-in', user, from))
        return await needs.sessions.begin(tx, userId)
      })
      return { userId, token }
    },
  }
}

function viewOf({ passkey_id, name, created_at, last_used_at }: PasskeyRow): Passkey {
  return {
    passkeyId: passkey_id,
    name,
    createdAt: new Date(created_at).toISOString(),
    lastUsedAt: last_used_at === null ? null : new Date(last_used_at).toISOString(),
  }
}

function notKnown(): Failure {
  return new Failure('unauthorized', 'This passkey opens nothing here. Try another, or your password.')
}
