/** Programs over HTTP: for services `/v1/programs`, and for devices what is offered to them and what they launch. */
import {
  CreatedProgram,
  NewProgram,
  Program,
  ProgramChange,
  ProgramLaunch,
  ProgramParams,
  ProgramQuery,
  ProgramSecret,
  ProgramsQuery,
  pageOf,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import { launchRoutes } from './launch-routes.ts'
import type { Programs } from './programs.ts'

type Params = z.infer<typeof ProgramParams>

const path = '/v1/programs/{program}'
const change = { access: 'devices:write', work: 'manage' } as const
const look = { access: 'devices:read', work: 'look' } as const

export function programRoutes(programs: Programs, publicUrl: () => string): Route[] {
  const ofOne = { params: ProgramParams, query: ProgramQuery, problems: ['not-found'] } as const
  return [
    route<unknown, unknown, NewProgram>({
      ...change,
      method: 'POST',
      path: '/v1/programs',
      operationId: 'createProgram',
      summary:
        'Offer a program on the panels of the account’s devices: it is called at its URL when one launches and runs it',
      body: NewProgram,
      answers: { 201: { description: 'Made; its secret is shown this once', schema: CreatedProgram } },
      problems: ['not-found', 'program-exists', 'too-many-requests'],
      handle: async ({ caller, body, address }) => ({
        status: 201,
        body: await programs.create(caller, body, address),
      }),
    }),
    route<unknown, ProgramsQuery>({
      ...look,
      method: 'GET',
      path: '/v1/programs',
      operationId: 'listPrograms',
      summary: 'The programs of the account (for the admin: of all accounts)',
      query: ProgramsQuery,
      answers: { 200: { description: 'A page of programs, by account and ID', schema: pageOf(Program) } },
      problems: ['not-found'],
      handle: async ({ caller, query }) => ({ status: 200, body: await programs.list(caller, query) }),
    }),
    route<Params, ProgramQuery>({
      ...look,
      ...ofOne,
      method: 'GET',
      path,
      operationId: 'showProgram',
      summary: 'One program, and how it fares',
      answers: { 200: { description: 'The program', schema: Program } },
      handle: async ({ caller, params, query }) => ({
        status: 200,
        body: await programs.find(caller, { ...params, ...query }),
      }),
    }),
    route<Params, ProgramQuery, ProgramChange>({
      ...change,
      ...ofOne,
      method: 'PATCH',
      path,
      operationId: 'changeProgram',
      summary: 'Change what is offered; what is launched stays, and was asked what it was asked',
      body: ProgramChange,
      answers: { 200: { description: 'As it is now', schema: Program } },
      handle: async ({ caller, params, query, body, address }) => ({
        status: 200,
        body: await programs.change(caller, { ...params, ...query }, body, address),
      }),
    }),
    route<Params, ProgramQuery>({
      ...change,
      ...ofOne,
      method: 'DELETE',
      path,
      operationId: 'removeProgram',
      summary: 'Remove a program with all that is launched of it: no device can run it any more',
      needsProof: true,
      answers: { 204: { description: 'Removed' } },
      async handle({ caller, params, query, address }) {
        await programs.remove(caller, { ...params, ...query }, address)
        return { status: 204 }
      },
    }),
    route<Params, ProgramQuery>({
      ...change,
      ...ofOne,
      method: 'POST',
      path: `${path}/rotate`,
      operationId: 'rotateProgramSecret',
      summary: 'Make a new signing secret; for a day each call is signed with the one before as well',
      needsProof: true,
      answers: { 200: { description: 'The new secret, shown this once', schema: ProgramSecret } },
      handle: async ({ caller, params, query, address }) => ({
        status: 200,
        body: await programs.rotate(caller, { ...params, ...query }, address),
      }),
    }),
    route<Params, ProgramsQuery>({
      ...look,
      method: 'GET',
      path: `${path}/launches`,
      operationId: 'listLaunches',
      summary: 'On which devices it is launched, and what became of their last run',
      params: ProgramParams,
      query: ProgramsQuery,
      answers: { 200: { description: 'A page of launches, the newest first', schema: pageOf(ProgramLaunch) } },
      problems: ['not-found'],
      handle: async ({ caller, params, query }) => ({
        status: 200,
        body: await programs.listLaunches(caller, { ...params, account: query.account }, query),
      }),
    }),
    ...launchRoutes(programs.launches, publicUrl),
  ]
}
