/** What rooms tell the audit log. */
import type { Code } from '@fairlead/base'
import type { AuditAction, AuditActor } from '@fairlead/protocol/contract'
import type { Transaction } from '../database/writer.ts'

/** Whoever tells it never puts a payload in: no value, no secret, no code, no PIN (S-M4, S-M5). */
export interface Act {
  action: AuditAction
  /** Whose it is; null: the relay's own. */
  account: string | null
  actor: AuditActor
  device?: string | undefined
  requestId?: string | undefined
  /** ID of the key, claim, pairing, subscription, order or account that it is about. */
  subject?: string | undefined
  /** Default: it was done. */
  result?: Code | 'done' | undefined
  /** Where the actor called from; undefined: nobody called. */
  address?: string | undefined
}

/** In the transaction of what it tells of: neither is ever true without the other. */
export type TellAudit = (tx: Transaction, act: Act) => void

/** For what is written nowhere else, or must not wait: soon, together with others. A crash loses what it told in the last moment. */
export type TellAuditSoon = (act: Act) => void
