/** App passwords over HTTP: whoever has signed in makes, sees and removes their own. */
import { AppPassword, AppPasswordParams, MadeAppPassword, NewAppPassword, pageOf } from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { People } from './people.ts'
import { from, userOf } from './session-routes.ts'

export function appPasswordRoutes({ appPasswords }: Pick<People, 'appPasswords'>): Route[] {
  return [
    route<unknown, unknown, NewAppPassword>({
      method: 'POST',
      path: '/v1/app-passwords',
      operationId: 'makeAppPassword',
      summary: 'Make a password for a computer that prints (`ipps://RELAY/ipp/print/ID`)',
      access: 'user',
      isSecret: true,
      needsProof: true,
      work: 'manage',
      body: NewAppPassword,
      answers: { 201: { description: 'Shown this once', schema: MadeAppPassword } },
      handle: async (visit) => ({
        status: 201,
        body: await appPasswords.make(userOf(visit.caller), visit.body, from(visit)),
      }),
    }),
    route({
      method: 'GET',
      path: '/v1/app-passwords',
      operationId: 'listAppPasswords',
      summary: 'The app passwords of whoever has signed in',
      access: 'user',
      work: 'look',
      answers: { 200: { description: 'All of them', schema: pageOf(AppPassword) } },
      handle: async ({ caller }) => ({
        status: 200,
        body: { items: await appPasswords.list(userOf(caller).userId), nextCursor: null },
      }),
    }),
    route<z.infer<typeof AppPasswordParams>>({
      method: 'DELETE',
      path: '/v1/app-passwords/{appPasswordId}',
      operationId: 'removeAppPassword',
      summary: 'Remove an app password; it opens nothing any more',
      access: 'user',
      params: AppPasswordParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found'],
      async handle(visit) {
        await appPasswords.remove(userOf(visit.caller), visit.params.appPasswordId, from(visit))
        return { status: 204 }
      },
    }),
  ]
}
