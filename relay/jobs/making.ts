/** How a job comes to be: checked against what the device told of itself, its document on disk, then the job, and then the answer. */
import { hash } from 'node:crypto'
import { Failure } from '@fairlead/base'
import {
  type AuditActor,
  type HeldFor,
  type Job,
  type JobAgain,
  type NewJobQuery,
  type PrintAbilities,
  type PrintTicket,
  usualWaitSeconds,
  whyNotFormat,
  whyNotTicket,
} from '@fairlead/protocol/contract'
import type { JobRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Taken } from '../spool/spool.ts'
import { versionOf } from './abilities-version.ts'
import { formatOf } from './document-format.ts'
import type { HappenIn } from './happening.ts'
import { type JobEvent, type JobLife, newLife } from './job-machine.ts'
import { jobOf } from './job-view.ts'
import type { JobsNeeds } from './needs.ts'
import { createQuotas } from './quotas.ts'
import { columnsOf, type JobStore, lifeOf } from './store.ts'
import { ticketAgain } from './ticket-again.ts'
import type { Person } from './whose.ts'

export interface Making {
  /** @throws {Failure} as the contract says (part 6); nothing is kept then */
  make(order: Order): Promise<{ job: Job; replayed: boolean }>
  /**
   * Another job of the document of one that has ended.
   * @throws {Failure} `not-again`, `too-many-requests`, `key-reused`, `unknown-device`
   */
  again(jobId: string, order: OrderAgain): Promise<{ job: Job; replayed: boolean }>
  /** A job whose document comes later, with `bring`, within `documentWaitMs`: it is held until then. @throws {Failure} */
  begin(order: Omit<Order, DocumentOf>): Promise<Job>
  /**
   * The document of a job that was begun, on disk when it resolves.
   * @throws {Failure} `job-ended`: it waits for none (any more), also where it was cancelled meanwhile; what `make` throws
   */
  bring(jobId: string, order: Pick<Order, DocumentOf>): Promise<Job>
  /** A job that was begun, and is to get no document, has failed. */
  giveUp(jobId: string): Promise<void>
  /** Whether a device could do it, by what it told. @throws {Failure} `invalid-request`, `bad-document` */
  mustFit(device: string, query: NewJobQuery, format: string | undefined): Promise<void>
}

type DocumentOf = 'contentType' | 'contentLength' | 'content'

/** Between a job's beginning and its document. */
export const documentWaitMs = 300_000

export interface Order {
  device: string
  /** The device's: who may send was checked before. */
  account: string
  actor: AuditActor
  /** Whose idempotency key it is, and with the account beside it, whose upload. */
  asker: string
  uploader: string
  address: string
  user: string | undefined
  /** Whom it waits for at the device; undefined: for nobody. */
  person?: Person | undefined
  query: NewJobQuery
  key: string | undefined
  contentType: string | undefined
  /** As the header says; undefined: not known before it is here. */
  contentLength: number | undefined
  content: AsyncIterable<Uint8Array>
}

export interface OrderAgain extends Pick<Order, 'actor' | 'asker' | 'address' | 'key'> {
  wish: JobAgain
}

export interface MakingNeeds extends JobsNeeds {
  store: JobStore
  tell(tx: Transaction, row: JobRow, life: JobLife): void
  happenIn: HappenIn
  wake(device: string): void
}

