/** What whoever has signed in does for their own safety: proves again who they are, sees where they are signed in; and the way back for who forgot a password. */
import {
  PasskeyOptions,
  PasswordReset,
  Proof,
  pageOf,
  SessionView,
  UserSession,
  UserSessionParams,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { People } from './people.ts'
import { from, userOf } from './session-routes.ts'

/** @param publicUrl what browsers call this relay: passkeys are bound to its name */
export function proofRoutes(people: People, publicUrl: () => string): Route[] {
  const { proofs, ownSessions, resets } = people
  return [
    route<unknown, unknown, Proof>({
      method: 'POST',
      path: '/v1/session/proof',
      operationId: 'proveAgain',
      summary: 'Prove again who one is, by one of password, code and passkey; good for 15 minutes',
      access: 'user',
      withoutFactor: 'always',
      work: 'manage',
      body: Proof,
      answers: { 200: { description: 'How the session stands now', schema: SessionView } },
      problems: ['forbidden', 'too-many-requests'],
      async handle(visit) {
        const caller = userOf(visit.caller)
        await proofs.prove(caller, visit.body, publicUrl(), from(visit))
        return { status: 200, body: await people.sessionNow(caller) }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/proof/options',
      operationId: 'beginPasskeyProof',
      summary: 'What a browser needs to prove it with a passkey; good for five minutes',
      access: 'user',
      withoutFactor: 'always',
      work: 'manage',
      answers: { 200: { description: 'For `navigator.credentials.get`', schema: PasskeyOptions } },
      problems: ['not-found', 'forbidden'],
      handle: async ({ caller }) => ({ status: 200, body: await proofs.begin(userOf(caller), publicUrl()) }),
    }),
    route({
      method: 'GET',
      path: '/v1/sessions',
      operationId: 'listSessions',
      summary: 'Where whoever asks is signed in',
      access: 'user',
      work: 'look',
      answers: { 200: { description: 'All of them, newest first', schema: pageOf(UserSession) } },
      handle: async ({ caller }) => ({
        status: 200,
        body: { items: await ownSessions.list(userOf(caller)), nextCursor: null },
      }),
    }),
    route<z.infer<typeof UserSessionParams>>({
      method: 'DELETE',
      path: '/v1/sessions/{sessionId}',
      operationId: 'endSession',
      summary: 'Sign out elsewhere',
      access: 'user',
      needsProof: true,
      params: UserSessionParams,
      answers: { 204: { description: 'Signed out there' } },
      problems: ['not-found'],
      async handle(visit) {
        await ownSessions.end(userOf(visit.caller), visit.params.sessionId, from(visit))
        return { status: 204 }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/sessions',
      operationId: 'endOtherSessions',
      summary: 'Sign out everywhere else',
      access: 'user',
      needsProof: true,
      answers: { 204: { description: 'This one is the only one' } },
      async handle(visit) {
        await ownSessions.endOthers(userOf(visit.caller), from(visit))
        return { status: 204 }
      },
    }),
    route<unknown, unknown, PasswordReset>({
      method: 'POST',
      path: '/v1/session/reset',
      operationId: 'resetPassword',
      summary: 'Set a new password by a link; nobody is signed in by it, and everybody who was is out',
      access: 'anybody',
      isSecret: true,
      work: 'manage',
      body: PasswordReset,
      answers: { 204: { description: 'Set' } },
      problems: ['no-match', 'insecure-transport'],
      async handle(visit) {
        await resets.use(visit.body, from(visit))
        return { status: 204 }
      },
    }),
  ]
}
