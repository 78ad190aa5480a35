/** A service's request on its way to a device and back: each accepted one ends in exactly one truthful outcome. */
import { type Clock, Failure, inBackground, type Log } from '@fairlead/base'
import { type DeviceResponse, kindOf, type RequestView, type ServiceRequest } from '@fairlead/protocol/contract'
import type { Transaction } from '../database/writer.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Translation, Understanding } from '../translation/translation.ts'
import type { Asked, Reply } from './asked.ts'
import type { RequestAudit } from './audited.ts'
import { whyAway } from './away.ts'
import { deferredLimit } from './deferred.ts'
import { createDeliveries } from './deliveries.ts'
import { createDeviceQueues } from './device-queues.ts'
import { createEndings, giveUp, verdictOfSettlement } from './endings.ts'
import { createGivenUp, type SettleGivenUp } from './given-up.ts'
import { createLedger } from './ledger.ts'
import { createOpenRequests, type OpenRequest } from './open-requests.ts'
import { waitAtMost } from './patience.ts'
import { createPushes } from './pushes.ts'
import type { Settlement } from './queue-machine.ts'
import { createReceipts } from './receipts.ts'
import { keyUseOf, type RequestRecord, recordOf, rowOf, type Verdict } from './record.ts'
import { createResponses, type Responses } from './responses.ts'
import { createSharedRecord } from './shared-record.ts'
import type { RequestStore } from './store.ts'

export type { Asked, Reply } from './asked.ts'

export interface Requests extends Disposable {
  /** @throws {Failure} what is refused at once, by the relay or because the device is OFFLINE */
  ask(asked: Asked): Promise<Reply>
  /** The device's response over HTTP (A10). */
  readonly answer: Responses['overHttp']
  /** @param account undefined: any @throws {Failure} `unknown-request`, `unavailable`: what became of it cannot be stored */
  find(requestId: string, account: string | undefined): Promise<RequestView>
  /** The device is gone for good: what waits for it on disk will never leave. */
  removed(device: string): void
  /** Takes up what the last run left behind. */
  recover(): Promise<void>
  /** Several nodes: what another had in hand that is no more, is `unknown`. Twice does no harm. */
  takeOver(node: number): Promise<void>
  /** The device is at another node, which has what waits for it on disk. */
  release(device: string): void
  /** Something waits on disk for a device that is here. */
  fetch(device: string): void
  /** Resolves when all that waits here for the device, and may wait on disk, is there: any node finds it. */
  whenStill(device: string): Promise<void>
  /** Another node was sent it, and says nothing more. */
  settleGivenUp: SettleGivenUp
  /** What the service of a request of this node is told by now; undefined: nothing is known of it here. */
  told(requestId: string): Promise<Reply | undefined>
  /** It is open here, or was lately. */
  knows(requestId: string): boolean
  /** Removes from disk what has been kept long enough (24 hours). */
  forgetOld(): Promise<void>
  /** It is with its device, or waits for it, at this node. */
  isHere(device: string, requestId: string): boolean
  /** The device has nothing in hand. */
  isIdle(device: string): boolean
  /** With their device or waiting for its connection; what waits on disk does not count. */
  inFlight(): number
  /** What became of so many is known here alone, since the disk has refused it so far. */
  unsaved(): number
}

export interface RequestsNeeds {
  clock: Clock
  log: Log
  domain: string
  requestTimeoutSeconds: number
  maxInFlightPerKey: number
  /** Of all requests that are open, deferred ones included: more than this would endanger the relay itself. */
  maxOpenChars: number
  store: RequestStore
  audit: RequestAudit
  sessions: Pick<
    Sessions,
    'isOnline' | 'isSettled' | 'isConnected' | 'resourceOf' | 'send' | 'withdraw' | 'pushed' | 'presenceOf' | 'listen'
  >
  translation: Translation
  understandingOf(device: string): Understanding
  /** It ended: counted, and told as an event in the transaction that remembers it, if anything does. */
  finished(record: RequestRecord, remember?: (tx: Transaction) => Promise<boolean>): Promise<void>
  /** Where there are several nodes. */
  shared?: {
    /** The number of this node. */
    node(): number
    /** The device is at another node now: the request goes there. @returns undefined: it is nowhere */
    forward(request: OpenRequest): Promise<Verdict | undefined>
    /** To a request that is not known here. */
    answeredInSession(device: string, requestId: string, response: DeviceResponse): Promise<void>
    /** The device is at another node: it is told there when all that waited here is on disk. */
    giveOver(device: string): Promise<void>
  }
}

