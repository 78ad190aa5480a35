/** Deferred requests: they wait on disk while their device is away, and leave in order when it comes back. */
import type { Clock } from '@fairlead/base'
import { createDeferred } from './deferred.ts'
import type { DeviceQueues } from './device-queues.ts'
import { type Endings, giveUp, verdictOfSettlement } from './endings.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import { rowOf } from './record.ts'
import type { RequestStore } from './store.ts'

export interface Deliveries extends Disposable {
  /** It is on disk already and its device is away. */
  wait(request: OpenRequest): void
  /** Its device went away before it could leave: to disk with it, once more. */
  waitAgain(requestId: string): void
  /** The device is back, or has room for one more. */
  next(device: string): void
  count(device: string): number
  /** The device was removed: what waits for it will never leave. */
  removed(device: string): void
}

export interface DeliveriesNeeds {
  clock: Clock
  open: OpenRequests
  store: RequestStore
  endings: Pick<Endings, 'end'>
  queues: Pick<DeviceQueues, 'hasRoom'>
  isOnline(device: string): boolean
  accept(request: OpenRequest): void
}

export function createDeliveries(needs: DeliveriesNeeds): Deliveries {
  const { clock, open, store, endings } = needs
  /** Devices of which one is on its way from the disk: only once it is there is it known whether there is room for more. */
  const leaving = new Set<string>()
  const deferred = createDeferred(clock, (requestId) => {
    const waiting = open.find(requestId)
    if (waiting) endings.end(waiting, giveUp('not-sent', 'device-offline', 'The device did not come back in time.'))
  })

  function wait(request: OpenRequest): void {
    const { device, requestId } = request.record
    deferred.add(device, requestId, request.deferUntilAt ?? 0)
    request.tell(undefined)
    next(device)
  }

  function waitAgain(requestId: string): void {
    const request = open.find(requestId)
    if (!request) return
    const { record, key, deferUntilAt } = request
    const onDisk = record.durable ? store.leave(requestId, null) : store.add(rowOf(record, key, deferUntilAt))
    onDisk.then(
      () => {
        record.durable = true
        wait(request)
      },
      () =>
        endings.end(
          request,
          giveUp('not-sent', 'unavailable', 'The relay could not store the request. Nothing was sent.'),
        ),
    )
  }

  function next(device: string): void {
    // On disk it can wait for long, and over a crash: it leaves when it can be with the device at once.
    if (leaving.has(device) || !needs.isOnline(device) || !needs.queues.hasRoom(device)) return
    const first = deferred.takeNext(device)
    const request = first && open.find(first.requestId)
    if (!request) return
    leaving.add(device)
    // On disk before it leaves: after a crash in between it is unknown, and never sent twice.
    store.leave(first.requestId, clock.wallNow()).then(
      () => {
        leaving.delete(device)
        if (open.find(first.requestId)) {
          if (needs.isOnline(device)) needs.accept(request)
          else waitAgain(first.requestId)
        }
        next(device)
      },
      () => {
        leaving.delete(device)
        deferred.add(device, first.requestId, first.untilAt)
      },
    )
  }

  return {
    wait,
    waitAgain,
    next,
    count: deferred.count,
    removed(device) {
      for (const requestId of deferred.takeAll(device)) {
        const request = open.find(requestId)
        if (request) endings.end(request, verdictOfSettlement({ outcome: 'not-sent', code: 'unknown-device' }))
      }
    },
    [Symbol.dispose]: () => deferred[Symbol.dispose](),
  }
}
