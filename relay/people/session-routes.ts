/** How people come in and go: set-up, signing in, and what whoever is signed in may do for themselves. */

import { Failure } from '@fairlead/base'
import {
  FactorCode,
  NewTotp,
  PasswordChange,
  RecoveryCodes,
  SessionView,
  SetUp,
  SetUpLink,
  SignIn,
  UserAnswer,
} from '@fairlead/protocol/contract'
import { networkOf } from '../http/addresses.ts'
import { clearCookie, readCookie, setCookie } from '../http/cookie.ts'
import { nothingHere } from '../http/paths.ts'
import { type Answer, type Caller, type Route, route, type UserCaller, type Visit } from '../http/route.ts'
import type { From } from './audited.ts'
import { browserOf } from './browser.ts'
import type { People } from './people.ts'
import { longestMs, type SignedIn } from './user-sessions.ts'

/** @param publicUrl what browsers call this relay */
export function sessionRoutes(people: People, publicUrl: () => string): Route[] {
  const { setUp, signIn, secondFactor, sessions } = people

  return [
    route<unknown, unknown, SetUp>({
      method: 'POST',
      path: '/v1/set-up',
      operationId: 'setUp',
      summary: 'The first user of a relay, by the link that it prints; there is no such path once there is a user',
      access: 'anybody',
      isSecret: true,
      isSignIn: true,
      isThere: setUp.isOpen,
      work: 'manage',
      body: SetUp,
      answers: { 201: { description: 'Made and signed in, by a cookie', schema: UserAnswer } },
      problems: ['forbidden', 'insecure-transport', 'not-found'],
      handle: async (visit) => await welcome(people, await setUp.take(visit.body, from(visit)), 201, visit),
    }),
    route({
      method: 'POST',
      path: '/v1/set-up/link',
      operationId: 'makeSetUpLink',
      summary: 'A new link for the first user; the one before is dead',
      access: 'admin',
      isThere: setUp.isOpen,
      work: 'manage',
      answers: { 201: { description: 'Shown this once', schema: SetUpLink } },
      problems: ['not-found'],
      async handle() {
        const token = await setUp.newToken()
        // Another node has taken somebody in, and this one has not heard of it yet.
        if (token === undefined) throw nothingHere()
        return { status: 201, body: { url: setUpUrl(publicUrl(), token) } }
      },
    }),
    route<unknown, unknown, SignIn>({
      method: 'POST',
      path: '/v1/session',
      operationId: 'signIn',
      summary: 'Sign in with e-mail address and password',
      access: 'anybody',
      isSecret: true,
      isSignIn: true,
      work: 'manage',
      body: SignIn,
      answers: { 200: { description: 'Signed in, by a cookie', schema: UserAnswer } },
      problems: ['unauthorized', 'second-factor', 'forbidden', 'too-many-requests', 'insecure-transport'],
      handle: async (visit) => await welcome(people, await signIn.byPassword(visit.body, from(visit)), 200, visit),
    }),
    route({
      method: 'GET',
      path: '/v1/session',
      operationId: 'showSession',
      summary: 'Who is signed in, and what they may',
      access: 'user',
      withoutFactor: 'always',
      work: 'look',
      answers: { 200: { description: 'The user', schema: SessionView } },
      handle: async ({ caller }) => ({ status: 200, body: await people.session(userOf(caller)) }),
    }),
    route({
      method: 'DELETE',
      path: '/v1/session',
      operationId: 'signOut',
      summary: 'Sign out',
      access: 'user',
      withoutFactor: 'always',
      answers: { 204: { description: 'Signed out' } },
      async handle({ caller }) {
        await sessions.end(userOf(caller).session)
        return { status: 204, headers: clearCookie() }
      },
    }),
    route<unknown, unknown, PasswordChange>({
      method: 'POST',
      path: '/v1/session/password',
      operationId: 'changePassword',
      summary: 'Another password; all other sessions of the user end',
      access: 'user',
      needsProof: true,
      work: 'manage',
      body: PasswordChange,
      answers: { 200: { description: 'Changed; here is the cookie of a new session', schema: UserAnswer } },
      problems: ['forbidden', 'too-many-requests'],
      async handle(visit) {
        const signedIn = await signIn.changePassword(userOf(visit.caller), visit.body, from(visit))
        return await welcome(people, signedIn, 200, visit)
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/totp',
      operationId: 'beginTotp',
      summary: 'A secret for an authenticator app; it is asked for once it has been confirmed',
      access: 'user',
      withoutFactor: 'to-set-up',
      needsProof: true,
      work: 'manage',
      answers: { 200: { description: 'The secret, and the same as a link', schema: NewTotp } },
      handle: async ({ caller }) => ({ status: 200, body: await secondFactor.begin(userOf(caller).userId) }),
    }),
    route<unknown, unknown, FactorCode>({
      method: 'PUT',
      path: '/v1/session/totp',
      operationId: 'confirmTotp',
      summary: 'Turn the second factor on, by a code of the app',
      access: 'user',
      withoutFactor: 'to-set-up',
      needsProof: true,
      work: 'manage',
      body: FactorCode,
      answers: { 200: { description: 'It is asked for from now on', schema: RecoveryCodes } },
      handle: async (visit) => ({
        status: 200,
        body: await secondFactor.confirm(userOf(visit.caller), visit.body.code, from(visit)),
      }),
    }),
    route<unknown, unknown, FactorCode>({
      method: 'DELETE',
      path: '/v1/session/totp',
      operationId: 'endTotp',
      summary: 'Turn the second factor off, by a code of the app or a recovery code',
      access: 'user',
      needsProof: true,
      work: 'manage',
      body: FactorCode,
      answers: { 204: { description: 'It is asked for no more' } },
      problems: ['not-found'],
      async handle(visit) {
        await secondFactor.end(userOf(visit.caller).userId, visit.body.code, from(visit))
        return { status: 204 }
      },
    }),
  ]
}

export function from({ address, raw }: Pick<Visit<unknown, unknown, unknown>, 'address' | 'raw'>): From {
  return { address, network: networkOf(address), browser: browserOf(raw.request.headers['user-agent']) }
}

/** Who has come in, and the cookie to come back with; the session whose place it takes in that browser ends. */
export async function welcome(
  people: People,
  { userId, token }: SignedIn,
  status: number,
  { raw }: Pick<Visit<unknown, unknown, unknown>, 'raw'>,
): Promise<Answer> {
  const before = readCookie(raw.request.headers)
  const replaced = before === undefined ? undefined : await people.sessions.find(before)
  if (replaced) await people.sessions.end(replaced.session)
  return { status, body: { user: await people.whoIs(userId) }, headers: setCookie(token, longestMs / 1000) }
}

/** For people: where the console does it. */
export function setUpUrl(publicUrl: string, token: string): string {
  return `${publicUrl}/console/#/set-up/${token}`
}

/** Routes for users let nobody else in. */
export function userOf(caller: Caller): UserCaller {
  if (caller.kind !== 'user') throw new Failure('unauthorized', 'Nobody is signed in here. Sign in first.')
  return caller
}
