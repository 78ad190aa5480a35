/** People (N5): users of accounts with their roles, how they come in, and who is signed in. */
import { type Clock, Failure, type Log, type Random } from '@fairlead/base'
import { Right, type SessionView, type User } from '@fairlead/protocol/contract'
import type { Audit } from '../audit/audit.ts'
import type { Database } from '../database/database.ts'
import { keptSecret } from '../database/kept-secret.ts'
import type { Transaction } from '../database/writer.ts'
import { actsAsAdmin, askerOfUser } from '../http/reach.ts'
import type { UserCaller } from '../http/route.ts'
import { createAppPasswordStore } from './app-password-store.ts'
import { type AppPasswords, createAppPasswords } from './app-passwords.ts'
import { createChallenges } from './challenges.ts'
import { createInvitationStore } from './invitation-store.ts'
import { createInvitations, type Invitations } from './invitations.ts'
import { createOidc, type Oidc, type OidcOptions } from './oidc/oidc.ts'
import { createOwnSessions, type OwnSessions } from './own-sessions.ts'
import { createPasskeyStore } from './passkey-store.ts'
import { createPasskeys, type Passkeys } from './passkeys.ts'
import { createPasswords } from './passwords.ts'
import { createProofs, type Proofs } from './proofs.ts'
import { createResetStore } from './reset-store.ts'
import { createResets, type Resets } from './resets.ts'
import { managedBy } from './roles.ts'
import { createSeal } from './sealed.ts'
import { createSecondFactor, type SecondFactor } from './second-factor.ts'
import { createSessionStore } from './session-store.ts'
import { openSetUp, type SetUp } from './set-up.ts'
import { createSignIn, type SignIn } from './sign-in.ts'
import { createSignInTries, type SignInLimits } from './sign-in-tries.ts'
import { createPeopleStore } from './store.ts'
import { createUserSessions, type UserSessions } from './user-sessions.ts'
import { createUsers, type Users } from './users.ts'
import { viewOf } from './view.ts'

export interface People {
  readonly setUp: Pick<SetUp, 'isOpen' | 'newToken' | 'take'>
  readonly signIn: SignIn
  readonly secondFactor: Pick<SecondFactor, 'begin' | 'confirm' | 'end'>
  readonly passkeys: Passkeys
  readonly appPasswords: AppPasswords
  /** Undefined: there is no provider. */
  readonly oidc: Oidc | undefined
  readonly proofs: Proofs
  readonly ownSessions: OwnSessions
  readonly resets: Resets
  readonly users: Users
  readonly invitations: Invitations
  readonly sessions: Pick<UserSessions, 'find' | 'isStillGood' | 'end' | 'learn' | 'demandChanged'>
  /** @throws {Failure} `unauthorized`: the user was removed this very moment */
  whoIs(userId: string): Promise<User>
  session(caller: UserCaller): Promise<SessionView>
  /** The same, of what has changed since the caller came in. @throws {Failure} `unauthorized`: it has ended this very moment */
  sessionNow(caller: UserCaller): Promise<SessionView>
  /** Sessions and invitations that are over are rows for nothing. */
  forgetOld(): Promise<void>
  /** Reads anew what other nodes may have changed. */
  learn(): Promise<void>
}

export interface PeopleNeeds {
  database: Database
  clock: Clock
  random: Random
  log: Log
  limits: SignInLimits
  oidc: OidcOptions | undefined
  audit: Pick<Audit, 'tell' | 'tellSeldom'>
  accountExists(account: string): boolean
  /** Ends what somebody holds open who is signed in no more. */
  sessionEnded(): void
  /** Where there are several nodes. */
  shared?: {
    changed(tx: Transaction): void
    /** Resolves when all of them know what this one has written. */
    everywhere(): Promise<void>
  }
}

