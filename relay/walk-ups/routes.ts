/** Where people make what devices know them by, and say with their telephone that they stand at one (H1). */
import {
  MadeReleaseCode,
  NewReleaseCode,
  pageOf,
  ReleaseCode,
  ReleaseCodeParams,
  ReleaseCodesQuery,
  WalkUpAtDevice,
  WalkUpToken,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { userOf } from '../people/session-routes.ts'
import type { WalkUps } from './walk-ups.ts'

export function walkUpRoutes({ releaseCodes, look, confirm }: WalkUps): Route[] {
  return [
    route<unknown, unknown, NewReleaseCode>({
      method: 'POST',
      path: '/v1/release-codes',
      operationId: 'makeReleaseCode',
      summary: 'A PIN or a badge by which the devices of the account know whoever has signed in',
      access: 'user',
      isSecret: true,
      needsProof: true,
      work: 'manage',
      body: NewReleaseCode,
      answers: { 201: { description: 'A PIN is shown this once', schema: MadeReleaseCode } },
      problems: ['badge-taken', 'forbidden'],
      handle: async ({ caller, body, address }) => ({
        status: 201,
        body: await releaseCodes.make(userOf(caller), body, address),
      }),
    }),
    route<unknown, ReleaseCodesQuery>({
      method: 'GET',
      path: '/v1/release-codes',
      operationId: 'listReleaseCodes',
      summary: 'The release codes of whoever has signed in, or of the account',
      access: 'user',
      work: 'look',
      query: ReleaseCodesQuery,
      answers: { 200: { description: 'All of them', schema: pageOf(ReleaseCode) } },
      problems: ['forbidden'],
      handle: async ({ caller, query }) => ({
        status: 200,
        body: { items: await releaseCodes.list(userOf(caller), query.of), nextCursor: null },
      }),
    }),
    route<z.infer<typeof ReleaseCodeParams>>({
      method: 'DELETE',
      path: '/v1/release-codes/{releaseCodeId}',
      operationId: 'removeReleaseCode',
      summary: 'Remove a release code: no device knows anybody by it any more',
      access: 'user',
      params: ReleaseCodeParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        await releaseCodes.remove(userOf(caller), params.releaseCodeId, address)
        return { status: 204 }
      },
    }),
    route<unknown, unknown, WalkUpToken>({
      method: 'POST',
      path: '/v1/walk-ups/look',
      operationId: 'lookAtWalkUp',
      summary: 'To which device a QR code leads; nothing is said by it',
      access: 'user',
      work: 'look',
      body: WalkUpToken,
      answers: { 200: { description: 'The device', schema: WalkUpAtDevice } },
      problems: ['no-match'],
      handle: async ({ caller, body }) => ({ status: 200, body: await look(userOf(caller), body.token) }),
    }),
    route<unknown, unknown, WalkUpToken>({
      method: 'POST',
      path: '/v1/walk-ups/confirm',
      operationId: 'confirmWalkUp',
      summary: 'Whoever has signed in stands at that device: it may ask for what waits for them there',
      access: 'user',
      work: 'set',
      body: WalkUpToken,
      answers: { 200: { description: 'The device knows', schema: WalkUpAtDevice } },
      problems: ['no-match'],
      handle: async ({ caller, body, address }) => ({
        status: 200,
        body: await confirm(userOf(caller), body.token, address),
      }),
    }),
  ]
}
