/** Programs over the API (L1): offered on devices' panels, called where their service hosts them. */
import type {
  CreatedProgram,
  NewProgramInput,
  Page,
  Program,
  ProgramChange,
  ProgramLaunch,
  ProgramSecret,
} from '@fairlead/protocol/contract'
import { call, type Relay } from './call.ts'

export interface ProgramsFilter {
  /** Only who may reach several names one. */
  account?: string
  limit?: number
  cursor?: string
}

type OfAccount = Pick<ProgramsFilter, 'account'>

export function createPrograms(relay: Relay) {
  const pathOf = (program: string) => `/v1/programs/${encodeURIComponent(program)}`

  async function ask<Body>(request: Parameters<typeof call>[1]): Promise<Body> {
    return (await call<Body>(relay, request)).body
  }

  return {
    programs: {
      /** @throws {RelayError} `program-exists` */
      add: (body: NewProgramInput) => ask<CreatedProgram>({ method: 'POST', path: '/v1/programs', body }),
      list: (filter: ProgramsFilter = {}) => ask<Page<Program>>({ path: '/v1/programs', query: { ...filter } }),
      find: (program: string, query: OfAccount = {}) => ask<Program>({ path: pathOf(program), query: { ...query } }),
      /** What is left out stays. */
      change: (program: string, body: ProgramChange, query: OfAccount = {}) =>
        ask<Program>({ method: 'PATCH', path: pathOf(program), body, query: { ...query } }),
      /** With all that is launched of it. */
      remove: async (program: string, query: OfAccount = {}) => {
        await call(relay, { method: 'DELETE', path: pathOf(program), query: { ...query } })
      },
      /** A new signing secret; for a day each call is signed with the one before as well. */
      rotate: (program: string, query: OfAccount = {}) =>
        ask<ProgramSecret>({ method: 'POST', path: `${pathOf(program)}/rotate`, body: {}, query: { ...query } }),
      /** On which devices it is launched, the newest first. */
      launches: (program: string, filter: ProgramsFilter = {}) =>
        ask<Page<ProgramLaunch>>({ path: `${pathOf(program)}/launches`, query: { ...filter } }),
    },
  }
}
