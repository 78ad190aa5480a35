/** Where a terminal is told at which address it is seen, over each family of addresses that leads here. */
import { Failure } from '@fairlead/base'
import { NewWitness, Witness, WitnessUrls } from '@fairlead/protocol/contract'
import { type Route, route } from '../http/route.ts'
import type { Pairings } from './pairing.ts'
import { whence } from './whence.ts'

export interface WitnessNeeds {
  pairings: Pick<Pairings, 'witness'>
  /** Names of this relay, each reached over one family of addresses alone. */
  seenUrls: readonly string[]
  /** What browsers call this relay, as they write an origin. */
  publicUrl(): string
}

export function witnessRoutes({ pairings, seenUrls, publicUrl }: WitnessNeeds): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/witness',
      operationId: 'listWitnessUrls',
      summary: 'By which names this relay is reached over one family of addresses alone',
      access: 'anybody',
      work: 'look',
      isForOwnPages: true,
      answers: { 200: { description: 'Ask for a witness at each', schema: WitnessUrls } },
      handle: async () => ({ status: 200, body: { urls: seenUrls } }),
    }),
    route<unknown, unknown, NewWitness>({
      method: 'POST',
      path: '/v1/witness',
      operationId: 'witnessAddress',
      summary: 'The word of this relay that it sees you at your address, for a pairing',
      access: 'anybody',
      isSecret: true,
      work: 'look',
      isForOwnPages: true,
      body: NewWitness,
      answers: { 200: { description: 'It is good for two minutes', schema: Witness } },
      problems: ['forbidden', 'insecure-transport'],
      async handle(visit) {
        const { address, isVeiled, body } = visit
        // Not by the name in `Host`: a page elsewhere may have had its own name lead here (DNS rebinding).
        const origin = visit.header('origin')
        if (origin !== undefined && origin !== publicUrl())
          throw new Failure('forbidden', `Only pages of ${publicUrl()} are told where this browser is seen.`)
        return { status: 200, body: { witness: pairings.witness(body.nonce, whence(address, isVeiled)) } }
      },
    }),
  ]
}
