/** Jobs: documents for devices, from whoever sends them to what the device says became of them (M1, E1, H1). */
import { Failure, inBackground } from '@fairlead/base'
import {
  type Job,
  type JobAgain,
  type JobChanges,
  type JobInformation,
  type JobReport,
  type JobsQuery,
  type Page,
  type PrintAbilities,
  type Printing,
  whyNotFormat,
  whyNotTicket,
} from '@fairlead/protocol/contract'
import { actorOf } from '../audit/actor.ts'
import type { JobRow } from '../database/job-tables.ts'
import { cursorOf } from '../database/page.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import { askerOf, reaches, tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { versionOf } from './abilities-version.ts'
import { createJobsAtDevice, type JobsAtDevice } from './at-device.ts'
import type { Happened, HappenIn, Happening } from './happening.ts'
import { createHolding, type Holding } from './holding.ts'
import { hasEnded, type JobEffect, type JobEvent, type JobLife, step } from './job-machine.ts'
import { jobOf } from './job-view.ts'
import { createMaking, type Making } from './making.ts'
import type { JobsNeeds } from './needs.ts'
import { createNotifying } from './notifying.ts'
import { lost, readDocument } from './reading.ts'
import { watchSilence } from './silence.ts'
import { columnsOf, createJobStore, lifeOf } from './store.ts'
import { createWaking, type Waking } from './waking.ts'
import { createWhose, type Whose } from './whose.ts'

export interface Jobs extends Making, JobsAtDevice, Holding, Pick<Waking, 'watch'>, Disposable {
  readonly whose: Whose
  /** @throws {Failure} `not-found`, also of another tenant's */
  find(caller: Caller, jobId: string): Promise<Job>
  /** The newest first. @throws {Failure} `invalid-request` for a cursor that was never given out */
  list(caller: Caller, query: JobsQuery): Promise<Page<Job>>
  /** What has ended stays as it is. @throws {Failure} `not-found` */
  cancel(caller: Caller, jobId: string, address: string): Promise<Job>
  /** The same document once more, as another job. @throws {Failure} `not-found`, and what `Making.again` throws */
  printAgain(
    caller: Caller,
    jobId: string,
    wish: JobAgain,
    more: { key: string | undefined; address: string },
  ): Promise<{ job: Job; replayed: boolean }>
  /** @throws {Failure} `not-found`; `job-ended`: it cannot be held any more, the device has it */
  change(caller: Caller, jobId: string, changes: JobChanges, address: string): Promise<Job>
  /**
   * The device has recorded the notification, and asks (M1).
   * @throws {Failure} `not-found`: none of this device; `job-ended` or `job-held`: it is not to do it (now)
   */
  information(device: string, jobId: string): Promise<JobInformation>
  /** Those that a device has and has not told the end of. */
  ofDevice(device: string): Promise<JobInformation[]>
  /**
   * @param holder the proxy that has the job; null: the device's agent
   * @throws {Failure} `not-found`; `wrong-offset`; `job-ended`, also while it is read: it is lost, and the job has failed by that
   */
  document(
    device: string,
    jobId: string,
    from: number,
    holder: string | null,
  ): Promise<{ format: string; bytes: number; content: AsyncIterable<Uint8Array> }>
  /** @throws {Failure} `not-found` @returns whether somebody wants it cancelled */
  report(device: string, jobId: string, report: JobReport, holder: string | null): Promise<boolean>
  /** What a device can do, as it was last heard (E1). */
  printing(device: string): Promise<Printing>
  /** The device is here: what waits for it goes. */
  online(device: string): void
  /** Something has happened to a job of it at another node. */
  changedElsewhere(device: string): void
  /** In the transaction that removes a device, or gives it away. */
  removed(tx: Transaction, device: string): Promise<void>
  /** A request of the relay's own: no service waits for it. */
  isOwn(requestId: string): boolean
  /** The relay stops: no more notifications, which would hold it up. */
  rest(): void
}

const anybodys = (_row: JobRow) => true

/** Somebody may want to print again what failed. */
const soonMs = 24 * 3_600_000
const sweepMs = 2_000
const forgetMs = 600_000

