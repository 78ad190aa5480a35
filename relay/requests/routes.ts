/** Services ask devices here (A8), devices answer here (A10), and receipts are read here. */
import { createHash } from 'node:crypto'
import { Failure } from '@fairlead/base'
import {
  AccountParams,
  DeviceParams,
  DeviceResponse,
  isOfConfirmation,
  kindOf,
  RequestAnswered,
  RequestParams,
  RequestPending,
  RequestView,
  readIdempotencyKey,
  ServiceRequest,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import { actorOf } from '../audit/actor.ts'
import { problemOf } from '../http/problem.ts'
import { askerOf, reaches, tenantOf } from '../http/reach.ts'
import { type Answer, type Route, route, type Visit } from '../http/route.ts'
import { isProblem, type KeyUse } from './record.ts'
import type { Reply, Requests } from './requests.ts'

export interface RequestRoutesNeeds {
  requests: Pick<Requests, 'ask' | 'answer' | 'find'>
  maxAnswerBytes: number
  findDevice(id: string): { account: string } | undefined
  /** At most two are needed to know that there are several. */
  devicesOf(account: string): readonly string[]
}

const answers = {
  200: {
    description: 'What the device answered',
    schema: RequestAnswered,
    headers: { 'Idempotency-Replayed': '`true`: an earlier request with this key was told the same' },
  },
  202: {
    description: 'Stored, or under way: ask for its outcome by ID',
    schema: RequestPending,
    headers: { Location: 'Where its outcome is told' },
  },
}
const headers = {
  'Idempotency-Key': '1 to 255 visible characters: a SET or command with the same key is done once',
  Prefer: '`respond-async`: answer 202 at once',
}
const problems = [
  'unknown-device',
  'device-offline',
  'device-asleep',
  'too-many-requests',
  'device-timeout',
  'connection-lost',
  'device-refused',
  'key-reused',
  'in-progress',
] as const

const Nothing = z.object({})

export function requestRoutes(needs: RequestRoutesNeeds): Route[] {
  const { requests } = needs

  async function ask(device: string, visit: Visit<unknown, unknown, ServiceRequest>): Promise<Answer> {
    const { caller, body: request, requestId } = visit
    const found = needs.findDevice(device)
    if (!found || !reaches(caller, found.account)) throw unknownDevice()
    if (isOfConfirmation(request.command))
      throw new Failure(
        'forbidden',
        'Only whoever may claim has a device do that: POST /v1/claims/{claimId}/page and /word.',
      )
    const asker = askerOf(caller)
    const reply = await requests.ask({
      requestId,
      account: found.account,
      device,
      asker,
      by: { actor: actorOf(caller), address: visit.address },
      request,
      key: keyUseOf(asker, visit),
      isAsync: wantsAsync(visit.header('prefer')),
      whenHungUp: (run) => visit.whenHungUp(run),
    })
    return render(reply, device)
  }

  return [
    route({
      method: 'POST',
      path: '/v1/devices/{id}/requests',
      operationId: 'askDevice',
      summary: 'Reads or sets objects of a device, or has it do something',
      access: 'requests:write',
      params: DeviceParams,
      body: ServiceRequest,
      headers,
      answers,
      problems,
      isRequest: true,
      work: 'set',
      workOf,
      handle: (visit) => ask(visit.params.id, visit),
    }),
    route({
      method: 'POST',
      path: '/v1/accounts/{account}/requests',
      operationId: 'askDeviceOfAccount',
      summary: "The same, to the account's one device",
      access: 'requests:write',
      params: AccountParams,
      body: ServiceRequest,
      headers,
      answers,
      problems: [...problems, 'ambiguous-device'],
      isRequest: true,
      work: 'set',
      workOf,
      async handle(visit) {
        const { account } = visit.params
        const [device, another] = reaches(visit.caller, account) ? needs.devicesOf(account) : []
        if (device === undefined) throw unknownDevice()
        if (another !== undefined)
          throw new Failure('ambiguous-device', 'The account has several devices: name the one that is meant.')
        return ask(device, visit)
      },
    }),
    route({
      method: 'GET',
      path: '/v1/requests/{requestId}',
      operationId: 'findRequest',
      summary: 'What became of a request',
      access: 'requests:read',
      work: 'set',
      params: RequestParams,
      answers: { 200: { description: 'The receipt as it stands', schema: RequestView } },
      problems: ['unknown-request'],
      async handle({ caller, params }) {
        return { status: 200, body: await requests.find(params.requestId, tenantOf(caller)) }
      },
    }),
    route({
      method: 'POST',
      path: '/device/v1/responses/{requestId}',
      operationId: 'answerRequest',
      summary: "A device's response to a push",
      access: 'device',
      params: RequestParams,
      body: DeviceResponse,
      maxBodyBytes: needs.maxAnswerBytes,
      answers: {
        200: { description: 'Taken, now or before: the same response again does no harm', schema: Nothing },
        202: { description: 'Kept; nobody waits any more', schema: Nothing },
      },
      problems: ['not-found', 'already-answered'],
      async handle({ caller, params, body, address }) {
        if (caller.kind !== 'device') throw new Failure('forbidden', 'Only a device answers.')
        const taken = await requests.answer(caller.device, params.requestId, body, address)
        return { status: taken === 'late' ? 202 : 200, body: {} }
      },
    }),
  ]
}

/** A GET may be asked again at any time, and is refused before the others. */
const workOf = (request: ServiceRequest) => (kindOf(request) === 'get' ? 'get' : 'set')

/** RFC 7240 §4.1. */
function wantsAsync(prefer: string | undefined): boolean {
  return prefer?.split(',').some((wish) => wish.trim().toLowerCase() === 'respond-async') ?? false
}

function unknownDevice(): Failure {
  return new Failure('unknown-device', 'There is no such device here.')
}

/** Honoured on SET and command; a GET may be done twice. */
function keyUseOf(owner: string, visit: Visit<unknown, unknown, ServiceRequest>): KeyUse | undefined {
  const header = visit.header('idempotency-key')
  if (header === undefined || kindOf(visit.body) === 'get') return undefined
  const key = readIdempotencyKey(header)
  if (key === undefined)
    throw new Failure(
      'invalid-request',
      'Idempotency-Key must be 1 to 255 visible characters, bare or in double quotes.',
    )
  const { method = '', url = '' } = visit.raw.request
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([method, url, visit.body]))
    .digest('hex')
  return { owner, key, fingerprint }
}

function render({ requestId, verdict, answeredAt, replayed }: Reply, device: string): Answer {
  const headers: Record<string, string> = {
    'fairlead-request-id': requestId,
    'fairlead-outcome': verdict?.outcome ?? 'pending',
    ...(replayed && { 'idempotency-replayed': 'true' }),
  }
  if (!verdict)
    return {
      status: 202,
      body: { requestId, device, outcome: 'pending' },
      headers: { ...headers, location: `/v1/requests/${requestId}` },
    }
  if (isProblem(verdict)) {
    const refusal = problemOf(new Failure(verdict.code, verdict.detail, { facts: verdict.facts ?? {} }))
    return { ...refusal, headers: { ...refusal.headers, ...headers } }
  }
  const at = new Date(answeredAt ?? 0).toISOString()
  return { status: 200, body: { requestId, device, ...verdict.answer, answeredAt: at }, headers }
}
