/** What the journal is made of, and what it needs where several nodes write to it. */
import type { EventType } from '@fairlead/protocol/contract'
import type { EventRow } from '../database/tables.ts'

export interface Happening {
  type: Exclude<EventType, 'reset'> | RecordChange
  account: string
  device?: string
  /** When it happened, in milliseconds since 1970, if not at this moment. */
  at?: number
  /** Facts beside `at`, `account` and `device`, as JSON; picked by name, they are shown to the account. */
  facts?: Readonly<Record<string, unknown>>
}

/** What other nodes have to read anew, and no stream is told of. */
export type RecordChange =
  | 'record.account'
  | 'record.key'
  | 'record.secret'
  | 'record.admin-key'
  | 'record.moved'
  | 'record.waits'
  | 'record.pairing'
  | 'record.user'
  | 'record.walk-up'

/** Events that change nothing of what nodes know: only whoever listens to events wants to hear of them. */
export const quietTypes = ['request.finished', 'device.event', 'order.changed'] as const

/** One event as a stream sends it. */
export interface JournalEntry {
  readonly seq: number
  readonly account: string | null
  readonly device: string | null
  readonly type: string
  /** JSON: `{at, account, device, …}`. */
  readonly data: string
}

export interface SharedJournal {
  /** The number of this node. */
  node(): number
  /** Somebody here listens to events; else only what changes what is known is read. */
  isListenedTo(): boolean
  /**
   * Has known here what other nodes wrote, before anybody is told of it.
   *
   * @param rows undefined: so much has happened that some of it is forgotten already, so anything may be different
   */
  learn(rows: readonly EventRow[] | undefined): Promise<void>
  /** Everything up to this event is known here. */
  known(seq: number): void
  /** This node has written this event, which changes what nodes know. */
  wrote(seq: number): void
  /** This node has written these events, all of them quiet. */
  wroteQuietly(from: number, upTo: number): void
}
