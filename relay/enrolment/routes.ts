/** Where devices come with their code, and where people type it. */
import {
  Claim,
  ClaimPage,
  EnrolBody,
  EnrolQuery,
  FactoryList,
  FactoryListed,
  FirstState,
  NewClaim,
  SecondState,
  TypedWord,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import { actorOf } from '../audit/actor.ts'
import { networkOf } from '../http/addresses.ts'
import { type Route, route } from '../http/route.ts'
import type { Enrolment } from './enrolment.ts'

const ClaimParams = z.object({ claimId: z.string() })

/** Of what the relay has a device do. */
const ofDevices = [
  'not-found',
  'claim-closed',
  'device-offline',
  'device-refused',
  'device-timeout',
  'connection-lost',
  'too-many-requests',
  'unavailable',
] as const

/** @param stopping held requests end with it */
export function enrolmentRoutes({ enrol, claims, confirming, addToList }: Enrolment, stopping: AbortSignal): Route[] {
  return [
    route<unknown, EnrolQuery, EnrolBody>({
      method: 'POST',
      path: '/device/v1/enrol',
      operationId: 'enrolByCode',
      summary: 'A device says its factory code, and waits to be claimed',
      access: 'anybody',
      isSecret: true,
      work: 'log-in',
      query: EnrolQuery,
      body: EnrolBody,
      answers: {
        200: { description: 'Claimed: its secret, the same again until it is first used', schema: SecondState },
        202: { description: 'Not claimed yet: ask again', schema: FirstState },
      },
      problems: ['insecure-transport', 'no-match', 'too-many-requests'],
      async handle({ address, body, query, hungUp }) {
        const gone = AbortSignal.any([hungUp, stopping])
        const answer = await enrol(body, { address, network: networkOf(address) }, query.wait * 1000, gone)
        return { status: answer.registration === 'second' ? 200 : 202, body: answer }
      },
    }),
    route<unknown, unknown, NewClaim>({
      method: 'POST',
      path: '/v1/claims',
      operationId: 'claimDevice',
      summary: 'Claim a device by the code on its label',
      access: 'devices:write',
      work: 'manage',
      body: NewClaim,
      answers: { 201: { description: 'It is yours; what to do at it now', schema: Claim } },
      problems: ['no-match', 'not-found', 'too-many-requests'],
      handle: async ({ caller, body, address }) => ({
        status: 201,
        body: await claims.create(caller, body, networkOf(address), address),
      }),
    }),
    route<z.infer<typeof ClaimParams>>({
      method: 'GET',
      path: '/v1/claims/{claimId}',
      operationId: 'showClaim',
      summary: 'Whether the device has said that somebody confirmed the claim at it',
      access: 'devices:write',
      work: 'look',
      params: ClaimParams,
      answers: { 200: { description: 'The claim', schema: Claim } },
      problems: ['not-found'],
      handle: async ({ caller, params }) => ({ status: 200, body: await claims.find(caller, params.claimId) }),
    }),
    route<z.infer<typeof ClaimParams>>({
      method: 'POST',
      path: '/v1/claims/{claimId}/page',
      operationId: 'printClaimPage',
      summary: 'Have the device print a page with a word that confirms the claim, where nobody can reach its panel',
      access: 'devices:write',
      work: 'set',
      params: ClaimParams,
      answers: { 200: { description: 'The device says that it has printed it', schema: ClaimPage } },
      problems: ofDevices,
      handle: async ({ caller, params, address }) => ({
        status: 200,
        body: await confirming.print(caller, params.claimId, address),
      }),
    }),
    route<z.infer<typeof ClaimParams>, unknown, TypedWord>({
      method: 'POST',
      path: '/v1/claims/{claimId}/word',
      operationId: 'typeClaimWord',
      summary: 'Say the word on that page; the device compares it, and says that it was told',
      access: 'devices:write',
      work: 'set',
      params: ClaimParams,
      body: TypedWord,
      answers: { 200: { description: 'It is the word; the claim as it stands now', schema: Claim } },
      problems: [...ofDevices, 'no-match'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await confirming.type(caller, params.claimId, body.word, address),
      }),
    }),
    route<unknown, unknown, FactoryList>({
      method: 'POST',
      path: '/v1/factory-list',
      operationId: 'addToFactoryList',
      summary: 'Which devices may come with which codes; sent again it does no harm',
      access: 'admin',
      work: 'manage',
      body: FactoryList,
      maxBodyBytes: 256 * 1024,
      answers: { 200: { description: 'What became of each line', schema: FactoryListed } },
      handle: async ({ caller, body, address }) => ({
        status: 200,
        body: await addToList(body, { actor: actorOf(caller), address }),
      }),
    }),
  ]
}
