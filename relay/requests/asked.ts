/** What a service asks for, as the door has checked it, and what it is told. */
import type { ServiceRequest } from '@fairlead/protocol/contract'
import type { AskedBy } from './audited.ts'
import type { KeyUse, Verdict } from './record.ts'

/** A first request (A8), with everything about it that was checked at the door. */
export interface Asked {
  requestId: string
  /** The device's account: who may ask was checked before. */
  account: string
  device: string
  /** Whose limit counts: the key, or the admin. */
  asker: string
  /** For the audit log; undefined: a node of an older version has passed it on, and did not say. */
  by?: AskedBy
  request: ServiceRequest
  key: KeyUse | undefined
  isAsync: boolean
  /** Another node has taken it, on disk or in memory alone, and says what becomes of it; its device is here now. */
  takenElsewhere?: 'on-disk' | 'in-memory'
  /** What is left of its time-out, in milliseconds, if some of it has passed on the way here. */
  leftMs?: number
  /** Calls what it is given when the service hangs up before its answer. */
  whenHungUp(run: () => void): void
}

export interface Reply {
  requestId: string
  /** Undefined: still pending. */
  verdict: Verdict | undefined
  answeredAt: number | undefined
  /** This is what an earlier request with the same idempotency key was told. */
  replayed: boolean
}
