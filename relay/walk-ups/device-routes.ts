/** Where devices tell that somebody is there, ask who it is and what waits for them, and have it released (H1). */
import { Failure } from '@fairlead/base'
import {
  CancelledJobs,
  ChosenJobs,
  NewWalkUp,
  ReleasedJobs,
  WalkUp,
  WalkUpJobs,
  WalkUpParams,
  WalkUpWait,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Caller, type Route, route } from '../http/route.ts'
import type { WalkUps } from './walk-ups.ts'

type Params = z.infer<typeof WalkUpParams>

/** @param publicUrl what browsers call this relay @param stopping held requests end with it */
export function walkUpDeviceRoutes(walkUps: WalkUps, publicUrl: () => string, stopping: AbortSignal): Route[] {
  return [
    route<unknown, unknown, NewWalkUp>({
      method: 'POST',
      path: '/device/v1/walk-ups',
      operationId: 'beginWalkUp',
      summary: 'Somebody is at the device: by the PIN or the badge that they show, or to be confirmed with a telephone',
      access: 'device',
      work: 'set',
      body: NewWalkUp,
      answers: {
        201: { description: '`authenticated`: who it is; `waiting`: show `url` as a QR code', schema: WalkUp },
      },
      problems: ['no-match', 'too-many-requests'],
      async handle({ caller, body, address }) {
        const { token, ...walkUp } = await walkUps.begin(deviceOf(caller), body, address)
        const url = token === undefined ? undefined : `${publicUrl()}/console/#/walk-up/${token}`
        return { status: 201, body: { ...walkUp, ...(url !== undefined && { url }) } }
      },
    }),
    route<Params, WalkUpWait>({
      method: 'GET',
      path: '/device/v1/walk-ups/{walkUpId}',
      operationId: 'findWalkUp',
      summary: 'How it stands; one that waits for a telephone is held until there is news',
      access: 'device',
      params: WalkUpParams,
      query: WalkUpWait,
      answers: { 200: { description: 'As it stands', schema: WalkUp } },
      problems: ['not-found'],
      async handle({ caller, params, query, hungUp }) {
        const gone = AbortSignal.any([hungUp, stopping])
        return { status: 200, body: await walkUps.find(deviceOf(caller), params.walkUpId, query.wait * 1000, gone) }
      },
    }),
    route<Params>({
      method: 'GET',
      path: '/device/v1/walk-ups/{walkUpId}/jobs',
      operationId: 'listJobsOfWalkUp',
      summary: 'What waits for that person at this device, and for nobody else',
      access: 'device',
      params: WalkUpParams,
      answers: { 200: { description: 'All of it, the oldest first', schema: WalkUpJobs } },
      problems: ['not-found', 'walk-up-waiting'],
      async handle({ caller, params }) {
        return { status: 200, body: await walkUps.jobs(deviceOf(caller), params.walkUpId) }
      },
    }),
    route<Params, unknown, ChosenJobs>({
      method: 'POST',
      path: '/device/v1/walk-ups/{walkUpId}/release',
      operationId: 'releaseJobs',
      summary: 'That person wants these now: the device is notified of them as of any job; the same again does no harm',
      access: 'device',
      params: WalkUpParams,
      body: ChosenJobs,
      answers: { 200: { description: 'What is released, and what is not', schema: ReleasedJobs } },
      problems: ['not-found', 'walk-up-waiting'],
      async handle({ caller, params, body, address }) {
        const { walkUpId } = params
        return { status: 200, body: await walkUps.release(deviceOf(caller), walkUpId, body.jobIds, address) }
      },
    }),
    route<Params, unknown, ChosenJobs>({
      method: 'POST',
      path: '/device/v1/walk-ups/{walkUpId}/cancel',
      operationId: 'giveUpJobs',
      summary: 'That person gives these up; the same again does no harm',
      access: 'device',
      params: WalkUpParams,
      body: ChosenJobs,
      answers: { 200: { description: 'What is cancelled, and what is not', schema: CancelledJobs } },
      problems: ['not-found', 'walk-up-waiting'],
      async handle({ caller, params, body, address }) {
        const { walkUpId } = params
        return { status: 200, body: await walkUps.cancel(deviceOf(caller), walkUpId, body.jobIds, address) }
      },
    }),
    route<Params>({
      method: 'DELETE',
      path: '/device/v1/walk-ups/{walkUpId}',
      operationId: 'endWalkUp',
      summary: 'They have left',
      access: 'device',
      params: WalkUpParams,
      answers: { 204: { description: 'It is over' } },
      problems: ['not-found'],
      async handle({ caller, params }) {
        await walkUps.end(deviceOf(caller), params.walkUpId)
        return { status: 204 }
      },
    }),
  ]
}

function deviceOf(caller: Caller): string {
  if (caller.kind !== 'device') throw new Failure('unauthorized', 'Only a device may do that, with its own secret.')
  return caller.device
}
