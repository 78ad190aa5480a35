/** What the audit log is told of requests: of those that change something, by whom they were asked and what became of them. */
import type { Act } from '../audit/act.ts'
import { theRelay } from '../audit/actor.ts'
import type { Audit } from '../audit/audit.ts'
import type { Transaction } from '../database/writer.ts'
import { isProblem, type RequestRecord } from './record.ts'

/** Whoever asked, and from where. */
export type AskedBy = Pick<Act, 'actor' | 'address'>

export interface RequestAudit {
  /** @param tx in which it is written down before it leaves; undefined: it leaves at once, and this is written behind it */
  accepted(record: RequestRecord, by: AskedBy | undefined, tx?: Transaction): void
  finished(record: RequestRecord, tx?: Transaction): void
  /** S-M2: a device has answered what another one was asked. @param address undefined: in its session */
  stray(device: string, requestId: string, address?: string): void
}

export interface RequestAuditNeeds {
  audit: Pick<Audit, 'tell' | 'tellSoon' | 'tellSeldom'>
  accountOf(device: string): string | undefined
  /** Where its session comes from, as far as is known. */
  addressOf(device: string): string | undefined
}

export function createRequestAudit({ audit, accountOf, addressOf }: RequestAuditNeeds): RequestAudit {
  function tell(
    record: RequestRecord,
    act: Pick<Act, 'action' | 'actor' | 'address' | 'result'>,
    tx?: Transaction,
  ): void {
    const { kind, account, device, requestId } = record
    if (kind === 'get') return
    const whole = { ...act, account, device, requestId }
    if (tx) audit.tell(tx, whole)
    else audit.tellSoon(whole)
  }

  return {
    accepted: (record, by = { actor: theRelay }, tx) => tell(record, { action: 'request.accepted', ...by }, tx),
    finished(record, tx) {
      const { verdict } = record
      const result = verdict && isProblem(verdict) ? verdict.code : 'done'
      tell(record, { action: 'request.finished', actor: theRelay, result }, tx)
    },
    stray(device, requestId, address = addressOf(device)) {
      const actor = { kind: 'device', id: device } as const
      const what = { action: 'device.stray-answer', actor, device, requestId, result: 'not-found' } as const
      audit.tellSeldom({ ...what, account: accountOf(device) ?? null, address })
    },
  }
}
