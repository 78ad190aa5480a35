/**
 * Walk-ups (H1): somebody is at a device, which asks who it is and then for what waits for them there, and for nothing before.
 * A PIN or a badge says it at once; a telephone that has read the device's QR code says it a moment later. One at a device: the
 * next one begins where the one before ends.
 */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type {
  CancelledJobs,
  Device,
  NewWalkUp,
  ReleasedJobs,
  WalkUp,
  WalkUpAtDevice,
  WalkUpJobs,
} from '@fairlead/protocol/contract'
import type { Act } from '../audit/act.ts'
import { actorOf } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import { createCountedTries } from '../database/counted-tries.ts'
import type { Database } from '../database/database.ts'
import { keptSecret } from '../database/kept-secret.ts'
import type { WalkUpRow } from '../database/walk-up-tables.ts'
import type { Transaction } from '../database/writer.ts'
import { createWaiting } from '../enrolment/waiting.ts'
import type { Journal } from '../events/journal.ts'
import { every } from '../every.ts'
import type { Caller, UserCaller } from '../http/route.ts'
import type { AtDevice, JobsAtDevice } from '../jobs/at-device.ts'
import { hashOf } from '../people/token.ts'
import { createCodeHash } from './code-hash.ts'
import { createReleaseCodes, type ReleaseCodes } from './release-codes.ts'
import { type CodeWithUser, createWalkUpStore } from './store.ts'

export interface WalkUps extends Disposable {
  readonly releaseCodes: Omit<ReleaseCodes, 'find'>
  /**
   * @returns `token`: what the QR code leads to, where nothing was shown
   * @throws {Failure} `no-match`, whatever the reason; `too-many-requests`
   */
  begin(device: string, shown: NewWalkUp, address: string): Promise<WalkUp & { token?: string }>
  /**
   * How it stands: of one that waits for a telephone, when there is news.
   * @throws {Failure} `not-found`: another device's, or it is over
   */
  find(device: string, walkUpId: string, waitMs: number, gone: AbortSignal): Promise<WalkUp>
  /** @throws {Failure} `not-found`; `walk-up-waiting`: nobody knows yet who it is. So do the next two. */
  jobs(device: string, walkUpId: string): Promise<WalkUpJobs>
  release(device: string, walkUpId: string, jobIds: readonly string[], address: string): Promise<ReleasedJobs>
  cancel(device: string, walkUpId: string, jobIds: readonly string[], address: string): Promise<CancelledJobs>
  /** They have left. @throws {Failure} `not-found` */
  end(device: string, walkUpId: string): Promise<void>
  /** To which device the QR code leads. @throws {Failure} `no-match`: to none (any more), or to one of another account */
  look(user: UserCaller, token: string): Promise<WalkUpAtDevice>
  /** They stand there. @throws {Failure} as `look` */
  confirm(user: UserCaller, token: string, address: string): Promise<WalkUpAtDevice>
  /** There is news of it, at another node. */
  changedElsewhere(device: string): void
}

export interface WalkUpNeeds {
  database: Database
  journal: Pick<Journal, 'append'>
  audit: Pick<Audit, 'tell' | 'tellSeldom'>
  clock: Clock
  random: Random
  log: Log
  findDevice(device: string): { account: string } | undefined
  /** @throws {Failure} `unknown-device` */
  showDevice(caller: Caller, device: string): Promise<Pick<Device, 'model' | 'objects'>>
  jobs: JobsAtDevice
}

/** To take out a telephone, read the code and sign in. */
const confirmMs = 180_000
/** Whoever walks away without a word is gone then. */
const presentMs = 120_000
const forgetMs = 600_000

/** Failed ones within an hour. Eight digits, and as many PINs as an account has people: see docs/security.md. */
const triesMs = 3_600_000
const mostTriesOfDevice = 10
const mostTriesOfAccount = 50

