/** Passkeys (WebAuthn): a device and its owner's finger or PIN, two factors in one, instead of a password and a code. */
import { type Clock, Failure } from '@fairlead/base'
import type { NewPasskey, Passkey, PasskeySignIn, ShownPasskey, User } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import type { PasskeyRow } from '../database/people-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { UserCaller } from '../http/route.ts'
import { actOf, type From } from './audited.ts'
import { type Challenges, challengeGoodForMs } from './challenges.ts'
import { mustKeepAFactor } from './demand.ts'
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
  /** @throws {Failure} `not-found`, also for another's; `second-factor-required`: it is the last, and the account demands one */
  remove(user: UserCaller, passkeyId: string, from: From): Promise<void>
  /** For `navigator.credentials.get`, whoever it will be. @throws {Failure} `forbidden`: the relay has no name */
  beginSignIn(publicUrl: string): Promise<{ challenge: string }>
  /** @throws {Failure} `unauthorized` whatever is wrong */
  signIn(order: PasskeySignIn, publicUrl: string, from: From): Promise<SignedIn>
  /** The same to prove again who one is, by a passkey of that user. @throws {Failure} `not-found`: there is none; `forbidden`: the relay has no name */
  beginProof(user: UserCaller, publicUrl: string): Promise<{ challenge: string }>
  /** @throws {Failure} `forbidden` whatever is wrong */
  prove(user: UserCaller, response: ShownPasskey, publicUrl: string, from: From): Promise<void>
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
  const toProve = ({ session }: UserCaller) => `prove again in ${session}`

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

    async add({ userId, account, session }, { name, response }, publicUrl, from) {
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
        await needs.sessions.prove(tx, session, { hasFactor: true })
      })
      return viewOf(row)
    },

    async list(userId) {
      return (await passkeys.of(userId)).map(viewOf)
    },

    async remove({ userId, account }, passkeyId, from) {
      await database.write(async (tx) => {
        await store.holdAccount(tx, account)
        if (!(await passkeys.remove(tx, userId, passkeyId))) throw new Failure('not-found', 'You have no such passkey.')
        await mustKeepAFactor(tx, store, userId)
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
      const shown = await mustBeShown(response, publicUrl, toSignIn)
      const { userId } = shown
      const token = await database.write(async (tx) => {
        await shown.take(tx)
        await store.change(tx, userId, { last_signed_in_at: clock.wallNow() })
        const user = await store.findToChange(tx, userId)
        if (user) audit.tell(tx, actOf('user.signed-in', user, from))
        return await needs.sessions.begin(tx, userId, { from, hasFactor: true })
      })
      return { userId, token }
    },

    async beginProof(user, publicUrl) {
      const known = await passkeys.of(user.userId)
      if (known.length === 0) throw new Failure('not-found', 'You have no passkey. Prove it in another way.')
      return (await webAuthn()).generateAuthenticationOptions({
        rpID: hostOf(publicUrl),
        challenge: challenges.create(toProve(user)),
        allowCredentials: known.map(({ passkey_id }) => ({ id: passkey_id })),
        userVerification: 'required',
        timeout: challengeGoodForMs,
      })
    },

    async prove(user, response, publicUrl, from) {
      const { userId, account, session } = user
      try {
        const shown = await mustBeShown(response, publicUrl, toProve(user))
        if (shown.userId !== userId) throw notKnown()
        await database.write(async (tx) => {
          await shown.take(tx)
          await needs.sessions.prove(tx, session, { hasFactor: true })
          audit.tell(tx, actOf('user.proved', { user_id: userId, account }, from))
        })
      } catch (error) {
        // 401 would say that nobody is signed in.
        if (!(error instanceof Failure) || error.code !== 'unauthorized') throw error
        throw new Failure('forbidden', 'This is not a passkey of yours, or it took too long. Try again.')
      }
    },
  }

  /** @throws {Failure} `unauthorized` whatever is wrong */
  async function mustBeShown(response: ShownPasskey, publicUrl: string, what: string) {
    const row = await passkeys.find(response.id)
    const isGood = (challenge: string) => challenges.isGood(challenge, what)
    const proof = row && (await readShown(response, row, publicUrl, isGood))
    if (!proof) throw notKnown()
    const { user_id: userId, passkey_id } = row
    return {
      userId,
      /** In the transaction, once for each challenge. */
      async take(tx: Transaction): Promise<void> {
        if (!(await spend(tx, proof.challenge))) throw notKnown()
        if (!(await passkeys.use(tx, passkey_id, proof.counter, clock.wallNow()))) throw notKnown()
      },
    }
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
