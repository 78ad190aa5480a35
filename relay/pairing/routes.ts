/** Where devices announce the PIN that they show, and where people type it. */
import {
  Announced,
  AnnouncementState,
  NewPairing,
  Pairing,
  PairingBody,
  PairingWait,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Pairings } from './pairing.ts'
import { whence } from './whence.ts'

const PairingParams = z.object({ pairingId: z.string() })

/** @param stopping held requests end with it */
export function pairingRoutes({ announce, news, create, find }: Pairings, stopping: AbortSignal): Route[] {
  return [
    route<unknown, PairingWait, PairingBody>({
      method: 'POST',
      path: '/device/v1/pairing',
      operationId: 'announcePin',
      summary: 'A device shows a PIN, and asks what has become of it',
      access: 'anybody',
      isSecret: true,
      work: 'log-in',
      query: PairingWait,
      body: PairingBody,
      answers: {
        200: { description: 'How it stands', schema: AnnouncementState },
        201: { description: 'It may be shown: 10 minutes', schema: Announced },
      },
      problems: ['insecure-transport', 'not-found', 'pin-taken', 'too-many-requests'],
      async handle({ address, isVeiled, body, query, hungUp }) {
        const from = whence(address, isVeiled)
        if (!('token' in body)) return { status: 201, body: await announce(body, from) }
        const gone = AbortSignal.any([hungUp, stopping])
        return { status: 200, body: await news(body, from, query.wait * 1000, gone) }
      },
    }),
    route<unknown, unknown, NewPairing>({
      method: 'POST',
      path: '/v1/pairings',
      operationId: 'pairDevice',
      summary: 'Pair with a device in the same network by the PIN that it shows',
      access: 'devices:write',
      work: 'manage',
      body: NewPairing,
      answers: {
        201: { description: 'A match: go to the device', schema: Pairing },
        202: { description: 'A match, with doubts: somebody is to press at the device', schema: Pairing },
      },
      problems: ['no-match', 'not-found', 'too-many-requests'],
      async handle({ caller, body, address, isVeiled }) {
        const pairing = await create(caller, body, whence(address, isVeiled))
        return { status: pairing.state === 'press-needed' ? 202 : 201, body: pairing }
      },
    }),
    route<z.infer<typeof PairingParams>>({
      method: 'GET',
      path: '/v1/pairings/{pairingId}',
      operationId: 'showPairing',
      summary: 'How a pairing stands, and where to go',
      access: 'devices:write',
      work: 'look',
      params: PairingParams,
      answers: { 200: { description: 'The pairing', schema: Pairing } },
      problems: ['not-found'],
      handle: async ({ caller, params }) => ({ status: 200, body: await find(caller, params.pairingId) }),
    }),
  ]
}
