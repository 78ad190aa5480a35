/**
 * Deferred requests: they wait on disk while their device is away, and leave in order when it comes back. Whatever is asked
 * meanwhile goes behind them: the last to set something is who set it last (G3).
 */
import type { Clock, Timer } from '@fairlead/base'
import { createDeferred } from './deferred.ts'
import type { DeviceQueues } from './device-queues.ts'
import { type Endings, giveUp } from './endings.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import type { Settlement } from './queue-machine.ts'
import { rowOf, type Verdict } from './record.ts'
import type { RequestStore } from './store.ts'

export interface Deliveries extends Disposable {
  /** It is on disk already and its device is away. */
  wait(request: OpenRequest): void
  /** Its device went away before it could leave: to disk with it, once more. */
  waitAgain(requestId: string): void
  /** Not deferred, and others wait: behind them, in memory, for as long as somebody waits for its answer. */
  lineUp(request: OpenRequest): void
  /** Somebody hung up. @returns false: it is not in the line, or is deferred */
  withdraw(requestId: string): boolean
  /** The device went away: who is in the line and not deferred is told at once. */
  offline(device: string): void
  /** The device is back, or has room for one more. */
  next(device: string): void
  /** Whether what is asked now goes behind others. Not while the disk refuses to let them go: the rest works on. */
  hasWaiting(device: string): boolean
  count(device: string): number
  /** Some of it is on its way from the disk, or back. */
  isMoving(device: string): boolean
  /** Resolves when nothing of the device is on its way from the disk, or back. */
  whenStill(device: string): Promise<void>
  /** Whatever is asked now goes behind what other nodes took for the device. @returns to be called when that is there */
  expect(device: string): () => void
  /** Those in the line that are not deferred: they wait here no more. */
  takeLive(device: string): readonly string[]
  /** Whoever has the device now has what waits for it on disk as well. */
  release(device: string): void
  /** The device was removed: what waits for it will never leave. */
  removed(device: string): void
}

export interface DeliveriesNeeds {
  clock: Clock
  open: OpenRequests
  store: RequestStore
  endings: Pick<Endings, 'end' | 'drop'>
  queues: Pick<DeviceQueues, 'hasRoom'>
  settle(requestId: string, settlement: Settlement): void
  isOnline(device: string): boolean
  /** It is not about to go to another node. */
  isSettled(device: string): boolean
  accept(request: OpenRequest): void
}

/** After the disk refused one. */
const tryAgainMs = 5_000

