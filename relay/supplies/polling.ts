/**
 * Asks devices that somebody has subscribed to what they read: soon, when something has happened to them, and again and again.
 * Never one that is OFFLINE or has anything else in hand; few at once; and none while the relay has too much to do.
 */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import { every } from '../every.ts'
import { apartMs } from './order-machine.ts'
import type { Watching } from './watching.ts'

export interface Polling extends Disposable {
  /** A request of the relay's own: no service waits for it. */
  isOwn(requestId: string): boolean
  /** The relay stops: no new requests, which would hold it up. */
  rest(): void
}

export interface PollingNeeds {
  database: Database
  clock: Clock
  random: Random
  log: Log
  intervalMs: number
  /** The number of this node, as it is written down with a device that is ONLINE here. */
  node(): number
  /** ONLINE here. */
  isHere(device: string): boolean
  /** With nothing in hand. */
  isIdle(device: string): boolean
  devicesOf(account: string): readonly { id: string }[]
  ownerOf(device: string): string | undefined
  /** @throws {Failure} whatever kept it from being asked @returns undefined: it refused */
  ask(requestId: string, account: string, device: string, get: string[]): Promise<Record<string, Json> | undefined>
  newRequestId(): string
  /** The relay has too much to do for work that can wait. */
  isBusy(): boolean
  watching: Pick<Watching, 'observe'>
}

const tickMs = 1_000
/** Who has subscribed to what is read from the record, since any node may have changed it. */
const sweepMs = 20_000
const mostAtOnce = 8
/** A device that has come is read for the first time within this, spread over all that have. */
const firstWithinMs = 60_000
/** One that gave no answer is left in peace for so long. */
const pauseMs = 60_000
/** As many may follow each other as soon as they are of use. */
const quickReads = 6
/** As many as a request may name. */
const mostObjects = 100