export function createRequests(needs: RequestsNeeds): Requests {
  const { clock, log, store, sessions } = needs
  const ledger = createLedger(clock)
  const open = createOpenRequests()
  const ending = createEndings({
    clock,
    log,
    ledger,
    open,
    store,
    finished: needs.finished,
    isShared: needs.shared !== undefined,
  })
  const receipts = createReceipts({ ledger, store, endings: ending })
  const pushes = createPushes({ ...needs, open, timeoutMsOf })
  const queues = createDeviceQueues({
    clock,
    isConnected: sessions.isConnected,
    hand: pushes.hand,
    takeBack: sessions.withdraw,
    settle,
    defer: (id) => deliveries.waitAgain(id),
    forward,
  })
  /** One that ends makes room for the next that waits on disk. */
  const endings = {
    ...ending,
    end(request: OpenRequest, verdict: Verdict) {
      ending.end(request, verdict)
      deliveries.next(request.record.device)
    },
  }
  const deliveries = createDeliveries({
    clock,
    open,
    store,
    endings,
    queues,
    settle,
    isOnline: sessions.isOnline,
    isSettled: sessions.isSettled,
    accept,
  })
  const { isOnline } = sessions
  const shared = needs.shared && createSharedRecord({ clock, log, ledger, open, store, endings, deliveries, isOnline })
  const responses = createResponses({
    clock,
    log,
    open,
    queues,
    endings,
    recent: ledger.find,
    recordOf: receipts.recordOfId,
    backOf: pushes.backOf,
    stray: needs.audit.stray,
    elsewhere: needs.shared?.answeredInSession,
  })

  sessions.listen({
    lineEnded: (device) => queues.happen(device, { kind: 'line-ended' }),
    // Before anything can be asked here: what others have taken comes first.
    bound: (device) => shared?.fetch(device),
    connected(device) {
      queues.happen(device, { kind: 'connected' })
      deliveries.next(device)
    },
    offline(device, reason) {
      queues.happen(device, { kind: 'offline', removed: reason === 'removed' })
      deliveries.offline(device)
    },
    held: (device) => queues.happen(device, { kind: 'held' }),
    moved(device) {
      queues.happen(device, { kind: 'moved' })
      for (const requestId of deliveries.takeLive(device)) forward(requestId)
      deliveries.release(device)
      // Its new node may have looked before all of that was on disk: it did not wait for one that stood still.
      if (deliveries.isMoving(device))
        inBackground(log, 'requests.not-given-over', async () => needs.shared?.giveOver(device))
    },
    written(device, token) {
      const written = open.ofToken(token)
      if (!written) return
      written.record.sentAt = clock.wallNow()
      queues.happen(device, { kind: 'written', token })
      sessions.pushed(device, clock.now() + timeoutMsOf(written.record.request))
    },
    acknowledged(_device, token) {
      const acknowledged = open.ofToken(token)
      if (acknowledged) acknowledged.record.acknowledgedAt = clock.wallNow()
    },
    answered: responses.inSession,
  })

  function settle(requestId: string, settlement: Settlement): void {
    const settled = open.find(requestId)
    if (!settled) return
    const verdict = verdictOfSettlement(settlement)
    if (settlement.code === 'device-offline') {
      const { code, message, facts } = away(settled.record.device)
      endings.end(settled, { ...verdict, facts, ...(code === 'device-asleep' && { code, detail: message }) })
    } else endings.end(settled, verdict)
  }

  function forward(requestId: string): void {
    const request = open.find(requestId)
    if (!request) return
    inBackground(log, 'requests.not-forwarded', async () => {
      const verdict = await needs.shared?.forward(request).catch(verdictOfRefusal)
      if (!open.find(requestId)) return
      if (verdict) endings.end(request, verdict)
      else settle(requestId, { outcome: 'not-sent', code: 'device-offline' })
    })
  }

  function timeoutMsOf(request: ServiceRequest): number {
    return (request.timeoutSeconds ?? needs.requestTimeoutSeconds) * 1000
  }

  function accept(request: OpenRequest): void {
    const { device, requestId } = request.record
    queues.happen(device, {
      kind: 'accept',
      id: requestId,
      token: open.accept(request),
      deadlineMs: request.endsAtMs ?? clock.now() + timeoutMsOf(request.record.request),
      isDeferrable: request.deferUntilAt !== undefined,
    })
  }

  function refuseAtOnce({ device, asker, request }: Asked): void {
    // What may wait for days leaves half of the room to what goes now.
    const mostChars = request.deliverWithinSeconds > 0 ? needs.maxOpenChars / 2 : needs.maxOpenChars
    if (open.chars() >= mostChars)
      throw new Failure(
        'unavailable',
        'The relay holds as many requests as its memory allows: try again in a moment.',
        {
          retryAfterSeconds: 5,
        },
      )
    if (open.countOf(asker) >= needs.maxInFlightPerKey) throw tooMany('This key has too many requests in flight.')
    if (sessions.isOnline(device)) {
      const isFull = queues.isFull(device) || deliveries.count(device) >= deferredLimit
      if (isFull) throw tooMany('Too many requests wait for this device.')
    } else if (request.deliverWithinSeconds === 0) throw away(device)
    else if (deliveries.count(device) >= deferredLimit)
      throw tooMany('Too many requests wait for this device to come back.')
  }

  const away = (device: string) => whyAway(sessions.presenceOf(device))

  function recordFor({ requestId, account, device, request, key, isAsync, takenElsewhere }: Asked): RequestRecord {
    // A GET that can go at once touches no disk on its way.
    const mayWait = request.deliverWithinSeconds > 0 && !sessions.isSettled(device)
    const durable = key !== undefined || isAsync || mayWait || takenElsewhere === 'on-disk'
    const acceptedAt = clock.wallNow()
    const common = { requestId, account, device, kind: kindOf(request), request, acceptedAt, durable }
    return { ...common, outcome: 'pending', ...(takenElsewhere && { takenElsewhere: true }) }
  }

  /** What may wait for its device does not follow it from node to node: it waits on disk for where that comes to rest. */
  function canGo(device: string, isDeferrable: boolean): boolean {
    return isDeferrable ? sessions.isSettled(device) : sessions.isOnline(device)
  }

  /** @param isMarked on disk it has left already */
  function start(request: OpenRequest, isMarked: boolean): void {
    const { device, requestId } = request.record
    const isDeferrable = request.deferUntilAt !== undefined
    // Time has passed since the device was looked at, if the request went to disk first.
    const isOnline = sessions.isOnline(device)
    const mayGo = (isMarked || !isDeferrable) && canGo(device, isDeferrable)
    if (mayGo && !deliveries.hasWaiting(device)) accept(request)
    else if (isDeferrable && isMarked) deliveries.waitAgain(requestId)
    else if (isDeferrable) deliveries.wait(request)
    else if (isOnline) deliveries.lineUp(request)
    else settle(requestId, { outcome: 'not-sent', code: 'device-offline' })
  }

  /** It was sent on to the node where its device was, and is sent back: whoever waits for it is here. */
  async function comeBack(request: OpenRequest): Promise<Reply> {
    const { record, tell } = request
    if (!sessions.isOnline(record.device)) throw away(record.device)
    const told = Promise.withResolvers<Verdict | undefined>()
    request.tell = (verdict) => {
      tell(verdict)
      told.resolve(verdict)
    }
    start(request, true)
    const verdict = await told.promise
    return { requestId: record.requestId, verdict, answeredAt: record.answeredAt, replayed: false }
  }

  /** A new one. @param leftMs of its time-out */
  async function take(asked: Asked, leftMs: number): Promise<Reply> {
    const { requestId, device, key, asker, request, isAsync, whenHungUp } = asked
    const record = recordFor(asked)
    const deferMs = request.deliverWithinSeconds * 1000
    const deferUntilAt = deferMs > 0 ? record.acceptedAt + deferMs : undefined
    // What can go at once is marked as gone before it goes: after a crash it is unknown, and never sent twice.
    const isMarked = canGo(device, deferUntilAt !== undefined)
    const mark = isMarked ? { sent_at: record.acceptedAt, node: needs.shared?.node() ?? 0 } : { sent_at: null }
    const row = { ...rowOf(record, key, deferUntilAt), ...mark }
    const tell = (tx?: Transaction) => needs.audit.accepted(record, asked.by, tx)
    const taken = record.durable && !record.takenElsewhere ? await store.add(row, tell) : undefined
    if (taken && key) return receipts.replayOf(taken, key)

    const told = Promise.withResolvers<Verdict | undefined>()
    const endsAtMs = deferUntilAt === undefined ? clock.now() + leftMs : undefined
    const opened = open.add({ record, asker, key, deferUntilAt, endsAtMs, tell: told.resolve })
    ledger.add(record)
    if (!record.durable && !record.takenElsewhere) tell()
    start(opened, isMarked)
    if (isAsync) return { requestId, verdict: undefined, answeredAt: undefined, replayed: false }
    whenHungUp(() => {
      if (!deliveries.withdraw(requestId)) queues.happen(device, { kind: 'withdraw', id: requestId })
    })
    return { requestId, verdict: await told.promise, answeredAt: record.answeredAt, replayed: false }
  }

  return {
    async ask(asked) {
      const { requestId, key, request, takenElsewhere } = asked
      const own = takenElsewhere && open.find(requestId)
      if (own) return comeBack(own)
      const leftMs = Math.min(asked.leftMs ?? Number.POSITIVE_INFINITY, timeoutMsOf(request))
      const before = await (key ? waitAtMost(clock, leftMs, receipts.replay(asked)) : undefined)
      if (before) return before
      refuseAtOnce(asked)
      return take(asked, leftMs)
    },

    answer: responses.overHttp,

    find: receipts.find,

    removed(device) {
      deliveries.removed(device)
      if (shared) inBackground(log, 'requests.not-ended', () => shared.removed(device))
    },

    async recover() {
      for (const row of await store.pending()) {
        const record = recordOf(row)
        const deferUntilAt = row.deliver_until ?? undefined
        const left = open.add({ record, asker: '', key: keyUseOf(row), deferUntilAt, endsAtMs: undefined, tell() {} })
        ledger.add(record)
        // What had left may have been done; what waited for its device goes on waiting.
        if (deferUntilAt !== undefined && row.sent_at === null) deliveries.wait(left)
        else
          endings.end(
            left,
            giveUp('unknown', 'connection-lost', 'The relay stopped while the request was with the device.'),
          )
      }
    },

    takeOver: async (node) => shared?.takeOver(node),
    release: deliveries.release,
    fetch: (device) => shared?.fetch(device),
    whenStill: deliveries.whenStill,
    settleGivenUp: createGivenUp({ clock, receipts, store }),
    told: receipts.told,
    knows: (requestId) => ledger.find(requestId) !== undefined,

    forgetOld: () => store.forgetOld(clock.wallNow()),

    isHere: queues.has,
    isIdle: queues.isIdle,
    inFlight: queues.size,
    unsaved: ending.unsaved,
    [Symbol.dispose]() {
      ending[Symbol.dispose]()
      queues[Symbol.dispose]()
      deliveries[Symbol.dispose]()
      shared?.[Symbol.dispose]()
    },
  }
}

/** Whoever refuses has sent nothing. @throws what is a bug */
function verdictOfRefusal(error: unknown): Verdict {
  const words = 'The device has gone to another node, which cannot be asked right now. Nothing was sent: try again.'
  if (error instanceof Failure) return giveUp('not-sent', 'unavailable', words)
  throw error
}

function tooMany(detail: string): Failure {
  return new Failure('too-many-requests', detail, { retryAfterSeconds: 1 })
}
