/** The tables of jobs and of their documents (`tables.ts` has the rules). */
import type { Selectable } from 'kysely'

export interface JobTables {
  blob_part: BlobPartTable
  document: DocumentTable
  job: JobTable
  job_number: JobNumberTable
  loose_object: LooseObjectTable
  output_device: OutputDeviceTable
  output_subscription: OutputSubscriptionTable
  stored_part: StoredPartTable
  upload: UploadTable
}

/** A document on its way into a device (M1). */
interface JobTable {
  job_id: string
  account: string
  device: string
  /** Of this device: 1, 2, 3 and so on; what IPP calls it. */
  number: number
  name: string
  /** What the contract calls it. */
  state: string
  /** It waits for somebody: `asked`, `device-changed`, `document` or `person`; null: it does not. */
  held_for: string | null
  cancel_asked: number
  priority: number
  /** JSON: what is asked of the device. */
  ticket: string
  /** JSON: `[{state, at}]`, times as numbers. */
  states: string
  pages_done: number | null
  reason: string | null
  format: string
  bytes: number
  /** Of its document; null: that is not kept any more. */
  digest: string | null
  /** When the document may go; null: it is needed. */
  digest_until: number | null
  /** What the device could do when the job was checked against it; null: nobody knew. */
  abilities_version: string | null
  /** JSON: who sent it. */
  sent_by: string
  /** Which IPP proxy has it, by its `output-device-uuid`; null: none, so that only the device's own agent may have it. */
  holder: string | null
  /** For people, at the device. */
  user_name: string | null
  /** Whose it is, if it is to come out when they are at the device; and how they are called. */
  for_user: string | null
  for_name: string | null
  created_at: number
  expires_at: number
  changed_at: number
  /** 1: the device is to be told something of it. */
  due: number
  /** The job that this one prints again. */
  again_of: string | null
  /** The newest job that prints this one again. */
  again_as: string | null
  key_owner: string | null
  idempotency_key: string | null
  fingerprint: string | null
}

/** The last number of a device's jobs. */
interface JobNumberTable {
  device: string
  last: number
}

/** A device as an IPP proxy serves it (PWG 5100.18). */
interface OutputDeviceTable {
  device: string
  /** `output-device-uuid`, as the proxy names itself. */
  uuid: string
  heard_at: number
  /** What it told of the device: an IPP message, in base64. */
  attributes: string
  /** When somebody wanted the device to show itself, and it has not been asked for yet; null: nobody does. */
  identify_at: number | null
}

/** What an IPP proxy wants to be told of (RFC 3995), and how far it has been told. */
interface OutputSubscriptionTable {
  device: string
  number: number
  /** JSON: list of events. */
  events: string
  /** null: until it is cancelled. */
  lease_until: number | null
  asked_at: number
  /** Number of the newest event. */
  sequence: number
  /** JSON: how the jobs stood when it was told of them last. */
  told: string
  /** JSON: events that it has not said to have. */
  untaken: string
}

/** What is in the spool. */
interface DocumentTable {
  /** SHA-256, hexadecimal. */
  digest: string
  blob: string
  bytes: number
  created_at: number
}

/** Where the record keeps documents itself: a part of one. */
interface BlobPartTable {
  blob: string
  start: number
  bytes: number
  content: Uint8Array
  at: number
}

/** Where an S3-compatible storage keeps documents: a part of one. */
interface StoredPartTable {
  blob: string
  start: number
  bytes: number
  /** Its name there, without the prefix. */
  object: string
  at: number
}

/** What may be in that storage and is no part of anything: it is to be removed. */
interface LooseObjectTable {
  object: string
  at: number
}

/** A document that comes in parts. */
interface UploadTable {
  upload_id: string
  account: string
  asker: string
  blob: string
  /** As it was said to have. */
  bytes: number
  content_type: string
  expires_at: number
}

export type JobRow = Selectable<JobTable>
export type OutputDeviceRow = Selectable<OutputDeviceTable>
export type OutputSubscriptionRow = Selectable<OutputSubscriptionTable>
export type StoredPartRow = Selectable<StoredPartTable>
export type UploadRow = Selectable<UploadTable>
