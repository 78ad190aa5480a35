/** Passkeys over HTTP: whoever has signed in adds and removes them, and whoever shows one signs in. */
import {
  NewPasskey,
  Passkey,
  PasskeyOptions,
  PasskeyParams,
  PasskeySignIn,
  pageOf,
  UserAnswer,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { People } from './people.ts'
import { from, userOf, welcome } from './session-routes.ts'

/** @param publicUrl what browsers call this relay: passkeys are bound to its name */
export function passkeyRoutes(people: People, publicUrl: () => string): Route[] {
  const { passkeys } = people
  return [
    route({
      method: 'POST',
      path: '/v1/session/passkeys/options',
      operationId: 'beginPasskey',
      summary: 'What a browser needs to make a passkey; good for five minutes',
      access: 'user',
      withoutFactor: 'to-set-up',
      needsProof: true,
      work: 'manage',
      answers: { 200: { description: 'For `navigator.credentials.create`', schema: PasskeyOptions } },
      async handle({ caller }) {
        const user = await people.whoIs(userOf(caller).userId)
        return { status: 200, body: await passkeys.beginAdding(user, publicUrl()) }
      },
    }),
    route<unknown, unknown, NewPasskey>({
      method: 'POST',
      path: '/v1/session/passkeys',
      operationId: 'addPasskey',
      summary: 'Add the passkey that the browser has made',
      access: 'user',
      withoutFactor: 'to-set-up',
      needsProof: true,
      work: 'manage',
      body: NewPasskey,
      answers: { 201: { description: 'Signs in from now on', schema: Passkey } },
      handle: async (visit) => ({
        status: 201,
        body: await passkeys.add(userOf(visit.caller), visit.body, publicUrl(), from(visit)),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/session/passkeys',
      operationId: 'listPasskeys',
      summary: 'The passkeys of whoever has signed in',
      access: 'user',
      withoutFactor: 'to-set-up',
      work: 'look',
      answers: { 200: { description: 'All of them', schema: pageOf(Passkey) } },
      handle: async ({ caller }) => ({
        status: 200,
        body: { items: await passkeys.list(userOf(caller).userId), nextCursor: null },
      }),
    }),
    route<z.infer<typeof PasskeyParams>>({
      method: 'DELETE',
      path: '/v1/session/passkeys/{passkeyId}',
      operationId: 'removePasskey',
      summary: 'Remove a passkey; it opens nothing any more',
      access: 'user',
      needsProof: true,
      params: PasskeyParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found'],
      async handle(visit) {
        await passkeys.remove(userOf(visit.caller), visit.params.passkeyId, from(visit))
        return { status: 204 }
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/passkey/options',
      operationId: 'beginPasskeySignIn',
      summary: 'What a browser needs to sign in with a passkey, whosever it is; good for five minutes',
      access: 'anybody',
      work: 'manage',
      answers: { 200: { description: 'For `navigator.credentials.get`', schema: PasskeyOptions } },
      problems: ['forbidden'],
      handle: async () => ({ status: 200, body: await passkeys.beginSignIn(publicUrl()) }),
    }),
    route<unknown, unknown, PasskeySignIn>({
      method: 'POST',
      path: '/v1/session/passkey',
      operationId: 'signInByPasskey',
      summary: 'Sign in with a passkey; no second factor is asked for besides',
      access: 'anybody',
      isSecret: true,
      isSignIn: true,
      work: 'manage',
      body: PasskeySignIn,
      answers: { 200: { description: 'Signed in, by a cookie', schema: UserAnswer } },
      problems: ['unauthorized', 'forbidden', 'insecure-transport'],
      handle: async (visit) =>
        await welcome(people, await passkeys.signIn(visit.body, publicUrl(), from(visit)), 200, visit),
    }),
  ]
}
