/** Requests that other nodes wrote down: taken in when their device comes here, and ended when nobody else can. */
import { type Clock, inBackground, type Log, type Timer } from '@fairlead/base'
import type { RequestRow } from '../database/tables.ts'
import type { Deliveries } from './deliveries.ts'
import { type Endings, giveUp } from './endings.ts'
import type { Ledger } from './ledger.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import { keyUseOf, recordOf } from './record.ts'
import type { RequestStore } from './store.ts'

export interface SharedRecord extends Disposable {
  /** The device has come here: what waits for it leaves from here, before anything that is asked from now on. */
  fetch(device: string): void
  /** What a node had in hand that is no more: nobody knows whether it was done. */
  takeOver(node: number): Promise<void>
  /** What waits for a device that is gone. */
  removed(device: string): Promise<void>
}

export interface SharedRecordNeeds {
  clock: Clock
  log: Log
  ledger: Ledger
  open: OpenRequests
  store: RequestStore
  endings: Pick<Endings, 'end'>
  deliveries: Pick<Deliveries, 'expect' | 'wait'>
  isOnline(device: string): boolean
}

/** Devices that come within this time are asked for together. */
const gatherMs = 5
const mostTogether = 200
/** After the record could not be read. */
const tryAgainMs = 5_000
/** The node that took a request sees to its end; others look now and then for what that node has left behind. */
const lookEveryMs = 15_000
const patienceMs = 5_000
const tooLate = giveUp('not-sent', 'device-offline', 'The device did not come back in time.')

export function createSharedRecord(needs: SharedRecordNeeds): SharedRecord {
  const { clock, log, ledger, open, store, endings, deliveries } = needs
  let coming = new Map<string, (() => void)[]>()
  let timer: Timer | undefined
  const retries = new Set<Timer>()

  function takeIn(row: RequestRow): OpenRequest {
    const record = recordOf(row)
    ledger.add(record)
    return open.add({
      record,
      asker: '',
      key: keyUseOf(row),
      deferUntilAt: row.deliver_until ?? undefined,
      endsAtMs: undefined,
      isTakenElsewhere: true,
      tell() {},
    })
  }

  async function fetchComing(): Promise<void> {
    timer?.cancel()
    timer = undefined
    const devices = coming
    coming = new Map()
    try {
      const rows = await store.waitingOf([...devices.keys()])
      for (const row of rows) {
        if (open.find(row.request_id)) continue
        if ((row.deliver_until ?? 0) > clock.wallNow()) deliveries.wait(takeIn(row))
        else endings.end(takeIn(row), tooLate)
      }
    } catch (error) {
      tryLater([...devices.keys()])
      throw error
    } finally {
      for (const arrived of devices.values()) for (const call of arrived) call()
    }
  }

  function fetch(device: string): void {
    gather(device, deliveries.expect(device))
  }

  function gather(device: string, arrived: () => void): void {
    coming.set(device, [...(coming.get(device) ?? []), arrived])
    const start = () => inBackground(log, 'requests.not-fetched', fetchComing)
    if (coming.size >= mostTogether) start()
    else timer ??= clock.at(clock.now() + gatherMs, start)
  }

  /** Nobody else looks for what waits there. What is asked meanwhile works on, and comes first. */
  function tryLater(devices: readonly string[]): void {
    const again = () => {
      retries.delete(retry)
      for (const device of devices.filter(needs.isOnline)) gather(device, () => {})
    }
    const retry = clock.at(clock.now() + tryAgainMs, again)
    retries.add(retry)
  }

  /** Its device may still answer, and to any node: what became of it is told from the record. */
  function endLost(request: OpenRequest): void {
    const words = 'The node that had the device is gone: it may or may not have been done.'
    endings.end(request, giveUp('unknown', 'connection-lost', words))
    const { requestId, saving } = request.record
    saving?.then(
      () => ledger.forget(requestId),
      () => {},
    )
  }

  /** The node that is gone had sent it on to this one, which says now what becomes of it. */
  function adopt(request: OpenRequest, row: RequestRow): void {
    delete request.record.takenElsewhere
    request.key = keyUseOf(row)
  }

  async function endExpired(): Promise<void> {
    for (const row of await store.expired(clock.wallNow() - patienceMs))
      if (!open.find(row.request_id)) endings.end(takeIn(row), tooLate)
  }

  let lookTimer: Timer
  function lookLater(): void {
    lookTimer = clock.at(clock.now() + lookEveryMs, () => {
      inBackground(log, 'requests.not-expired', endExpired)
      lookLater()
    })
  }
  lookLater()

  return {
    fetch,
    async takeOver(node) {
      for (const row of await store.takeInHandOf(node)) {
        const here = open.find(row.request_id)
        if (here) adopt(here, row)
        else endLost(takeIn(row))
      }
    },
    async removed(device) {
      for (const row of await store.waitingOf([device]))
        if (!open.find(row.request_id))
          endings.end(
            takeIn(row),
            giveUp('not-sent', 'unknown-device', 'The device was removed before the request could be sent.'),
          )
    },
    [Symbol.dispose]() {
      timer?.cancel()
      lookTimer.cancel()
      for (const retry of retries) retry.cancel()
    },
  }
}