export function createMaking(needs: MakingNeeds): Making {
  const { database, store, spool, uploads, clock, random, limits } = needs
  const { mustHavePlace, mustHaveShare, room } = createQuotas(store, spool, limits)

  async function take({ query, uploader, asker, content }: Order, maxBytes: number): Promise<TypedTaken> {
    if (query.upload === undefined) return await spool.take(content, maxBytes)
    const upload = await uploads.whole({ account: uploader, asker }, query.upload)
    return { ...(await spool.takeBlob(upload.blob, upload.bytes)), type: upload.content_type }
  }

  function mustBeOnline(device: string): void {
    const presence = needs.presenceOf(device)
    if (presence?.state === 'online') return
    const lastSeenAt = presence?.lastSeenAt === undefined ? null : new Date(presence.lastSeenAt).toISOString()
    if (presence?.state === 'asleep')
      throw new Failure(
        'device-asleep',
        'The device is asleep, and the job was to go now or not at all: nothing is kept.',
        { facts: { lastSeenAt } },
      )
    throw new Failure(
      'device-offline',
      'The device is offline, and the job was to go now or not at all: nothing is kept.',
      {
        facts: { lastSeenAt, reason: presence?.reason ?? 'never-seen' },
      },
    )
  }

  /** @returns undefined: there is one with this key already */
  async function add(
    tx: Transaction,
    { device, account, actor, address }: Pick<Order, 'device' | 'account' | 'actor' | 'address'>,
    row: Omit<JobRow, 'number'>,
  ): Promise<JobRow | undefined> {
    // Whoever removed the device meanwhile has cancelled all that there was.
    if (needs.findDevice(device)?.account !== account)
      throw new Failure('unknown-device', 'There is no such device here.')
    const numbered: JobRow = { ...row, number: await store.nextNumber(tx, device) }
    if (!(await store.add(tx, numbered))) return undefined
    needs.tell(tx, numbered, lifeOf(numbered))
    needs.audit(tx, { action: 'job.made', account, actor, device, subject: row.job_id, address })
    if (row.due === 1) tx.afterCommit(() => needs.wake(device))
    return numbered
  }

  async function keep(
    order: Order,
    taken: Taken,
    row: Omit<JobRow, 'number'>,
  ): Promise<{ job: Job; replayed: boolean }> {
    const { device, query } = order
    const made = await database.write(async (tx) => {
      const added = await add(tx, order, row)
      if (!added) return undefined
      await spool.own(tx, taken)
      if (query.upload !== undefined) await uploads.spent(tx, query.upload)
      return added
    })
    if (made) return { job: jobOf(made), replayed: false }
    const before = order.key === undefined ? undefined : await store.findByKey(order.asker, device, order.key)
    if (!before || before.fingerprint !== row.fingerprint)
      throw new Failure('key-reused', 'This Idempotency-Key belongs to another job: take a new one.')
    if (query.upload === undefined) await spool.discard(taken)
    return { job: jobOf(before), replayed: true }
  }

  /** @throws {Failure} `bad-document` */
  function fitFormat(taken: TypedTaken, contentType: string | undefined, known: PrintAbilities | undefined): string {
    const format = formatOf(taken.type ?? contentType, taken.start)
    const why = whyNotFormat(known, format)
    if (why !== undefined) throw new Failure('bad-document', why)
    return format
  }

  /** @throws {Failure} `invalid-request` */
  async function mustFitTicket(device: string, query: NewJobQuery): Promise<PrintAbilities | undefined> {
    const known = await store.abilitiesOf(device)
    const cannot = whyNotTicket(known, ticketOf(query))
    if (cannot !== undefined) throw new Failure('invalid-request', cannot)
    return known
  }

  /** Of a job without its document. */
  function rowOf(order: Omit<Order, DocumentOf>, life: JobLife, known: PrintAbilities | undefined) {
    const { device, account, query, person } = order
    const user = person?.email ?? order.user
    const now = clock.wallNow()
    return {
      ...columnsOf(life),
      ...{ job_id: random.token(18), account, device, name: query.name ?? 'document', priority: query.priority },
      ...{ ticket: JSON.stringify(ticketOf(query)), format: '', bytes: 0, digest: null },
      ...{ digest_until: null, abilities_version: versionOf(known), sent_by: JSON.stringify(order.actor) },
      ...{ user_name: user ?? null, for_user: person?.userId ?? null, for_name: person?.name ?? null },
      ...{ created_at: now, changed_at: now, ...noKey },
      ...{ again_of: null, again_as: null, holder: null },
    }
  }

  function rowWith(order: Order, taken: TypedTaken, known: PrintAbilities | undefined) {
    const { query, key } = order
    const format = fitFormat(taken, order.contentType, known)
    const now = clock.wallNow()
    // Now or not at all: a device that is there takes it within a moment.
    const waitMs = query.deliverWithinSeconds === 0 ? atOnceMs : query.deliverWithinSeconds * 1000
    const life = newLife(now + waitMs, whyHeld(order), now)
    const fingerprint = `${wishOf(query)} ${taken.digest}`
    return {
      ...rowOf(order, life, known),
      ...{ format, bytes: taken.bytes, digest: taken.digest },
      ...(key !== undefined && { key_owner: order.asker, idempotency_key: key, fingerprint }),
    }
  }

  function rowAgain(
    old: JobRow,
    ticket: PrintTicket,
    known: PrintAbilities | undefined,
    { actor, asker, key }: OrderAgain,
  ): Omit<JobRow, 'number'> {
    const { number: _, ...kept } = old
    const now = clock.wallNow()
    return {
      ...kept,
      // Whoever was to be there is to be there again.
      ...columnsOf(newLife(now + usualWaitSeconds * 1000, old.for_user === null ? undefined : 'person', now)),
      ...{ job_id: random.token(18), ticket: JSON.stringify(ticket), abilities_version: versionOf(known) },
      ...{ digest_until: null, again_of: old.job_id, again_as: null, created_at: now, changed_at: now },
      ...{ sent_by: JSON.stringify(actor), key_owner: key === undefined ? null : asker, idempotency_key: key ?? null },
    }
  }

  const happen = (jobId: string, event: JobEvent) => database.write((tx) => needs.happenIn(tx, jobId, event))

  /** An upload is spent by the job that was made of it: whoever did not hear the answer comes again without one. */
  async function madeBefore({ device, asker, key, query }: Order): Promise<JobRow | undefined> {
    if (key === undefined || query.upload === undefined) return undefined
    const before = await store.findByKey(asker, device, key)
    return before?.fingerprint?.startsWith(`${wishOf(query)} `) ? before : undefined
  }

  return {
    async make(order) {
      const { device, query } = order
      const before = await madeBefore(order)
      if (before) return { job: jobOf(before), replayed: true }
      if (query.deliverWithinSeconds === 0) mustBeOnline(device)
      const known = await mustFitTicket(device, query)
      await mustHavePlace(order)
      const taken = await take(order, await room(order, order.contentLength))
      try {
        return await keep(order, taken, rowWith(order, taken, known))
      } catch (error) {
        // An upload stays: it can be sent to another device, or by another name.
        if (query.upload === undefined) await spool.discard(taken)
        throw error
      }
    },

    async again(jobId, order) {
      const old = mustBeThere(await store.find(jobId))
      const { device, account } = old
      const known = await store.abilitiesOf(device)
      const fingerprint = `again ${jobId} ${order.wish.pages}`
      const before = order.key === undefined ? undefined : await store.findByKey(order.asker, device, order.key)
      if (before) return replayed(before, fingerprint)
      ticketAgain(old, order.wish, known, clock.wallNow())
      await mustHavePlace(old)
      await mustHaveShare(old, old.bytes)
      const made = await database.write(async (tx) => {
        // While this is held its document stays, and what is made of it here needs it from then on.
        const { row, changed, life } = mustBeThere(await needs.happenIn(tx, jobId, { kind: 'again' }))
        const ticket = ticketAgain(row, order.wish, known, clock.wallNow())
        const added = await add(
          tx,
          { ...order, device, account },
          { ...rowAgain(row, ticket, known, order), fingerprint },
        )
        if (!added) return undefined
        await store.change(tx, jobId, { again_as: added.job_id })
        needs.audit(tx, { action: 'job.made-again', account, device, subject: jobId, ...whoOf(order) })
        if (!changed) needs.tell(tx, row, life)
        return added
      })
      if (made) return { job: jobOf(made), replayed: false }
      return replayed(mustBeThere(await store.findByKey(order.asker, device, order.key ?? '')), fingerprint)
    },

    async begin(order) {
      const known = await mustFitTicket(order.device, order.query)
      await mustHavePlace(order)
      const now = clock.wallNow()
      const row = rowOf(order, newLife(now + documentWaitMs, 'document', now), known)
      const added = await database.write((tx) => add(tx, order, row))
      if (!added) throw new Error('A job without a key is another one than all others.')
      return jobOf(added)
    },

    async bring(jobId, { content, contentType, contentLength }) {
      const row = await store.find(jobId)
      if (row?.held_for !== 'document') throw waitsForNone()
      const known = await store.abilitiesOf(row.device)
      const taken = await spool.take(content, await room(row, contentLength))
      try {
        const format = fitFormat(taken, contentType, known)
        const expiresAt = clock.wallNow() + usualWaitSeconds * 1000
        return await database.write(async (tx) => {
          const forPerson = row.for_user !== null
          const happened = await needs.happenIn(tx, jobId, { kind: 'document-came', expiresAt, forPerson })
          if (!happened?.changed) throw waitsForNone()
          await spool.own(tx, taken)
          const document = { format, bytes: taken.bytes, digest: taken.digest, abilities_version: versionOf(known) }
          await store.change(tx, jobId, document)
          return jobOf({ ...happened.row, ...document })
        })
      } catch (error) {
        await spool.discard(taken)
        throw error
      }
    },

    async giveUp(jobId) {
      await happen(jobId, { kind: 'impossible', reason: 'It was closed before its document came.' })
    },

    async mustFit(device, query, format) {
      const known = await mustFitTicket(device, query)
      const why = format === undefined ? undefined : whyNotFormat(known, format)
      if (why !== undefined) throw new Failure('bad-document', why)
    },
  }
}

