/** The end of a request, once: remembered, told as an event, and the service's waiting response is answered. */
import { type Clock, type Code, inBackground, type Log } from '@fairlead/base'
import type { RequestRow } from '../database/tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Ledger } from './ledger.ts'
import type { OpenRequest, OpenRequests } from './open-requests.ts'
import type { Settlement } from './queue-machine.ts'
import { columnsOf, type RequestRecord, type Verdict } from './record.ts'
import type { RequestStore } from './store.ts'
import { createUnsaved } from './unsaved.ts'

export interface Endings extends Disposable {
  end(request: OpenRequest, verdict: Verdict): void
  /** Another node has it now, or has ended it: here it is as if it had never been. */
  drop(request: OpenRequest): void
  /** What happened is known only now: whoever asks by ID, or again with the key, is told. */
  amend(record: RequestRecord, verdict: Verdict): Promise<void>
  /** Resolves once what became of it is on disk, if it is to be there; tries again what failed. @throws {Failure} `unavailable` */
  stored(record: RequestRecord): Promise<void>
  /** The same for one that never left; with it its key is free. @throws {Failure} `unavailable` */
  freed(record: RequestRecord): Promise<void>
  /** What became of so many could not be stored, and is tried again. */
  unsaved(): number
}

export interface EndingsNeeds {
  clock: Clock
  log: Log
  ledger: Ledger
  open: OpenRequests
  store: RequestStore
  /** Counted, and told as an event in the transaction that remembers it, if anything does; not if that says it is not so. */
  finished(record: RequestRecord, remember?: (tx: Transaction) => Promise<boolean>): Promise<void>
  /** There are other nodes, and what waits on disk may leave from any of them. */
  isShared: boolean
}

export function createEndings({ clock, log, ledger, open, store, finished, isShared }: EndingsNeeds): Endings {
  /** What the record says otherwise. */
  const contradicted = new WeakSet<RequestRecord>()
  const unsaved = createUnsaved({ clock, log })

  async function remember(tx: Transaction, record: RequestRecord, change: Partial<RequestRow>): Promise<boolean> {
    // It may be tried more than once.
    contradicted.delete(record)
    if (await store.end(tx, record.requestId, change)) return true
    // Others may have given it up, who did not have the answer.
    if (record.outcome === 'answered') return store.amend(tx, record.requestId, change)
    contradicted.add(record)
    return false
  }

  /** Told from the record from now on. */
  function unsay(record: RequestRecord): void {
    record.outcome = 'pending'
    delete record.verdict
    ledger.forget(record.requestId)
    unsaved.remove(record)
  }

  /** @param more besides the columns that tell what became of it */
  function stored(
    record: RequestRecord,
    more: Partial<RequestRow> = {},
    how: 'end' | 'amend' = 'amend',
  ): Promise<void> {
    if (record.saving) return record.saving
    const change = { ...columnsOf(record), ...more }
    const save = (tx: Transaction) =>
      how === 'end' ? remember(tx, record, change) : store.amend(tx, record.requestId, change)
    const saving = finished(record, record.durable ? save : undefined).then(
      () => {
        if (contradicted.delete(record)) unsay(record)
        else if (record.saving === saving) unsaved.remove(record)
      },
      (error) => {
        // Otherwise more is known of it by now, which is on its way.
        if (record.saving === saving) {
          record.saving = undefined
          unsaved.add(record, () => stored(record, more, how))
        }
        throw error
      },
    )
    record.saving = saving
    ledger.ended(record)
    return saving
  }

  async function writeDown({ record, deferUntilAt }: OpenRequest, more: Partial<RequestRow>): Promise<void> {
    try {
      await stored(record, more, 'end')
    } catch (error) {
      // It waited where any node could take it: that none has is for the record alone to say.
      if (isShared && record.outcome === 'not-sent' && deferUntilAt !== undefined) unsay(record)
      throw error
    }
  }

  return {
    end(request, verdict) {
      const { record, key } = request
      open.remove(request)
      record.verdict = verdict
      record.outcome = verdict.outcome
      const isForAnother = record.takenElsewhere && (!record.durable || verdict.outcome !== 'answered')
      if (isForAnother || !record.durable) {
        ledger.ended(record)
        if (!isForAnother) inBackground(log, 'requests.event-lost', () => finished(record))
        request.tell(verdict)
        return
      }
      // What never left may be asked again under the same key.
      const freed = key && verdict.outcome === 'not-sent' ? { idempotency_key: null } : {}
      // On disk before it is told: a retry after a crash is told the same.
      inBackground(log, 'requests.outcome-lost', () => writeDown(request, freed).finally(() => request.tell(verdict)))
    },

    drop(request) {
      open.remove(request)
      ledger.forget(request.record.requestId)
      request.tell(undefined)
    },

    amend(record, verdict) {
      record.verdict = verdict
      record.outcome = verdict.outcome
      record.saving = undefined
      return stored(record)
    },

    stored: (record) => unsaved.save(record) ?? stored(record),
    freed: (record) => stored(record, { idempotency_key: null }),
    unsaved: unsaved.size,
    [Symbol.dispose]: () => unsaved[Symbol.dispose](),
  }
}

export function giveUp(outcome: Settlement['outcome'], code: Code, detail: string): Verdict {
  return { outcome, code, detail }
}

/** The verdict of a settlement, in words that say what it means and what to do. */
export function verdictOfSettlement({ outcome, code }: Settlement): Verdict {
  switch (code) {
    case 'device-offline':
      return giveUp(
        outcome,
        code,
        'The device went offline before the request could be sent: try again when it is back.',
      )
    case 'device-timeout':
      return outcome === 'not-sent'
        ? giveUp(
            outcome,
            code,
            'The device had no connection for the request in time. Nothing was sent: it is safe to try again.',
          )
        : giveUp(
            outcome,
            code,
            'The request was sent, and the device did not answer in time: it may or may not have been done.',
          )
    case 'connection-lost':
      return giveUp(
        outcome,
        code,
        'The connection to the device was lost after the request was sent: it may or may not have been done.',
      )
    case 'unknown-device':
      return giveUp(outcome, code, 'The device was removed before the request could be sent.')
    case 'withdrawn':
      return giveUp(outcome, 'unavailable', 'The service hung up before the request could be sent.')
  }
}