export async function openWalkUps(needs: WalkUpNeeds): Promise<WalkUps> {
  const { database, journal, audit, clock, random, log, findDevice, showDevice, jobs } = needs
  const store = createWalkUpStore(database)
  const hashCode = createCodeHash(await keptSecret(database, random, 'release-code-key'))
  const codes = createReleaseCodes({ database, store, hashCode, clock, random, audit: audit.tell })
  const tries = createCountedTries({
    ...{ database, clock, random, withinMs: triesMs },
    refusal: 'Too many PINs and badges did not match here: wait, or use the QR code.',
  })
  const waiting = createWaiting(clock)
  const forgetting = every(clock, forgetMs, () =>
    inBackground(log, 'walk-ups.not-forgotten', () => database.write((tx) => store.forget(tx, clock.wallNow()))),
  )

  function mustOwn(device: string): { account: string } {
    const owned = findDevice(device)
    if (!owned) throw new Failure('unauthorized', 'The device belongs to nobody.')
    return owned
  }

  function newRow(
    device: string,
    account: string,
    more: Pick<WalkUpRow, 'token' | 'user_id'>,
    lifeMs: number,
  ): WalkUpRow {
    const now = clock.wallNow()
    return { walk_up_id: random.token(18), device, account, ...more, created_at: now, expires_at: now + lifeMs }
  }

  /** Of those that end here, too: whoever waits for one of them looks again. */
  async function begin(tx: Transaction, row: WalkUpRow): Promise<void> {
    await store.begin(tx, row)
    changed(tx, row)
  }

  function changed(tx: Transaction, { account, device }: WalkUpRow): void {
    journal.append(tx, { type: 'record.walk-up', account, device })
    tx.afterCommit(() => waiting.tell(device))
  }

  async function beginByPhone(device: string): Promise<WalkUp & { token: string }> {
    const token = random.token(24)
    const row = newRow(device, mustOwn(device).account, { token: hashOf(token), user_id: null }, confirmMs)
    await database.write((tx) => begin(tx, row))
    return { ...viewOf({ ...row, user_name: null }), token }
  }

  /** Counted before anything is compared: that it was right takes it back. */
  async function mustMatch(device: string, account: string, shown: NewWalkUp, address: string): Promise<CodeWithUser> {
    const refused: Act = { action: 'walk-up.refused', account, actor: { kind: 'device', id: device }, device, address }
    try {
      const takeBack = await tries.count([
        { who: `walk-up at ${device}`, atMost: mostTriesOfDevice },
        { who: `walk-up of ${account}`, atMost: mostTriesOfAccount },
      ])
      const found = await codes.find(account, shown.pin === undefined ? 'badge' : 'pin', shown.pin ?? shown.badge ?? '')
      if (!found) throw noMatch('This is nobody’s here. Try again, or use the QR code.')
      await takeBack()
      return found
    } catch (error) {
      if (error instanceof Failure) audit.tellSeldom({ ...refused, result: error.code })
      throw error
    }
  }

  async function mustFind(device: string, walkUpId: string) {
    const row = await store.find(walkUpId)
    // A device that was given away takes nothing of its former account along.
    const isTheirs = row?.device === device && row.account === findDevice(device)?.account
    if (!row || !isTheirs || row.expires_at <= clock.wallNow()) throw isOver()
    return row
  }

  /** With each call they are there for a while longer. @returns until when */
  async function putOff(walkUpId: string): Promise<number> {
    const expiresAt = clock.wallNow() + presentMs
    if (!(await database.write((tx) => store.putOff(tx, walkUpId, expiresAt)))) throw isOver()
    return expiresAt
  }

  /** Who it is. */
  async function mustBePresent(device: string, walkUpId: string): Promise<AtDevice> {
    const { user_id: userId } = await mustFind(device, walkUpId)
    if (userId === null)
      throw new Failure('walk-up-waiting', 'Nobody has confirmed yet, with a telephone, that they are at the device.')
    await putOff(walkUpId)
    return { device, userId }
  }

  async function mustLookAt(user: UserCaller, token: string): Promise<WalkUpRow> {
    const row = await store.findByToken(hashOf(token))
    // No reach of an admin counts here: who prints there is one of the account.
    const isTheirs = row?.account === user.account && findDevice(row.device)?.account === row.account
    if (!isTheirs || row.expires_at <= clock.wallNow())
      throw noMatch('This code is over, or its device is not of your account. Have the device show another one.')
    return row
  }

  async function show(user: UserCaller, { device, expires_at }: WalkUpRow): Promise<WalkUpAtDevice> {
    const { model, objects } = await showDevice(user, device)
    const told = (object: string) => {
      const { value } = objects[object] ?? {}
      return typeof value === 'string' && value !== '' ? value : null
    }
    return { device, name: told('name'), location: told('location'), model, expiresAt: timeOf(expires_at) }
  }

  return {
    releaseCodes: codes,

    async begin(device, shown, address) {
      if (shown.pin === undefined && shown.badge === undefined) return await beginByPhone(device)
      const { account } = mustOwn(device)
      const { release_code_id, user_id, user_name } = await mustMatch(device, account, shown, address)
      const row = newRow(device, account, { token: null, user_id }, presentMs)
      await database.write(async (tx) => {
        if (!(await store.used(tx, release_code_id, clock.wallNow()))) throw noMatch('This code has just been removed.')
        await begin(tx, row)
        const actor = { kind: 'user', id: user_id } as const
        audit.tell(tx, { action: 'walk-up.made', account, actor, device, subject: release_code_id, address })
      })
      return viewOf({ ...row, user_name })
    },

    async find(device, walkUpId, waitMs, gone) {
      const untilMs = clock.now() + waitMs
      for (;;) {
        using news = waiting.listen(device)
        const row = await mustFind(device, walkUpId)
        if (row.user_id !== null) return viewOf({ ...row, expires_at: await putOff(walkUpId) })
        const leftMs = Math.min(untilMs - clock.now(), row.expires_at - clock.wallNow())
        if (untilMs <= clock.now() || gone.aborted) return viewOf(row)
        await news.within(leftMs, gone)
      }
    },

    jobs: async (device, walkUpId) => await jobs.waitingFor(await mustBePresent(device, walkUpId)),

    async release(device, walkUpId, jobIds, address) {
      return await jobs.releaseFor(await mustBePresent(device, walkUpId), jobIds, address)
    },

    async cancel(device, walkUpId, jobIds, address) {
      return await jobs.cancelFor(await mustBePresent(device, walkUpId), jobIds, address)
    },

    async end(device, walkUpId) {
      const row = await mustFind(device, walkUpId)
      await database.write(async (tx) => {
        await store.end(tx, walkUpId)
        changed(tx, row)
      })
    },

    look: async (user, token) => await show(user, await mustLookAt(user, token)),

    async confirm(user, token, address) {
      const row = await mustLookAt(user, token)
      const { account, device, walk_up_id: subject } = row
      const now = clock.wallNow()
      await database.write(async (tx) => {
        if (!(await store.confirm(tx, hashOf(token), user.userId, now, now + presentMs)))
          throw noMatch(
            'This code is over: somebody was quicker, or it took too long. Have the device show another one.',
          )
        changed(tx, row)
        audit.tell(tx, { action: 'walk-up.confirmed', account, actor: actorOf(user), device, subject, address })
      })
      return await show(user, { ...row, expires_at: now + presentMs })
    },

    changedElsewhere: waiting.tell,
    [Symbol.dispose]: () => forgetting[Symbol.dispose](),
  }
}

const noMatch = (detail: string) => new Failure('no-match', detail)
const isOver = () => new Failure('not-found', 'There is no such walk-up here (any more): begin another one.')

function viewOf({ walk_up_id, user_id, user_name, expires_at }: WalkUpRow & { user_name: string | null }): WalkUp {
  return {
    walkUpId: walk_up_id,
    state: user_id === null ? 'waiting' : 'authenticated',
    ...(user_id !== null && { person: { name: user_name ?? '' } }),
    expiresAt: timeOf(expires_at),
  }
}

const timeOf = (ms: number) => new Date(ms).toISOString()