/** Whoever is to be there can release it there: that is asked for the more exactly. */
function whyHeld({ person, query }: Pick<Order, 'person' | 'query'>): HeldFor | undefined {
  if (person) return 'person'
  return query.hold ? 'asked' : undefined
}

/** @throws {Failure} `key-reused` */
function replayed(before: JobRow, fingerprint: string): { job: Job; replayed: boolean } {
  if (before.fingerprint === fingerprint) return { job: jobOf(before), replayed: true }
  throw new Failure('key-reused', 'This Idempotency-Key belongs to another job: take a new one.')
}

const whoOf = ({ actor, address }: OrderAgain) => ({ actor, address })

function mustBeThere<Found>(found: Found | undefined): Found {
  if (found === undefined) throw new Failure('not-found', 'There is no such job.')
  return found
}

type TypedTaken = Taken & { type?: string }

const waitsForNone = () => new Failure('job-ended', 'The job waits for no document.')
/** What is wanted of the document; how long it may still wait is less each time that it is sent. */
function wishOf({ deliverWithinSeconds: _, upload: __, ...wish }: NewJobQuery): string {
  return hash('sha256', JSON.stringify(wish), 'hex')
}

const noKey = { key_owner: null, idempotency_key: null, fingerprint: null }
const atOnceMs = 60_000

function ticketOf({ copies, media, sides, color, quality, pages }: NewJobQuery): PrintTicket {
  const asked = { copies, media, sides, color, quality, pages }
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined))
}