export function createPolling(needs: PollingNeeds): Polling {
  const { database, clock, random, log, intervalMs, watching } = needs
  const { read, write } = database
  const own = new Set<string>()
  /** When a device of this node is to be read in its turn. */
  const turns = new Map<string, number>()
  /** Devices to be read now, with their accounts: those for which something has happened come first. */
  const [urgent, inTurn] = [new Map<string, string>(), new Map<string, string>()]
  const asking = new Set<string>()
  /** A second reading within this time would be no evidence beside the first. */
  const quietUntil = new Map<string, number>()
  /** How often each was read since its last turn. */
  const reads = new Map<string, number>()
  let sweptAtMs = Number.NEGATIVE_INFINITY
  let isTicking = false
  let isResting = false
  let isClosed = false

  /** Of all accounts; few, since a relay has few services. */
  function active() {
    return read.selectFrom('subscription').select(['account', 'device']).where('paused', '=', 0).distinct().execute()
  }

  async function objectsOf(account: string, device: string): Promise<string[]> {
    const rows = await read
      .selectFrom('subscription')
      .select('conditions')
      .where('account', '=', account)
      .where('paused', '=', 0)
      .where(({ eb, or }) => or([eb('device', 'is', null), eb('device', '=', device)]))
      .execute()
    const awaited = rows.flatMap(({ conditions }) => JSON.parse(conditions) as { object: string }[])
    if (awaited.length === 0) return []
    return [...new Set(['pages', ...awaited.map(({ object }) => object)])].slice(0, mostObjects)
  }

  /** Of those that are ONLINE at this node, as the record says: whoever wrote it may be another. */
  function dueLooks() {
    return read
      .selectFrom('look')
      .innerJoin('device', 'device.id', 'look.device')
      .select(['look.device', 'device.account'])
      .where('look.due_at', '<=', clock.wallNow())
      .where('device.state', '=', 'online')
      .where('device.node', '=', needs.node())
      .orderBy('look.due_at')
      .limit(100)
      .execute()
  }

  async function tick(): Promise<void> {
    if (isResting || needs.isBusy()) return
    for (const { device, account } of await dueLooks()) urgent.set(device, account)
    if (clock.now() - sweptAtMs >= Math.min(sweepMs, intervalMs / 2)) await sweep()
    askNext()
  }

  /** Those of this node that somebody has subscribed to, with their accounts. */
  async function awaitedHere(): Promise<Map<string, string>> {
    const found = new Map<string, string>()
    // Whoever named it may not own it any more.
    for (const { account, device } of await active())
      for (const id of device === null ? needs.devicesOf(account).map((each) => each.id) : [device])
        if (needs.isHere(id) && needs.ownerOf(id) === account) found.set(id, account)
    return found
  }

  /** Whoever is not here any more, or nobody's any more, has no turn. */
  async function sweep(): Promise<void> {
    const nowMs = clock.now()
    sweptAtMs = nowMs
    const awaited = await awaitedHere()
    for (const [device, account] of awaited) {
      const turn = turns.get(device) ?? nowMs + random.fraction() * Math.min(firstWithinMs, intervalMs)
      turns.set(device, turn)
      if (turn > nowMs) continue
      inTurn.set(device, account)
      reads.delete(device)
    }
    for (const ofDevices of [turns, reads])
      for (const device of ofDevices.keys()) if (!awaited.has(device)) ofDevices.delete(device)
    for (const [device, untilMs] of quietUntil) if (untilMs <= nowMs) quietUntil.delete(device)
  }

  function askNext(): void {
    for (const waiting of [urgent, inTurn])
      for (const [device, account] of waiting) {
        if (isResting || asking.size >= mostAtOnce) return
        waiting.delete(device)
        // Whoever is passed over is found again in a moment: its turn, or what is written down, stays.
        if (mayAsk(device)) begin(account, device)
      }
  }

  function mayAsk(device: string): boolean {
    const isQuiet = (quietUntil.get(device) ?? 0) > clock.now()
    return !isQuiet && !asking.has(device) && needs.isHere(device) && needs.isIdle(device)
  }

  function begin(account: string, device: string): void {
    const nowMs = clock.now()
    asking.add(device)
    quietUntil.set(device, nowMs + quietMs(device))
    turns.set(device, nowMs + intervalMs * (0.9 + 0.2 * random.fraction()))
    inBackground(log, 'supplies.not-read', () =>
      quietly(poll(account, device)).finally(() => {
        asking.delete(device)
        askNext()
      }),
    )
  }

  /** One that says something else each time would be asked again each time: the pauses grow until its turn comes. */
  function quietMs(device: string): number {
    const before = reads.get(device) ?? 0
    reads.set(device, before + 1)
    return Math.min(intervalMs, apartMs * 2 ** Math.max(0, before - quickReads))
  }

  async function poll(account: string, device: string): Promise<void> {
    const askedAt = clock.wallNow()
    const objects = await objectsOf(account, device)
    const values = objects.length === 0 ? {} : await ask(account, device, objects)
    if (isClosed) return
    await write(async (tx) => {
      await looked(tx, device, askedAt, values ? undefined : clock.wallNow() + pauseMs)
      if (values) await watching.observe(tx, device, { values, at: clock.wallNow(), source: 'poll' })
    })
  }

  /** What became due meanwhile stays. @param againAt it gave no answer */
  async function looked({ sql }: Transaction, device: string, askedAt: number, againAt?: number): Promise<void> {
    if (againAt === undefined)
      await sql.deleteFrom('look').where('device', '=', device).where('due_at', '<=', askedAt).execute()
    else
      await sql
        .updateTable('look')
        .set({ due_at: againAt })
        .where('device', '=', device)
        .where('due_at', '<=', askedAt)
        .execute()
  }

  /** @returns undefined: it gave no answer, which happens; its turn comes again */
  async function ask(account: string, device: string, get: string[]): Promise<Record<string, Json> | undefined> {
    const requestId = needs.newRequestId()
    own.add(requestId)
    try {
      return await needs.ask(requestId, account, device, get)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
    } finally {
      own.delete(requestId)
    }
  }

  /** A record that is away, an end in the middle: the next moment is as good. */
  async function quietly(work: Promise<void>): Promise<void> {
    try {
      await work
    } catch (error) {
      if (!isClosed && !(error instanceof Failure)) throw error
    }
  }

  const timer = every(clock, tickMs, () => {
    if (isTicking) return
    isTicking = true
    inBackground(log, 'supplies.not-read', () =>
      quietly(tick()).finally(() => {
        isTicking = false
      }),
    )
  })

  return {
    isOwn: (requestId) => own.has(requestId),
    rest() {
      isResting = true
    },
    [Symbol.dispose]() {
      isResting = true
      isClosed = true
      timer[Symbol.dispose]()
    },
  }
}
