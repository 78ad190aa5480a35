/** Programs that services host and offer on the panels of their account's devices (L1), and what is launched of them. */
import { Failure } from '@fairlead/base'
import type {
  CreatedProgram,
  NewProgram,
  Page,
  Program,
  ProgramChange,
  ProgramLaunch,
  ProgramSecret,
  ProgramsQuery,
  RunOutcome,
} from '@fairlead/protocol/contract'
import type { Act } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { LaunchRow, ProgramRow } from '../database/program-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { accountFor } from '../enrolment/owner.ts'
import { homeOf, reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { createCalling } from './calling.ts'
import { createLaunches, type Launches, type LaunchesNeeds } from './launches.ts'
import { createProgramStore, nameOf, type ProgramFare } from './store.ts'

export interface Programs {
  readonly launches: Launches
  /**
   * @throws {Failure} `program-exists`; `not-found`: the account; `invalid-request`: its URL leads to a private network;
   *   `too-many-requests`: the account has as many as it may
   */
  create(caller: Caller, order: NewProgram, address: string): Promise<CreatedProgram>
  /** By account and ID. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, query: ProgramsQuery): Promise<Page<Program>>
  /** @throws {Failure} `not-found`, also for another account's; so do all below */
  find(caller: Caller, named: Named): Promise<Program>
  change(caller: Caller, named: Named, change: ProgramChange, address: string): Promise<Program>
  /** With all that is launched of it. */
  remove(caller: Caller, named: Named, address: string): Promise<void>
  /** A new secret; for a day each call is signed with the one before as well. */
  rotate(caller: Caller, named: Named, address: string): Promise<ProgramSecret>
  /** The newest first. */
  listLaunches(caller: Caller, named: Named, query: ProgramsQuery): Promise<Page<ProgramLaunch>>
}

/** Two accounts may each have one of the same name. */
export interface Named {
  program: string
  account?: string | undefined
}

export interface ProgramsNeeds extends Omit<LaunchesNeeds, 'store' | 'calling'> {
  webhooks: Pick<Webhooks, 'add' | 'ask' | 'move' | 'mustBeReachable' | 'remove' | 'rotate' | 'viewsOf'>
  accountExists(account: string): boolean
}

/** A panel with more helps nobody. */
const mostOfAccount = 50

export function createPrograms(needs: ProgramsNeeds): Programs {
  const { database, clock, webhooks, audit } = needs
  const { write } = database
  const store = createProgramStore(database)

  /** Of whichever account it is named for. */
  function accountOf(caller: Caller, { account = homeOf(caller) }: { account?: string | undefined }): string {
    if (!reaches(caller, account)) throw new Failure('not-found', `There is no account ${account}.`)
    return account
  }

  async function mustFind(caller: Caller, named: Named): Promise<ProgramRow> {
    const row = await store.find(accountOf(caller, named), named.program)
    if (!row) throw notThere()
    return row
  }

  async function mustFindToChange(tx: Transaction, caller: Caller, named: Named): Promise<ProgramRow> {
    const row = await store.findToChange(tx, accountOf(caller, named), named.program)
    if (!row) throw notThere()
    return row
  }

  async function viewsOf(rows: readonly ProgramRow[]): Promise<Program[]> {
    const [calls, fares] = await Promise.all([
      webhooks.viewsOf(rows.map(({ webhook_id }) => webhook_id)),
      store.fares(rows),
    ])
    return rows.map((row) => viewOf(row, calls.get(row.webhook_id)?.url ?? '', fares.get(nameOf(row))))
  }

  function tell(tx: Transaction, action: Act['action'], row: ProgramRow, caller: Caller, address: string): void {
    audit(tx, { action, account: row.account, subject: row.program, actor: actorOf(caller), address })
  }

  return {
    launches: createLaunches({ ...needs, store, calling: createCalling(webhooks) }),

    async create(caller, order, address) {
      const account = accountFor(caller, order.account, needs.accountExists)
      const { program, title, description = null, url, asks, tag = null } = order
      await webhooks.mustBeReachable(url, 'body.url')
      return write(async (tx) => {
        if ((await store.count(tx, account)) >= mostOfAccount)
          throw new Failure('too-many-requests', `The account has ${mostOfAccount} programs: remove one first.`, {
            retryAfterSeconds: 60,
          })
        const { webhookId, secret } = await webhooks.add(tx, { account, url })
        const row = {
          ...{ account, program, title, description, asks: JSON.stringify(asks), tag },
          ...{ webhook_id: webhookId, created_at: clock.wallNow() },
        }
        if (!(await store.add(tx, row)))
          throw new Failure(
            'program-exists',
            `The account has a program ${program} already: change that, or remove it.`,
          )
        tell(tx, 'program.made', row, caller, address)
        return { ...viewOf(row, url), secret }
      })
    },

    async list(caller, query) {
      const account = query.account === undefined ? tenantOf(caller) : accountOf(caller, query)
      const { rows, nextCursor } = await store.list(account, query)
      return { items: await viewsOf(rows), nextCursor }
    },

    async find(caller, named) {
      const [view] = await viewsOf([await mustFind(caller, named)])
      if (!view) throw notThere()
      return view
    },

    async change(caller, named, { title, description, url, asks, tag }, address) {
      await mustFind(caller, named)
      if (url !== undefined) await webhooks.mustBeReachable(url, 'body.url')
      const row = await write(async (tx) => {
        const before = await mustFindToChange(tx, caller, named)
        const after = {
          ...before,
          ...(title !== undefined && { title }),
          ...(description !== undefined && { description }),
          ...(asks !== undefined && { asks: JSON.stringify(asks) }),
          ...(tag !== undefined && { tag }),
        }
        await store.change(tx, after)
        if (url !== undefined) await webhooks.move(tx, before.webhook_id, url)
        tell(tx, 'program.changed', after, caller, address)
        return after
      })
      const [view] = await viewsOf([row])
      if (!view) throw notThere()
      return view
    },

    remove: (caller, named, address) =>
      write(async (tx) => {
        const row = await mustFindToChange(tx, caller, named)
        await store.remove(tx, row)
        await webhooks.remove(tx, row.webhook_id)
        tell(tx, 'program.removed', row, caller, address)
      }),

    rotate: (caller, named, address) =>
      write(async (tx) => {
        const row = await mustFindToChange(tx, caller, named)
        const secret = await webhooks.rotate(tx, row.webhook_id)
        if (secret === undefined) throw notThere()
        tell(tx, 'program.rotated', row, caller, address)
        return { secret }
      }),

    async listLaunches(caller, named, query) {
      const { rows, nextCursor } = await store.launchesOf(await mustFind(caller, named), query)
      return { items: rows.map(viewOfLaunch), nextCursor }
    },
  }
}

function viewOf(row: ProgramRow, url: string, fare?: ProgramFare): Program {
  const { program, account, title, description, asks, tag } = row
  const { devices = 0, launches = 0, last } = fare ?? {}
  const lastRun = last ? lastRunOf(last) : null
  const createdAt = iso(row.created_at)
  return {
    program,
    account,
    title,
    description,
    url,
    asks: JSON.parse(asks),
    tag,
    createdAt,
    devices,
    launches,
    lastRun,
  }
}

function viewOfLaunch(row: LaunchRow): ProgramLaunch {
  return {
    launchId: row.launch_id,
    device: row.device,
    values: row.information === null ? null : JSON.parse(row.information),
    createdAt: iso(row.created_at),
    launchedAt: row.launched_at === null ? null : iso(row.launched_at),
    lastRun: lastRunOf(row),
  }
}

function lastRunOf({ run_at, outcome, reason, device }: LaunchRow): Program['lastRun'] {
  if (run_at === null || outcome === null) return null
  return { at: iso(run_at), device, outcome: outcome as RunOutcome, reason }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

function notThere(): Failure {
  return new Failure('not-found', 'There is no such program.')
}