export async function openPeople(needs: PeopleNeeds): Promise<People> {
  const { database, clock, random, log, limits, audit, shared } = needs
  const store = createPeopleStore(database)
  const passwords = createPasswords(random)
  const changed = (tx: Transaction) => shared?.changed(tx)
  const everywhere = async () => shared?.everywhere()
  const common = { database, store, clock, random, audit, changed, everywhere }
  const sessionStore = createSessionStore(database)
  const sessions = createUserSessions({ ...common, store: sessionStore, log, ended: needs.sessionEnded })
  const countTry = createSignInTries({ database, clock, random, limits })
  const setUp = await openSetUp({ ...common, passwords, sessions })
  const seal = createSeal(await keptSecret(database, random, 'people-key'))
  const secondFactor = createSecondFactor({ ...common, seal, sessions, countTry })
  const signIn = createSignIn({ ...common, passwords, sessions, secondFactor, countTry })
  const passkeyStore = createPasskeyStore(database)
  const challenges = createChallenges({ clock, random, key: await keptSecret(database, random, 'passkey-key') })
  const passkeys = createPasskeys({ ...common, sessions, challenges, passkeys: passkeyStore })
  const appPasswordStore = createAppPasswordStore(database)
  const appPasswords = createAppPasswords({ ...common, log, limits, appPasswords: appPasswordStore })
  const invitationStore = createInvitationStore(database)
  const proofs = createProofs({ ...common, passwords, passkeys, secondFactor, sessions, countTry })
  const ownSessions = createOwnSessions({ ...common, store: sessionStore, sessions })
  const resetStore = createResetStore(database)
  const resets = createResets({
    ...common,
    ...{ resets: resetStore, passkeys: passkeyStore, appPasswords: appPasswordStore, sessions, passwords },
  })
  const users = createUsers({
    ...common,
    sessions,
    async takeBackLinks(tx, userId) {
      await invitationStore.removeBy(tx, askerOfUser(userId))
      await resetStore.removeOf(tx, userId, askerOfUser(userId))
    },
  })
  const invitations = createInvitations({
    ...common,
    ...{ sessions, passwords, invitations: invitationStore, accountExists: needs.accountExists, added: setUp.close },
  })
  const { accountExists } = needs
  const oidc =
    needs.oidc &&
    createOidc({
      ...common,
      ...{ options: needs.oidc, invitations: invitationStore, sessions, log, accountExists, added: setUp.close },
      seal: createSeal(await keptSecret(database, random, 'oidc-key')),
    })

  async function whoIs(userId: string): Promise<User> {
    const row = await store.find(userId)
    if (!row) throw new Failure('unauthorized', 'Your user has been removed.')
    return viewOf(row)
  }

  async function session(caller: UserCaller): Promise<SessionView> {
    const scopes = actsAsAdmin(caller) ? Right.options : [...caller.scopes]
    const { userId, account, provenAt, secondFactor } = caller
    const proof = { provenAt: provenAt === 0 ? null : new Date(provenAt).toISOString(), secondFactor }
    const requireSecondFactor = await store.isFactorDemanded(account)
    return { user: await whoIs(userId), scopes, manages: [...managedBy(caller)], ...proof, requireSecondFactor }
  }

  return {
    setUp,
    signIn,
    secondFactor,
    passkeys,
    appPasswords,
    oidc,
    proofs,
    ownSessions,
    resets,
    users,
    invitations,
    sessions,
    whoIs,
    session,
    async sessionNow(caller) {
      const now = await sessions.findByKey(caller.session)
      if (!now) throw new Failure('unauthorized', 'Your session has ended. Sign in again.')
      return await session(now)
    },
    async forgetOld() {
      await sessions.forgetOld()
      await database.write(async (tx) => {
        await invitationStore.forgetExpired(tx, clock.wallNow())
        await resetStore.forgetExpired(tx, clock.wallNow())
        await passkeyStore.forgetSpent(tx, clock.wallNow())
      })
    },
    async learn() {
      await Promise.all([setUp.learn(), sessions.learn()])
    },
  }
}