export function createDeliveries(needs: DeliveriesNeeds): Deliveries {
  const { clock, open, store, endings } = needs
  /** Of each device, how many are on their way from the disk, or back: only then is it known which is next, and whether it may. */
  const moving = new Map<string, number>()
  const waitingForStill = new Map<string, (() => void)[]>()
  /** Devices for which the disk refused to let one leave, until it is asked again. */
  const refused = new Map<string, Timer>()
  const deferred = createDeferred(clock, (requestId) => {
    const waiting = open.find(requestId)
    if (waiting) endings.end(waiting, verdictOfExpiry(waiting.record.device))
  })

  function verdictOfExpiry(device: string): Verdict {
    if (!needs.isOnline(device)) return giveUp('not-sent', 'device-offline', 'The device did not come back in time.')
    if (refused.has(device))
      return giveUp(
        'not-sent',
        'unavailable',
        'The relay could write nothing in time. Nothing was sent: try again later.',
      )
    return giveUp(
      'not-sent',
      'device-timeout',
      'The device was busy with other requests for all that time. Nothing was sent: it is safe to try again.',
    )
  }

  function wait(request: OpenRequest): void {
    putBack(request)
    request.tell(undefined)
    next(request.record.device)
  }

  function putBack({ record, deferUntilAt, order }: OpenRequest): void {
    deferred.add(record.device, record.requestId, deferUntilAt ?? 0, order)
  }

  function lineUp(request: OpenRequest): void {
    const { record, endsAtMs = 0, order } = request
    deferred.add(record.device, record.requestId, clock.wallNow() + endsAtMs - clock.now(), order)
    next(record.device)
  }

  /** Takes it out of the line, if it is there and not deferred. */
  function endLive(requestId: string, settlement: Settlement): boolean {
    const request = open.find(requestId)
    if (request?.deferUntilAt !== undefined || !request) return false
    if (!deferred.take(request.record.device, requestId)) return false
    needs.settle(requestId, settlement)
    return true
  }

  function waitAgain(requestId: string): void {
    const request = open.find(requestId)
    if (!request) return
    const { record, key, deferUntilAt } = request
    const arrived = setOut(record.device)
    const onDisk: Promise<boolean> = record.durable
      ? store.comeBack(requestId)
      : store.add(rowOf(record, key, deferUntilAt)).then(() => true)
    onDisk.then(
      (isOurs) => {
        arrived()
        record.durable = true
        if (isOurs) return wait(request)
        endings.drop(request)
        next(record.device)
      },
      () => {
        arrived()
        const words = 'The relay could not store the request. Nothing was sent.'
        endings.end(request, giveUp('not-sent', 'unavailable', words))
        next(record.device)
      },
    )
  }

  /** @returns to be called when it is there */
  function setOut(device: string): () => void {
    moving.set(device, (moving.get(device) ?? 0) + 1)
    return () => {
      const left = (moving.get(device) ?? 1) - 1
      if (left > 0) return void moving.set(device, left)
      moving.delete(device)
      for (const tell of waitingForStill.get(device) ?? []) tell()
      waitingForStill.delete(device)
    }
  }

  function next(device: string): void {
    // On disk it can wait for long, and over a crash: it leaves when it can be with the device at once.
    if (moving.has(device) || !needs.isSettled(device) || !needs.queues.hasRoom(device)) return
    const requestId = deferred.takeNext(device)
    const request = requestId === undefined ? undefined : open.find(requestId)
    if (requestId === undefined || !request) return
    if (request.deferUntilAt === undefined) {
      needs.accept(request)
      next(device)
      return
    }
    const arrived = setOut(device)
    // On disk before it leaves: after a crash in between it is unknown, and never sent twice.
    store.leave(requestId, clock.wallNow()).then(
      (isOurs) => {
        if (!isOurs) endings.drop(request)
        else if (open.find(requestId)) {
          if (needs.isSettled(device)) needs.accept(request)
          else waitAgain(requestId)
        }
        // Not before it is on its way back.
        arrived()
        next(device)
      },
      () => {
        arrived()
        putBack(request)
        tryLater(device)
      },
    )
  }

  /** A disk that is full or broken for a while must not keep for hours what could leave. */
  function tryLater(device: string): void {
    refused.get(device)?.cancel()
    const again = () => {
      refused.delete(device)
      next(device)
    }
    refused.set(device, clock.at(clock.now() + tryAgainMs, again))
  }

  return {
    wait,
    waitAgain,
    lineUp,
    withdraw: (requestId) => endLive(requestId, { outcome: 'not-sent', code: 'withdrawn' }),
    offline(device) {
      for (const requestId of deferred.of(device)) endLive(requestId, { outcome: 'not-sent', code: 'device-offline' })
    },
    next,
    hasWaiting: (device) => !refused.has(device) && (moving.has(device) || deferred.count(device) > 0),
    count: deferred.count,
    isMoving: (device) => moving.has(device),
    whenStill(device) {
      if (!moving.has(device)) return Promise.resolve()
      return new Promise((tell) => {
        waitingForStill.set(device, [...(waitingForStill.get(device) ?? []), tell])
      })
    },
    expect(device) {
      const arrived = setOut(device)
      return () => {
        arrived()
        next(device)
      }
    },
    takeLive(device) {
      const isLive = (requestId: string) => open.find(requestId)?.deferUntilAt === undefined
      return deferred.of(device).filter((requestId) => isLive(requestId) && deferred.take(device, requestId))
    },
    release(device) {
      for (const requestId of deferred.of(device)) {
        const request = open.find(requestId)
        if (request?.deferUntilAt === undefined) continue
        deferred.take(device, requestId)
        endings.drop(request)
      }
    },
    removed(device) {
      for (const requestId of deferred.of(device)) {
        deferred.take(device, requestId)
        needs.settle(requestId, { outcome: 'not-sent', code: 'unknown-device' })
      }
    },
    [Symbol.dispose]() {
      deferred[Symbol.dispose]()
      for (const timer of refused.values()) timer.cancel()
    },
  }
}
