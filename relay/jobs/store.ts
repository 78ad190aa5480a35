/** What the relay remembers of jobs; it decides nothing. */
import {
  type HeldFor,
  type JobState,
  type JobsQuery,
  mostJobsTold,
  type PrintAbilities,
} from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { JobRow } from '../database/job-tables.ts'
import { placeOf } from '../database/page.ts'
import type { Transaction } from '../database/writer.ts'
import type { JobLife } from './job-machine.ts'

export type JobStore = ReturnType<typeof createJobStore>

const withRelay = ['waiting', 'notified']
const withDevice = ['received', 'fetched', 'executing']
const openStates = [...withRelay, ...withDevice]

/** Looked after in one go. */
const most = 100

/** That a proxy is heard is written down every twenty seconds (`relay/ipp/proxy-role.ts`). */
const proxyHeardWithinMs = 30_000

export function createJobStore({ read }: Database) {
  return {
    find(jobId: string): Promise<JobRow | undefined> {
      return read.selectFrom('job').selectAll().where('job_id', '=', jobId).executeTakeFirst()
    },

    /** What a device told when it registered; undefined: it has not told. */
    async abilitiesOf(device: string): Promise<PrintAbilities | undefined> {
      const row = await read.selectFrom('device').select('capabilities').where('id', '=', device).executeTakeFirst()
      return row && JSON.parse(row.capabilities).printing
    },

    /** Nobody else changes it until the commit. */
    hold({ sql }: Transaction, jobId: string): Promise<JobRow | undefined> {
      return sql.selectFrom('job').selectAll().where('job_id', '=', jobId).forUpdate().executeTakeFirst()
    },

    /** @returns false: there is one with this key already */
    async add({ sql }: Transaction, row: JobRow): Promise<boolean> {
      const added = await sql
        .insertInto('job')
        .values(row)
        .onConflict((on) => on.columns(['key_owner', 'device', 'idempotency_key']).doNothing())
        .executeTakeFirst()
      return added.numInsertedOrUpdatedRows === 1n
    },

    findByKey(owner: string, device: string, key: string): Promise<JobRow | undefined> {
      return read
        .selectFrom('job')
        .selectAll()
        .where('key_owner', '=', owner)
        .where('device', '=', device)
        .where('idempotency_key', '=', key)
        .executeTakeFirst()
    },

    async nextNumber({ sql }: Transaction, device: string): Promise<number> {
      const { last } = await sql
        .insertInto('job_number')
        .values({ device, last: 1 })
        .onConflict((on) => on.column('device').doUpdateSet(({ eb }) => ({ last: eb('job_number.last', '+', 1) })))
        .returning('last')
        .executeTakeFirstOrThrow()
      return last
    },

    async change({ sql }: Transaction, jobId: string, changes: Partial<JobRow>): Promise<void> {
      await sql.updateTable('job').set(changes).where('job_id', '=', jobId).execute()
    },

    /** The newest first; one more than asked for, if there is one. */
    list(account: string | undefined, { device, state, number, user, limit, cursor }: JobsQuery): Promise<JobRow[]> {
      let query = read.selectFrom('job').selectAll()
      if (account !== undefined) query = query.where('account', '=', account)
      if (device !== undefined) query = query.where('device', '=', device)
      if (number !== undefined) query = query.where('number', '=', number)
      if (user !== undefined) query = query.where('user_name', '=', user)
      if (state === 'open') query = query.where('state', 'in', openStates)
      else if (state === 'ended') query = query.where('state', 'not in', openStates)
      else if (state !== undefined) query = query.where('state', '=', state)
      if (cursor !== undefined) {
        const [at, id] = placeOf(cursor)
        query = query.where(({ eb, or, and }) =>
          or([eb('created_at', '<', at), and([eb('created_at', '=', at), eb('job_id', '<', id)])]),
        )
      }
      return query
        .orderBy('created_at', 'desc')
        .orderBy('job_id', 'desc')
        .limit(limit + 1)
        .execute()
    },

    /** What a device has and has not told the end of, the most urgent first. */
    atDevice(device: string): Promise<JobRow[]> {
      return read
        .selectFrom('job')
        .selectAll()
        .where('device', '=', device)
        .where('state', 'in', withDevice)
        .orderBy('priority', 'desc')
        .orderBy('number')
        .limit(1000)
        .execute()
    },

    /** The oldest first. */
    waitingFor(device: string, userId: string): Promise<JobRow[]> {
      return read
        .selectFrom('job')
        .selectAll()
        .where('device', '=', device)
        .where('for_user', '=', userId)
        .where('held_for', '=', 'person')
        .orderBy('number')
        .limit(1000)
        .execute()
    },

    /** What has not ended, as it will come out; no more than may wait for a device. */
    ofDevice(device: string): Promise<JobRow[]> {
      return read
        .selectFrom('job')
        .selectAll()
        .where('device', '=', device)
        .where('state', 'in', openStates)
        .orderBy('priority', 'desc')
        .orderBy('number')
        .execute()
    },

    /** What the device is to hear of now, the most urgent first. */
    async dueOf(device: string): Promise<string[]> {
      const rows = await read
        .selectFrom('job')
        .select('job_id')
        .where('device', '=', device)
        .where('due', '=', 1)
        // A proxy asks by itself.
        .where('holder', 'is', null)
        .orderBy('priority', 'desc')
        .orderBy('number')
        .limit(mostJobsTold)
        .execute()
      return rows.map(({ job_id }) => job_id)
    },

    async devicesWithDue(): Promise<string[]> {
      const due = read.selectFrom('job').select('device').distinct().where('due', '=', 1)
      const rows = await due.where('holder', 'is', null).execute()
      return rows.map(({ device }) => device)
    },

    async expiredBy(nowMs: number): Promise<string[]> {
      const rows = await read
        .selectFrom('job')
        .select('job_id')
        .where('state', 'in', withRelay)
        .where('expires_at', '<=', nowMs)
        .limit(most)
        .execute()
      return rows.map(({ job_id }) => job_id)
    },

    /** Whose device, or the IPP proxy that has them for it, was by the record neither online nor heard since. */
    atSilent(heardBefore: number): Promise<{ job_id: string }[]> {
      return read
        .selectFrom('job')
        .innerJoin('device', 'device.id', 'job.device')
        .select('job.job_id')
        .where('job.state', 'in', withDevice)
        .where('device.state', '!=', 'online')
        .where(({ or, eb }) => or([eb('last_seen_at', 'is', null), eb('last_seen_at', '<=', heardBefore)]))
        .where(({ not, exists, selectFrom }) =>
          not(
            exists(
              selectFrom('output_device')
                .select('uuid')
                .whereRef('output_device.device', '=', 'job.device')
                .whereRef('output_device.uuid', '=', 'job.holder')
                .where('heard_at', '>', heardBefore - proxyHeardWithinMs),
            ),
          ),
        )
        .limit(most)
        .execute()
    },

    async openOf({ sql }: Transaction, device: string): Promise<string[]> {
      const rows = await sql
        .selectFrom('job')
        .select('job_id')
        .where('device', '=', device)
        .where('state', 'in', openStates)
        .execute()
      return rows.map(({ job_id }) => job_id)
    },

    /** Of these, what a proxy has and has not told the end of. */
    async openAt({ sql }: Transaction, device: string, holder: string): Promise<string[]> {
      const rows = await sql
        .selectFrom('job')
        .select('job_id')
        .where('device', '=', device)
        .where('holder', '=', holder)
        .where('state', 'in', withDevice)
        .execute()
      return rows.map(({ job_id }) => job_id)
    },

    /** Whoever served the device, and was told of its jobs, did so for its former owner. */
    async forgetProxies({ sql }: Transaction, device: string): Promise<void> {
      await sql.deleteFrom('output_subscription').where('device', '=', device).execute()
      await sql.deleteFrom('output_device').where('device', '=', device).execute()
    },

    /** Of the documents that are kept for this account, each job's on its own; and how many of a device wait. */
    async usage(account: string, device: string): Promise<{ bytes: number; open: number }> {
      const { bytes } = await read
        .selectFrom('job')
        .select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
        .where('account', '=', account)
        .where('digest', 'is not', null)
        .executeTakeFirstOrThrow()
      const { open } = await read
        .selectFrom('job')
        .select(({ fn }) => fn.countAll<number>().as('open'))
        .where('device', '=', device)
        .where('state', 'in', openStates)
        .executeTakeFirstOrThrow()
      return { bytes: Number(bytes ?? 0), open: Number(open) }
    },

    /** Jobs whose document nobody needs any more. */
    async droppable(nowMs: number): Promise<{ job_id: string; digest: string }[]> {
      const rows = await read
        .selectFrom('job')
        .select(['job_id', 'digest'])
        .where('digest', 'is not', null)
        .where('digest_until', '<=', nowMs)
        .limit(most)
        .execute()
      return rows.flatMap(({ job_id, digest }) => (digest === null ? [] : [{ job_id, digest }]))
    },

    async isNeeded({ sql }: Transaction, digest: string): Promise<boolean> {
      const row = await sql.selectFrom('job').select('job_id').where('digest', '=', digest).limit(1).executeTakeFirst()
      return row !== undefined
    },

    /** Those that ended before this. @returns how many */
    async forget({ sql }: Transaction, changedBefore: number): Promise<number> {
      const old = sql
        .selectFrom('job')
        .select('job_id')
        .where('state', 'not in', openStates)
        .where('digest', 'is', null)
        .where('changed_at', '<', changedBefore)
        .limit(1000)
      const { numDeletedRows } = await sql.deleteFrom('job').where('job_id', 'in', old).executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    },
  }
}

export function lifeOf(row: JobRow): JobLife {
  return {
    state: row.state as JobState,
    heldFor: (row.held_for as HeldFor | null) ?? undefined,
    cancelAsked: row.cancel_asked === 1,
    pagesDone: row.pages_done ?? undefined,
    reason: row.reason ?? undefined,
    due: row.due === 1,
    expiresAt: row.expires_at,
    states: JSON.parse(row.states),
  }
}

export function columnsOf(life: JobLife) {
  return {
    state: life.state,
    held_for: life.heldFor ?? null,
    cancel_asked: life.cancelAsked ? 1 : 0,
    pages_done: life.pagesDone ?? null,
    reason: life.reason ?? null,
    due: life.due ? 1 : 0,
    expires_at: life.expiresAt,
    states: JSON.stringify(life.states),
  }
}
