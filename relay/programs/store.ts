/** Where programs and their launches lie; decides nothing. */
import { sql } from 'kysely'
import type { Database } from '../database/database.ts'
import { cursorOf, placeOf, readCursor, writeCursor } from '../database/page.ts'
import type { LaunchRow, ProgramRow } from '../database/program-tables.ts'
import type { Transaction } from '../database/writer.ts'

export type ProgramStore = ReturnType<typeof createProgramStore>

/** What became of what is launched of a program. */
export interface ProgramFare {
  devices: number
  launches: number
  last: LaunchRow | undefined
}

/** Of an account; undefined: of all. */
export type OfAccount = string | undefined

interface PageOf {
  limit: number
  cursor?: string | undefined
}

/** As a key of a map; neither of the two has a space in it. */
export const nameOf = ({ account, program }: Pick<ProgramRow, 'account' | 'program'>) => `${account} ${program}`

export function createProgramStore({ read }: Database) {
  return {
    find(account: string, program: string): Promise<ProgramRow | undefined> {
      return findProgram(read, account, program)
    },

    /** Nobody else changes it until the commit. */
    findToChange({ sql }: Transaction, account: string, program: string): Promise<ProgramRow | undefined> {
      return sql
        .selectFrom('program')
        .selectAll()
        .where('account', '=', account)
        .where('program', '=', program)
        .forNoKeyUpdate()
        .executeTakeFirst()
    },

    async count({ sql }: Transaction, account: string): Promise<number> {
      const { count } = await sql
        .selectFrom('program')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('account', '=', account)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** @returns false: there is one of that name */
    async add({ sql }: Transaction, row: ProgramRow): Promise<boolean> {
      const added = await sql
        .insertInto('program')
        .values(row)
        .onConflict((on) => on.doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    async change({ sql }: Transaction, { account, program, ...row }: ProgramRow): Promise<void> {
      await sql.updateTable('program').set(row).where('account', '=', account).where('program', '=', program).execute()
    },

    /** With all that is launched of it. */
    async remove({ sql }: Transaction, { account, program }: ProgramRow): Promise<void> {
      await sql.deleteFrom('program').where('account', '=', account).where('program', '=', program).execute()
    },

    ofAccount(account: string): Promise<ProgramRow[]> {
      return read.selectFrom('program').selectAll().where('account', '=', account).orderBy('title').execute()
    },

    async list(
      account: OfAccount,
      { limit, cursor }: PageOf,
    ): Promise<{ rows: ProgramRow[]; nextCursor: string | null }> {
      let query = read.selectFrom('program').selectAll()
      if (account !== undefined) query = query.where('account', '=', account)
      if (cursor !== undefined) {
        const [of = '', program = ''] = readCursor(cursor).split(' ')
        query = query.where(({ eb, or, and }) =>
          or([eb('account', '>', of), and([eb('account', '=', of), eb('program', '>', program)])]),
        )
      }
      const found = await query
        .orderBy('account')
        .orderBy('program')
        .limit(limit + 1)
        .execute()
      const rows = found.slice(0, limit)
      const end = rows.at(-1)
      return { rows, nextCursor: found.length > limit && end ? writeCursor(nameOf(end)) : null }
    },

    /** By `nameOf`. */
    async fares(programs: readonly ProgramRow[]): Promise<ReadonlyMap<string, ProgramFare>> {
      if (programs.length === 0) return new Map()
      const ofThese = read
        .selectFrom('launch')
        .where(({ eb, or, and }) =>
          or(programs.map(({ account, program }) => and([eb('account', '=', account), eb('program', '=', program)]))),
        )
      const counted = await ofThese
        .select(({ fn }) => [
          'account',
          'program',
          fn.count<number>('launched_at').as('launches'),
          sql<number>`count(distinct case when launched_at is not null then device end)`.as('devices'),
        ])
        .groupBy(['account', 'program'])
        .execute()
      const ran = ofThese
        .selectAll()
        .select(
          sql<number>`row_number() over (partition by account, program order by run_at desc, launch_id)`.as('place'),
        )
        .where('run_at', 'is not', null)
      const last = await read.selectFrom(ran.as('ran')).selectAll().where('place', '=', 1).execute()
      const lastOf = new Map(last.map((row) => [nameOf(row), row]))
      return new Map(
        counted.map(({ account, program, launches, devices }) => {
          const name = nameOf({ account, program })
          return [name, { launches: Number(launches), devices: Number(devices), last: lastOf.get(name) }]
        }),
      )
    },

    /** The newest first. */
    async launchesOf({ account, program }: ProgramRow, { limit, cursor }: PageOf) {
      let query = read.selectFrom('launch').selectAll().where('account', '=', account).where('program', '=', program)
      if (cursor !== undefined) {
        const [at, id] = placeOf(cursor)
        query = query.where(({ eb, or, and }) =>
          or([eb('created_at', '<', at), and([eb('created_at', '=', at), eb('launch_id', '<', id)])]),
        )
      }
      const found = await query
        .orderBy('created_at', 'desc')
        .orderBy('launch_id', 'desc')
        .limit(limit + 1)
        .execute()
      const rows = found.slice(0, limit)
      const end = rows.at(-1)
      return { rows, nextCursor: found.length > limit && end ? cursorOf(end.created_at, end.launch_id) : null }
    },

    /** Whose the device is; nobody takes it away, or counts what is its own, until the commit. @returns undefined: it is nobody's */
    async ownerOf({ sql }: Transaction, device: string): Promise<string | undefined> {
      const row = await sql
        .selectFrom('device')
        .select(['account', 'registration'])
        .where('id', '=', device)
        .forNoKeyUpdate()
        .executeTakeFirst()
      return row?.registration === 'none' ? undefined : row?.account
    },

    findLaunch(launchId: string): Promise<LaunchRow | undefined> {
      return read.selectFrom('launch').selectAll().where('launch_id', '=', launchId).executeTakeFirst()
    },

    async countLaunches({ sql }: Transaction, device: string): Promise<number> {
      const { count } = await sql
        .selectFrom('launch')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('device', '=', device)
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    async addLaunch({ sql }: Transaction, row: LaunchRow): Promise<void> {
      await sql.insertInto('launch').values(row).execute()
    },

    /** @returns false: it is gone */
    async changeLaunch({ sql }: Transaction, launchId: string, changes: Partial<LaunchRow>): Promise<boolean> {
      const changed = await sql.updateTable('launch').set(changes).where('launch_id', '=', launchId).executeTakeFirst()
      return changed.numUpdatedRows === 1n
    },

    /** @returns false: it is gone */
    async removeLaunch({ sql }: Transaction, launchId: string): Promise<boolean> {
      const removed = await sql.deleteFrom('launch').where('launch_id', '=', launchId).executeTakeFirst()
      return removed.numDeletedRows === 1n
    },

    async removeOfDevice({ sql }: Transaction, device: string): Promise<void> {
      await sql.deleteFrom('launch').where('device', '=', device).execute()
    },

    /** Of a device that has asked for them and never came back with what it was asked. */
    async forgetUnlaunched({ sql }: Transaction, device: string, madeBefore: number): Promise<void> {
      await sql
        .deleteFrom('launch')
        .where('device', '=', device)
        .where('launched_at', 'is', null)
        .where('created_at', '<', madeBefore)
        .execute()
    },

    /** @returns how many of the device are under way, without this one */
    async beginRun(
      { sql }: Transaction,
      run: { call_id: string; device: string; started_at: number },
      overBefore: number,
    ) {
      await sql.deleteFrom('launch_run').where('device', '=', run.device).where('started_at', '<', overBefore).execute()
      const { count } = await sql
        .selectFrom('launch_run')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('device', '=', run.device)
        .executeTakeFirstOrThrow()
      await sql.insertInto('launch_run').values(run).execute()
      return Number(count)
    },

    async endRun({ sql }: Transaction, callId: string): Promise<void> {
      await sql.deleteFrom('launch_run').where('call_id', '=', callId).execute()
    },
  }
}

function findProgram(sql: Database['read'], account: string, program: string): Promise<ProgramRow | undefined> {
  return sql
    .selectFrom('program')
    .selectAll()
    .where('account', '=', account)
    .where('program', '=', program)
    .executeTakeFirst()
}
