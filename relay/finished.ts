/** What follows from the outcome of a request: it is told, counted, and remembered of the device if that says that it has taken something. */
import { type Clock, inBackground, type Log } from '@fairlead/base'
import { isObjectName, type Json } from '@fairlead/protocol/contract'
import type { Database } from './database/database.ts'
import type { Transaction } from './database/writer.ts'
import type { Journal } from './events/journal.ts'
import type { Metrics } from './metrics.ts'
import type { RequestAudit } from './requests/audited.ts'
import type { RequestRecord } from './requests/record.ts'
import type { RequestsNeeds } from './requests/requests.ts'

export interface FinishedNeeds {
  clock: Clock
  log: Log
  database: Database
  journal: Journal
  metrics: Pick<Metrics, 'requestFinished'>
  audit: Pick<RequestAudit, 'finished'>
  /** A device has these values now, as it says. */
  holds(tx: Transaction, device: string, values: Readonly<Record<string, Json>>): Promise<void>
  /** A request of the relay's own: no service waits for it. */
  isOwn(requestId: string): boolean
}

export function createFinished(needs: FinishedNeeds): RequestsNeeds['finished'] {
  const { clock, log, database, journal, metrics, audit, holds, isOwn } = needs
  return async (record, remember) => {
    const { account, device, requestId, kind, outcome, acceptedAt, verdict } = record
    const seconds = (clock.wallNow() - acceptedAt) / 1000
    const code = verdict && 'code' in verdict ? verdict.code : undefined
    const happening = { type: 'request.finished', account, device, facts: { requestId, kind, outcome, code } } as const
    const taken = takenBy(record)
    // What the relay asks for itself is no news to any service.
    if (!remember && !isOwn(requestId)) {
      if (taken) inBackground(log, 'devices.taken-not-kept', () => database.write((tx) => holds(tx, device, taken)))
      journal.recordSoon(happening)
      audit.finished(record)
    }
    const isNews = await (remember &&
      database.write(async (tx) => {
        const isNew = await remember(tx)
        if (!isNew) return false
        if (taken) await holds(tx, device, taken)
        journal.append(tx, happening)
        audit.finished(record, tx)
        return true
      }))
    // Not what another node has told, and not before it is stored: what was refused comes again.
    if (isNews !== false) metrics.requestFinished(kind, outcome, seconds)
  }
}

/** By the names that people know; an OID says nothing to them. @returns undefined: nothing */
function takenBy({ kind, verdict }: RequestRecord): Record<string, Json> | undefined {
  if (kind !== 'set' || !verdict || !('answer' in verdict) || !('values' in verdict.answer)) return undefined
  const named = Object.entries(verdict.answer.values).filter(([name]) => isObjectName(name) && !/^\d/.test(name))
  return named.length > 0 ? Object.fromEntries(named) : undefined
}