export function openJobs(needs: JobsNeeds): Jobs {
  const { database, journal, audit, spool, clock, log } = needs
  const { write } = database
  const store = createJobStore(database)
  const waking = createWaking(clock)
  const notifying = createNotifying({
    ...needs,
    dueOf: store.dueOf,
    told: (jobIds, event) =>
      write(async (tx) => {
        for (const jobId of jobIds) await happenIn(tx, jobId, event)
      }),
  })

  /** What follows from a step, in the transaction of it. */
  function follow(tx: Transaction, row: JobRow, life: JobLife, effects: readonly JobEffect[]): Partial<JobRow> {
    const changes: Partial<JobRow> = {}
    for (const effect of effects)
      if (effect.kind === 'notify') tx.afterCommit(() => notifying.wake(row.device))
      else if (effect.kind === 'drop-document')
        changes.digest_until = clock.wallNow() + (effect.when === 'soon' ? soonMs : 0)
    if (effects.some(({ kind }) => kind === 'tell')) tell(tx, row, life)
    return changes
  }

  function tell(tx: Transaction, row: JobRow, life: JobLife): void {
    const { job_id: jobId, account, device, name, number } = row
    const { state, heldFor, pagesDone, reason, cancelAsked } = life
    tx.afterCommit(() => waking.tell(device))
    journal.append(tx, {
      type: 'job.changed',
      account,
      device,
      facts: { jobId, number, name, state, heldFor, for: row.for_name ?? undefined, pagesDone, reason, cancelAsked },
    })
  }

  /** One transaction decides. */
  const happenIn: HappenIn = async (tx, jobId, event, mayChange = anybodys) => {
    const row = await store.hold(tx, jobId)
    if (!row || !mayChange(row)) return undefined
    const life = lifeOf(row)
    const before = JSON.stringify(life)
    const effects: JobEffect[] = []
    const happening = typeof event === 'function' ? event(row) : event
    if (happening) step(life, happening, clock.wallNow(), effects)
    if (JSON.stringify(life) === before) return { row, life, changed: false }
    const changes = { ...columnsOf(life), ...follow(tx, row, life, effects), changed_at: clock.wallNow() }
    await store.change(tx, jobId, changes)
    return { row: { ...row, ...changes }, life, changed: true }
  }

  function happen(jobId: string, event: Happening, mayChange = anybodys): Promise<Happened> {
    return write((tx) => happenIn(tx, jobId, event, mayChange))
  }

  async function mustFind(caller: Caller, jobId: string): Promise<JobRow> {
    const row = await store.find(jobId)
    if (!row || !reaches(caller, row.account)) throw noJob()
    return row
  }

  /** @throws {Failure} also for one of another device or holder, or of one that had the device before */
  async function mustFindOf(device: string, jobId: string, holder: string | null): Promise<JobRow> {
    const row = await store.find(jobId)
    if (!row || !isAt(row, device, holder)) throw noJob()
    return row
  }

  function isOf(row: JobRow, device: string): boolean {
    return row.device === device && needs.findDevice(device)?.account === row.account
  }

  /** Two may do the work of one device, its agent and an IPP proxy: what the one has is not there for the other. */
  function isAt(row: JobRow, device: string, holder: string | null): boolean {
    return isOf(row, device) && row.holder === holder
  }

  async function sweep(): Promise<void> {
    for (const jobId of await store.expiredBy(clock.wallNow())) await happen(jobId, { kind: 'time' })
    for (const { job_id, digest } of await store.droppable(clock.wallNow()))
      await write(async (tx) => {
        await store.change(tx, job_id, { digest: null })
        await spool.drop(tx, digest, () => store.isNeeded(tx, digest))
      })
    notifying.look(await store.devicesWithDue())
  }

  let isSweeping = false
  const sweeping = every(clock, sweepMs, () => {
    if (isSweeping) return
    isSweeping = true
    inBackground(log, 'jobs.not-swept', () =>
      sweep().finally(() => {
        isSweeping = false
      }),
    )
  })
  const forgetting = every(clock, forgetMs, () =>
    inBackground(log, 'jobs.not-forgotten', async () => {
      const before = clock.wallNow() - needs.limits.keepMs
      while ((await write((tx) => store.forget(tx, before))) === 1000);
    }),
  )
  const listening = watchSilence({ ...needs, silenceMs: needs.limits.silenceMs, atSilent: store.atSilent, happen })

  const making = createMaking({ ...needs, store, tell, happenIn, wake: notifying.wake })
  return {
    ...making,
    ...createJobsAtDevice({ database, store, audit, happenIn, isOf }),
    ...createHolding({ database, store, happenIn, asked, isOf }),
    whose: createWhose(needs),

    async find(caller, jobId) {
      return jobOf(await mustFind(caller, jobId))
    },

    async list(caller, query) {
      const rows = await store.list(tenantOf(caller), query)
      const page = rows.slice(0, query.limit)
      const end = page.at(-1)
      return {
        items: page.map(jobOf),
        nextCursor: rows.length > query.limit && end ? cursorOf(end.created_at, end.job_id) : null,
      }
    },

    async cancel(caller, jobId, address) {
      await mustFind(caller, jobId)
      const done = await write(async (tx) => {
        const happened = await happenIn(tx, jobId, { kind: 'cancel' })
        if (happened?.changed) auditOf(tx, caller, happened.row, 'job.cancelled', address)
        return happened
      })
      return jobOf(mustBe(done).row)
    },

    async printAgain(caller, jobId, wish, more) {
      await mustFind(caller, jobId)
      return await making.again(jobId, { ...more, wish, actor: actorOf(caller), asker: askerOf(caller) })
    },

    async change(caller, jobId, { hold, priority }, address) {
      const { device } = await mustFind(caller, jobId)
      // Released, it is to be done by the device as it is now.
      const version = hold === false ? versionOf(await store.abilitiesOf(device)) : undefined
      const done = await write(async (tx) => {
        const happened = await happenIn(tx, jobId, () =>
          hold === undefined ? undefined : { kind: hold ? 'hold' : 'release' },
        )
        const { row, life } = mustBe(happened)
        if (hold !== undefined && life.heldFor === 'document')
          throw new Failure('job-held', 'Its document has not come yet: hold or release it then.')
        if (hold === true && life.heldFor === undefined)
          throw new Failure('job-ended', 'The device has it already: it cannot be held any more, only cancelled.')
        const more = {
          ...(priority !== undefined && { priority, changed_at: clock.wallNow() }),
          ...(version !== undefined && { abilities_version: version }),
        }
        if (Object.keys(more).length > 0) await store.change(tx, jobId, more)
        auditOf(tx, caller, row, 'job.changed', address)
        return { ...row, ...more }
      })
      return jobOf(done)
    },

    async information(device, jobId) {
      await mustFindOf(device, jobId, null)
      const abilities = await store.abilitiesOf(device)
      const done = await happen(
        jobId,
        (row) => asked(row, abilities),
        (row) => isAt(row, device, null),
      )
      const { row, life } = mustBe(done)
      if (hasEnded(life.state)) throw new Failure('job-ended', `The job is ${life.state}.`)
      if (life.heldFor) throw new Failure('job-held', 'The job is held: the device is told again when it is released.')
      return informationOf(row)
    },

    async ofDevice(device) {
      return (await store.atDevice(device)).filter((row) => isAt(row, device, null)).map(informationOf)
    },

    async document(device, jobId, from, holder) {
      const row = await mustFindOf(device, jobId, holder)
      if (hasEnded(lifeOf(row).state) || row.digest === null) throw new Failure('job-ended', `The job is ${row.state}.`)
      if (from > row.bytes)
        throw new Failure('wrong-offset', 'The document is shorter.', { facts: { offset: row.bytes } })
      const content = await readDocument(spool, row.digest, from, () => happen(jobId, lost))
      return { format: row.format, bytes: row.bytes, content }
    },

    async report(device, jobId, report, holder) {
      const done = await happen(jobId, { kind: 'reported', report }, (row) => isAt(row, device, holder))
      return mustBe(done).life.cancelAsked
    },

    async printing(device) {
      const abilities = await store.abilitiesOf(device)
      const presence = needs.presenceOf(device)
      const lastSeenAt = presence?.lastSeenAt
      return {
        abilities: abilities ?? null,
        version: versionOf(abilities),
        state: presence?.state ?? 'offline',
        lastSeenAt: lastSeenAt === undefined ? null : new Date(lastSeenAt).toISOString(),
        maxBytes: needs.limits.documentBytes,
      }
    },

    online: notifying.online,
    watch: waking.watch,
    changedElsewhere: waking.tell,

    async removed(tx, device) {
      for (const jobId of await store.openOf(tx, device)) await happenIn(tx, jobId, { kind: 'device-gone' })
      await store.forgetProxies(tx, device)
    },

    isOwn: notifying.isOwn,
    rest: notifying.rest,

    [Symbol.dispose]() {
      sweeping[Symbol.dispose]()
      forgetting[Symbol.dispose]()
      listening[Symbol.dispose]()
      notifying.rest()
    },
  }

  /** Checked once more, now that the device is there (E1): one that is as it was need not be asked about. */
  function asked(row: JobRow, abilities: PrintAbilities | undefined): JobEvent {
    const { state, heldFor } = lifeOf(row)
    if (row.digest === null && heldFor !== 'document' && !hasEnded(state)) return lost
    const isSame = versionOf(abilities) === row.abilities_version
    const reason = isSame
      ? undefined
      : (whyNotFormat(abilities, row.format) ?? whyNotTicket(abilities, JSON.parse(row.ticket)))
    if (reason === undefined) return { kind: 'received' }
    return {
      kind: 'unfit',
      reason: `The device has changed since the job was sent: ${reason} Release it to print it all the same, or cancel it.`,
    }
  }

  function auditOf(
    tx: Transaction,
    caller: Caller,
    row: JobRow,
    action: 'job.cancelled' | 'job.changed',
    address: string,
  ): void {
    audit(tx, {
      action,
      account: row.account,
      actor: actorOf(caller),
      device: row.device,
      subject: row.job_id,
      address,
    })
  }
}

function informationOf(row: JobRow): JobInformation {
  return {
    jobId: row.job_id,
    name: row.name,
    user: row.user_name,
    format: row.format,
    bytes: row.bytes,
    sha256: row.digest ?? '',
    ticket: JSON.parse(row.ticket),
    priority: row.priority,
    number: row.number,
    cancel: row.cancel_asked === 1,
  }
}

function mustBe<Found>(found: Found | undefined): Found {
  if (found === undefined) throw noJob()
  return found
}

const noJob = () => new Failure('not-found', 'There is no such job.')
