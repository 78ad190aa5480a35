/** Where devices knock with their own secret: register (A2), survival (A5) and what they tell of their own accord. */
import { Failure } from '@fairlead/base'
import {
  DeviceEvents,
  RegisterBody,
  Registered,
  ResetAnswer,
  SleepBody,
  SurvivalAnswer,
  SurvivalBody,
} from '@fairlead/protocol/contract'
import { type Caller, type Route, route } from '../http/route.ts'
import type { RecordEvents } from './device-events.ts'
import type { Register } from './register.ts'
import type { Releasing } from './release.ts'

export interface DeviceRoutesNeeds {
  register: Register
  recordEvents: RecordEvents
  askReset: Releasing['askReset']
  /** The device's session is known by this id: the BOSH sid, or the WebSocket stream's id. */
  knowsSession(device: string, id: string): boolean | Promise<boolean>
  sleep(device: string): Promise<void>
}

export function deviceDoorRoutes(needs: DeviceRoutesNeeds): Route[] {
  const { register, recordEvents, askReset, knowsSession, sleep } = needs
  return [
    route<unknown, unknown, RegisterBody>({
      method: 'POST',
      path: '/device/v1/register',
      operationId: 'registerDevice',
      summary: 'A device tells what it is, at every activation',
      access: 'device',
      work: 'log-in',
      body: RegisterBody,
      answers: { 200: { description: 'Stored', schema: Registered } },
      async handle({ caller, body }) {
        return { status: 200, body: await register(deviceOf(caller), body) }
      },
    }),
    route<unknown, unknown, SurvivalBody>({
      method: 'POST',
      path: '/device/v1/survival',
      operationId: 'notifySurvival',
      summary: 'A device shows that it lives, and hears whether its session is still known',
      access: 'device',
      body: SurvivalBody,
      answers: { 200: { description: 'Whether the session is known', schema: SurvivalAnswer } },
      async handle({ caller, body }) {
        return { status: 200, body: { recognized: await knowsSession(deviceOf(caller), body.sid) } }
      },
    }),
    route<unknown, unknown, unknown>({
      method: 'POST',
      path: '/device/v1/sleep',
      operationId: 'fallAsleep',
      summary: 'A device goes into its low-power mode: its session ends, and it is asleep until its next connection',
      access: 'device',
      body: SleepBody,
      answers: { 200: { description: 'It is on record' } },
      problems: ['unavailable'],
      async handle({ caller }) {
        await sleep(deviceOf(caller))
        return { status: 200, body: {} }
      },
    }),
    route<unknown, unknown, DeviceEvents>({
      method: 'POST',
      path: '/device/v1/events',
      operationId: 'tellDeviceEvents',
      summary: 'A device tells what happened at it; all of it is stored, or none',
      access: 'device',
      work: 'set',
      body: DeviceEvents,
      answers: { 200: { description: 'All are stored' } },
      async handle({ caller, body, address }) {
        await recordEvents(deviceOf(caller), body.events, address)
        return { status: 200, body: {} }
      },
    }),
    route({
      method: 'POST',
      path: '/device/v1/reset',
      operationId: 'askForReset',
      summary:
        'Somebody has reset the device where it stands: it is released after the notice, unless its owner objects',
      access: 'device',
      work: 'set',
      answers: { 202: { description: 'When it is free', schema: ResetAnswer } },
      async handle({ caller, address }) {
        return { status: 202, body: { dueAt: new Date(await askReset(deviceOf(caller), address)).toISOString() } }
      },
    }),
  ]
}

function deviceOf(caller: Caller): string {
  if (caller.kind !== 'device') throw new Failure('unauthorized', 'Only a device may do that, with its own secret.')
  return caller.device
}
