/** What is known of one request: the receipt that services read, whether it lives in memory or on disk. */
import type { Code, FailureFacts } from '@fairlead/base'
import type {
  DeviceResponse,
  Json,
  ObjectAnswer,
  Outcome,
  RequestKind,
  RequestView,
  ServiceRequest,
} from '@fairlead/protocol/contract'
import type { RequestRow } from '../database/tables.ts'
import { keepMs } from './store.ts'

/** What became of it: what a service is told, and told again for the same idempotency key. */
export type Verdict =
  | { outcome: 'answered'; answer: ObjectAnswer | { result: Json } }
  | { outcome: 'answered' | 'not-sent' | 'unknown' | 'rejected'; code: Code; detail: string; facts?: FailureFacts }

export interface RequestRecord {
  requestId: string
  account: string
  device: string
  kind: RequestKind
  request: ServiceRequest
  outcome: Outcome
  acceptedAt: number
  sentAt?: number
  acknowledgedAt?: number
  answeredAt?: number
  verdict?: Verdict
  /** The device's own words, to tell a repeated answer from another one. */
  told?: DeviceResponse
  /** Nobody waited any more when it came. */
  late?: boolean
  /** On disk as well. */
  durable: boolean
  /** By the node that says what becomes of it: here is written only what its device has answered. */
  takenElsewhere?: boolean
  /** What became of it, on its way to disk or there; undefined also when it did not get there. */
  saving?: Promise<void> | undefined
}

export function isProblem(verdict: Verdict): verdict is Extract<Verdict, { code: Code }> {
  return 'code' in verdict
}

const iso = (ms: number) => new Date(ms).toISOString()

export function viewOf(record: RequestRecord): RequestView {
  const { verdict } = record
  return {
    requestId: record.requestId,
    device: record.device,
    kind: record.kind,
    outcome: record.outcome,
    ...(verdict && isProblem(verdict) && { code: verdict.code }),
    acceptedAt: iso(record.acceptedAt),
    ...(record.sentAt !== undefined && { sentAt: iso(record.sentAt) }),
    ...(record.acknowledgedAt !== undefined && { acknowledgedAt: iso(record.acknowledgedAt) }),
    ...(record.answeredAt !== undefined && { answeredAt: iso(record.answeredAt) }),
    ...(verdict && !isProblem(verdict) && verdict.answer),
  }
}

/** What of a record is on disk: its verdict, its times. */
export function columnsOf(
  record: RequestRecord,
): Pick<RequestRow, 'outcome' | 'code' | 'sent_at' | 'acknowledged_at' | 'answered_at' | 'answer'> {
  const { verdict } = record
  const told = verdict === undefined ? null : isProblem(verdict) ? { detail: verdict.detail } : verdict.answer
  return {
    outcome: record.outcome,
    code: verdict && isProblem(verdict) ? verdict.code : null,
    sent_at: record.sentAt ?? null,
    acknowledged_at: record.acknowledgedAt ?? null,
    answered_at: record.answeredAt ?? null,
    answer: told === null ? null : JSON.stringify(told),
  }
}

export interface KeyUse {
  owner: string
  key: string
  fingerprint: string
}

export function keyUseOf({ key_owner, idempotency_key, fingerprint }: RequestRow): KeyUse | undefined {
  if (key_owner === null || idempotency_key === null || fingerprint === null) return undefined
  return { owner: key_owner, key: idempotency_key, fingerprint }
}

export function rowOf(record: RequestRecord, use: KeyUse | undefined, deferUntilAt: number | undefined): RequestRow {
  return {
    request_id: record.requestId,
    device: record.device,
    account: record.account,
    kind: record.kind,
    body: JSON.stringify(record.request),
    accepted_at: record.acceptedAt,
    keep_until: Math.max(record.acceptedAt, deferUntilAt ?? 0) + keepMs,
    deliver_until: deferUntilAt ?? null,
    key_owner: use?.owner ?? null,
    idempotency_key: use?.key ?? null,
    fingerprint: use?.fingerprint ?? null,
    place: 0,
    node: 0,
    ...columnsOf(record),
  }
}

export function recordOf(row: RequestRow): RequestRecord {
  const told = row.answer === null ? undefined : JSON.parse(row.answer)
  const outcome = row.outcome as Outcome
  const verdict: Verdict | undefined =
    outcome === 'pending' || told === undefined
      ? undefined
      : row.code === null
        ? { outcome: 'answered', answer: told }
        : { outcome, code: row.code as Code, detail: told.detail }
  return {
    requestId: row.request_id,
    account: row.account,
    device: row.device,
    kind: row.kind as RequestKind,
    request: JSON.parse(row.body),
    outcome,
    acceptedAt: row.accepted_at,
    ...(row.sent_at !== null && { sentAt: row.sent_at }),
    ...(row.acknowledged_at !== null && { acknowledgedAt: row.acknowledged_at }),
    ...(row.answered_at !== null && { answeredAt: row.answered_at }),
    ...(verdict && { verdict, saving: Promise.resolve() }),
    durable: true,
  }
}
