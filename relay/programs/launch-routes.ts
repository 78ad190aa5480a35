/** Where devices see what is offered to them, launch it, and send their request information (L1). */
import { Failure } from '@fairlead/base'
import {
  Launch,
  LaunchInformation,
  LaunchParams,
  LaunchTaken,
  NewLaunch,
  OfferedPrograms,
  ProgramRun,
  ProgramStep,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Caller, type Route, route } from '../http/route.ts'
import type { DeviceCaller, Launches } from './launches.ts'

type Params = z.infer<typeof LaunchParams>

const path = '/device/v1/launches/{launchId}'
const runs = '/runs'

export function launchRoutes(launches: Launches, publicUrl: () => string): Route[] {
  const forDevice = { access: 'device', work: 'set' } as const
  const ofOne = { ...forDevice, params: LaunchParams } as const
  return [
    route({
      ...forDevice,
      method: 'GET',
      path: '/device/v1/programs',
      operationId: 'listOfferedPrograms',
      summary: 'The programs that this device may launch',
      answers: { 200: { description: 'All of them', schema: OfferedPrograms } },
      handle: async ({ caller }) => ({ status: 200, body: await launches.offered(deviceOf(caller)) }),
    }),
    route<unknown, unknown, NewLaunch>({
      ...forDevice,
      method: 'POST',
      path: '/device/v1/launches',
      operationId: 'launchProgram',
      summary: 'Launch a program: the identification, and the device information that is asked for',
      body: NewLaunch,
      answers: { 201: { description: 'The identification', schema: Launch } },
      problems: ['not-found', 'too-many-requests'],
      handle: async ({ caller, body }) => ({
        status: 201,
        body: await launches.launch(deviceOf(caller), body.program),
      }),
    }),
    route<Params, unknown, LaunchInformation>({
      ...ofOne,
      method: 'POST',
      path: `${path}/information`,
      operationId: 'tellLaunchInformation',
      summary: 'The device information that was asked for; the same again does no harm',
      body: LaunchInformation,
      answers: { 200: { description: 'The program has taken it', schema: LaunchTaken } },
      problems: ['not-found', 'program-refused', 'program-unreachable', 'too-many-requests'],
      async handle({ caller, params, body, address }) {
        const { launchId } = params
        await launches.tell(deviceOf(caller), launchId, body.values, address)
        return { status: 200, body: { launchId, address: publicUrl() + path.replace('{launchId}', launchId) + runs } }
      },
    }),
    route<Params, unknown, ProgramRun>({
      ...ofOne,
      method: 'POST',
      path: path + runs,
      operationId: 'runProgram',
      summary: 'Send the request information: the program at the server runs, and says what the device is to do',
      body: ProgramRun,
      answers: { 200: { description: 'The step', schema: ProgramStep } },
      problems: ['not-found', 'information-missing', 'program-unreachable', 'too-many-requests'],
      handle: async ({ caller, params, body }) => ({
        status: 200,
        body: await launches.run(deviceOf(caller), params.launchId, body),
      }),
    }),
    route<Params>({
      ...ofOne,
      method: 'DELETE',
      path,
      operationId: 'removeLaunch',
      summary: 'The device gives the program up',
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        await launches.remove(deviceOf(caller), params.launchId, address)
        return { status: 204 }
      },
    }),
  ]
}

function deviceOf(caller: Caller): DeviceCaller {
  if (caller.kind !== 'device') throw new Failure('unauthorized', 'Only a device may do that, with its own secret.')
  return caller
}
