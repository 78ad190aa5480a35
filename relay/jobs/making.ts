/** How a job comes to be: checked against what the device told of itself, its document on disk, then the job, and then the answer. */
import { hash } from 'node:crypto'
import { Failure } from '@fairlead/base'
import {
  type AuditActor,
  type Job,
  type NewJobQuery,
  type PrintAbilities,
  type PrintTicket,
  whyNotFormat,
  whyNotTicket,
} from '@fairlead/protocol/contract'
import type { JobRow } from '../database/job-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Taken } from '../spool/spool.ts'
import { tooLarge } from '../spool/spool.ts'
import { versionOf } from './abilities-version.ts'
import { formatOf } from './document-format.ts'
import { type JobLife, newLife } from './job-machine.ts'
import { jobOf } from './job-view.ts'
import type { JobsNeeds } from './needs.ts'
import { columnsOf, type JobStore, lifeOf } from './store.ts'

/** @throws {Failure} as the contract says (part 6); nothing is kept then */
export type Making = (order: Order) => Promise<{ job: Job; replayed: boolean }>

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
  query: NewJobQuery
  key: string | undefined
  contentType: string | undefined
  /** As the header says; undefined: not known before it is here. */
  contentLength: number | undefined
  content: AsyncIterable<Uint8Array>
}

export interface MakingNeeds extends JobsNeeds {
  store: JobStore
  tell(tx: Transaction, row: JobRow, life: JobLife): void
  wake(device: string): void
}

export function createMaking(needs: MakingNeeds): Making {
  const { database, store, spool, uploads, clock, random, limits } = needs

  async function take(
    { query, uploader, asker, content }: Order,
    maxBytes: number,
  ): Promise<Taken & { type?: string }> {
    if (query.upload === undefined) return await spool.take(content, maxBytes)
    const upload = await uploads.whole({ account: uploader, asker }, query.upload)
    return { ...(await spool.takeBlob(upload.blob)), type: upload.content_type }
  }

  /** @returns how large the document may be */
  async function room({ account, device, contentLength }: Order): Promise<number> {
    const { bytes, open } = await store.usage(account, device)
    if (open >= limits.openOfDevice)
      throw new Failure(
        'too-many-requests',
        `${open} jobs wait for this device: no more are taken until some are done.`,
        {
          retryAfterSeconds: 60,
        },
      )
    const wanted = contentLength ?? 0
    if (wanted > limits.documentBytes) throw tooLarge(limits.documentBytes)
    const ofAccount = limits.accountBytes - bytes
    if (wanted > ofAccount || ofAccount <= 0)
      throw new Failure(
        'too-many-requests',
        'The documents of the account fill its share of the spool: cancel jobs, or wait for some to be done.',
        {
          retryAfterSeconds: 60,
        },
      )
    const ofSpool = limits.spoolBytes - (await spool.bytes())
    if (wanted > ofSpool || ofSpool <= 0)
      throw new Failure('unavailable', 'The spool of the relay is full: try again when jobs are done.', {
        retryAfterSeconds: 60,
      })
    return Math.min(limits.documentBytes, ofAccount, ofSpool)
  }

  function mustBeOnline(device: string): void {
    const presence = needs.presenceOf(device)
    if (presence?.state === 'online') return
    const lastSeenAt = presence?.lastSeenAt === undefined ? null : new Date(presence.lastSeenAt).toISOString()
    throw new Failure(
      'device-offline',
      'The device is offline, and the job was to go now or not at all: nothing is kept.',
      {
        facts: { lastSeenAt, reason: presence?.reason ?? 'never-seen' },
      },
    )
  }

  async function keep(
    order: Order,
    taken: Taken,
    row: Omit<JobRow, 'number'>,
  ): Promise<{ job: Job; replayed: boolean }> {
    const { device, account, actor, address, query } = order
    const made = await database.write(async (tx) => {
      // Whoever removed the device meanwhile has cancelled all that there was.
      if (needs.findDevice(device)?.account !== account)
        throw new Failure('unknown-device', 'There is no such device here.')
      const numbered: JobRow = { ...row, number: await store.nextNumber(tx, device) }
      if (!(await store.add(tx, numbered))) return undefined
      await spool.own(tx, taken)
      if (query.upload !== undefined) await uploads.spent(tx, query.upload)
      needs.tell(tx, numbered, lifeOf(numbered))
      needs.audit(tx, { action: 'job.made', account, actor, device, subject: row.job_id, address })
      if (row.due === 1) tx.afterCommit(() => needs.wake(device))
      return numbered
    })
    if (made) return { job: jobOf(made), replayed: false }
    const before = order.key === undefined ? undefined : await store.findByKey(order.asker, device, order.key)
    if (!before || before.fingerprint !== row.fingerprint)
      throw new Failure('key-reused', 'This Idempotency-Key belongs to another job: take a new one.')
    if (query.upload === undefined) await spool.discard(taken)
    return { job: jobOf(before), replayed: true }
  }

  /** @throws {Failure} `bad-document` */
  function rowOf(order: Order, taken: Taken & { type?: string }, known: PrintAbilities | undefined) {
    const { device, account, query, key, user } = order
    const format = formatOf(taken.type ?? order.contentType, taken.start)
    const why = whyNotFormat(known, format)
    if (why !== undefined) throw new Failure('bad-document', why)
    const now = clock.wallNow()
    // Now or not at all: a device that is there takes it within a moment.
    const waitMs = query.deliverWithinSeconds === 0 ? atOnceMs : query.deliverWithinSeconds * 1000
    const life = newLife(now + waitMs, query.hold, now)
    const fingerprint = `${wishOf(query)} ${taken.digest}`
    return {
      ...columnsOf(life),
      ...{ job_id: random.token(18), account, device, name: query.name ?? 'document', priority: query.priority },
      ...{ ticket: JSON.stringify(ticketOf(query)), format, bytes: taken.bytes, digest: taken.digest },
      ...{ digest_until: null, abilities_version: versionOf(known), sent_by: JSON.stringify(order.actor) },
      ...{ user_name: user ?? null, created_at: now, changed_at: now, expires_at: life.expiresAt },
      ...(key === undefined ? noKey : { key_owner: order.asker, idempotency_key: key, fingerprint }),
    }
  }

  /** An upload is spent by the job that was made of it: whoever did not hear the answer comes again without one. */
  async function madeBefore({ device, asker, key, query }: Order): Promise<JobRow | undefined> {
    if (key === undefined || query.upload === undefined) return undefined
    const before = await store.findByKey(asker, device, key)
    return before?.fingerprint?.startsWith(`${wishOf(query)} `) ? before : undefined
  }

  return async (order) => {
    const { device, query } = order
    const before = await madeBefore(order)
    if (before) return { job: jobOf(before), replayed: true }
    if (query.deliverWithinSeconds === 0) mustBeOnline(device)
    const known = await store.abilitiesOf(device)
    const cannot = whyNotTicket(known, ticketOf(query))
    if (cannot !== undefined) throw new Failure('invalid-request', cannot)
    const taken = await take(order, await room(order))
    try {
      return await keep(order, taken, rowOf(order, taken, known))
    } catch (error) {
      // An upload stays: it can be sent to another device, or by another name.
      if (query.upload === undefined) await spool.discard(taken)
      throw error
    }
  }
}

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
