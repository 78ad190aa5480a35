/**
 * Every table of the record, in one place, those of jobs, people, programs, supplies and walk-ups beside it; nothing else speaks snake_case.
 *
 * Portable to PostgreSQL: text, bigint (milliseconds since 1970, sequence numbers) and integer; no booleans, JSON as text.
 * Tenants never see each other (S-M1): what is not found through a device's own key carries the account.
 */
import type { Generated, Insertable, Selectable } from 'kysely'
import type { JobTables } from './job-tables.ts'
import type { PeopleTables } from './people-tables.ts'
import type { ProgramTables } from './program-tables.ts'
import type { SupplyTables } from './supply-tables.ts'
import type { WalkUpTables } from './walk-up-tables.ts'

export interface Tables extends JobTables, PeopleTables, ProgramTables, SupplyTables, WalkUpTables {
  account: AccountTable
  api_key: ApiKeyTable
  audit: AuditTable
  audit_head: AuditHeadTable
  claim: ClaimTable
  claim_try: ClaimTryTable
  device: DeviceTable
  device_credential: DeviceCredentialTable
  device_event: DeviceEventTable
  device_object: DeviceObjectTable
  event: EventTable
  factory_code: FactoryCodeTable
  journal_head: JournalHeadTable
  node: NodeTable
  pairing: PairingTable
  request: RequestTable
  schema_version: SchemaVersionTable
  session: SessionTable
  setting: SettingTable
  target: TargetTable
}

export interface AccountTable {
  id: string
  name: string | null
  created_at: number
  /** 1: its users do nothing without a second factor. */
  require_second_factor: Generated<number>
}

/** A service's key. What opens the door is nowhere, only its hash (S-A6). */
export interface ApiKeyTable {
  key_id: string
  account: string
  name: string | null
  /** SHA-256 of the whole key, hexadecimal. */
  hash: string
  /** JSON: list of scopes. */
  scopes: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
}

/** The audit log (S-M4): who did what. No payload is in it. `previous` and `hash` chain it (`protocol/audit/chain.ts`). */
export interface AuditTable {
  seq: number
  at: number
  /** null: the relay's own. */
  account: string | null
  /** `admin`, `key`, `user`, `device` or `relay`. */
  actor_kind: string
  actor_id: string | null
  action: string
  device: string | null
  request_id: string | null
  /** ID of the key, claim, pairing or account that it is about. */
  subject: string | null
  /** `done`, or the code of the refusal. */
  result: string
  address: string | null
  salt: string
  previous: string
  hash: string
}

/** One row: the newest entry. Whoever adds some holds it until the commit, so that there is one chain. */
export interface AuditHeadTable {
  seq: number
  hash: string
}

export interface DeviceTable {
  /** Unique over all accounts: it is the local part of the JID. */
  id: string
  account: string
  model: string | null
  /** As the device told it. */
  serial: string | null
  /** What an inquiry matches (A2). */
  serial_lower: string | null
  /** JSON: list of texts. */
  tags: string
  /** `none`, `first`, `second` or `enrolled`. */
  registration: string
  /** JSON: what the register process told (A2). */
  capabilities: string
  created_at: number
  registered_at: number | null
  /** Presence as last written; the truth of the moment is in memory. */
  state: string
  state_since_at: number
  reason: string | null
  last_seen_at: number | null
  address: string | null
  transport: string | null
  /** Grows with every session; the larger one wins. */
  epoch: number
  /** Number of the node where its session is; 0: none, or the one node that there is. */
  node: Generated<number>
  /** Its owner has given it away (`registration` is `none`). */
  released_at: number | null
  /** The one account that may have it, until then. */
  reserved_for: string | null
  reserved_until: number | null
  /** The newest secret that it had when it was released: sessions of that one are nobody's. */
  secret_version: number | null
  /** Somebody has reset it at the device: it is released then. */
  reset_asked_at: number | null
  reset_due_at: number | null
  /** 1: what people print there waits until they are at the device. */
  release_at_device: Generated<number>
}

/** SCRAM keys of a secret (RFC 5802 §3), base64; the secret itself is nowhere (S-A4). */
export interface DeviceCredentialTable {
  device: string
  version: number
  salt: string
  iterations: number
  sha1_stored: string
  sha1_server: string
  sha256_stored: string
  sha256_server: string
  created_at: number
  /** Set while a rotation overlaps: the moment this one dies. */
  good_until: number | null
  /** The first log-in with it. */
  used_at: number | null
}

export interface DeviceObjectTable {
  device: string
  name: string
  /** JSON. */
  value: string
  at: number
}

/** Events of devices that are stored already: a repeated one does no harm. */
export interface DeviceEventTable {
  device: string
  id: string
  at: number
}

/** The maker's list: this device may come with this code, and with no other. */
export interface FactoryCodeTable {
  device: string
  /** HMAC of the code, hexadecimal; the code itself is nowhere (S-R1). */
  code: string
  model: string | null
  added_at: number
}

/** Target information (B2): a device has come with this code. Without a claim it is in the first registration state. */
export interface TargetTable {
  device: string
  /** HMAC of the code, hexadecimal. */
  code: string
  model: string | null
  /** The network that it came from first. */
  network: string
  created_at: number
  seen_at: number
  claim_id: string | null
}

/** Somebody has claimed the device: it is theirs (B4). */
export interface ClaimTable {
  claim_id: string
  account: string
  device: string
  /** The key, or `admin`. */
  claimed_by: string
  claimed_at: number
  /** Version of the device's secret that was told for it. */
  version: number
  /** The related instruction came (B5). */
  instructed_at: number | null
}

/** A PIN that a device shows, and what became of it (C). Neither PIN nor token nor code is stored. */
export interface PairingTable {
  pairing_id: string
  device: string
  /** HMAC of the PIN, hexadecimal. */
  pin: string
  /** SHA-256 of the device's token for it, hexadecimal. */
  token: string
  local_url: string
  /** JSON: list of local addresses, as the device told them. */
  addresses: string
  /** JSON: where the relay saw it, of each family the newest. */
  seen: string
  /** 1: a proxy that is not trusted spoke for it. */
  veiled: number
  /** The network that it was announced from. */
  network: string
  created_at: number
  /** Of the PIN; after a match, of the code. */
  expires_at: number
  phase: string
  /** Failed ones. */
  tries: number
  /** JSON: why a press was asked for. */
  doubts: string
  refused_check: string | null
  refused_at: number | null
  account: string | null
  /** Key or user that typed it. */
  asker: string | null
}

/** Tries to claim or to sign in that failed, for an hour: who guesses is slowed down, at whichever node (S-R2, S-A7). */
export interface ClaimTryTable {
  try_id: string
  /** Key, user or network, each for what is counted of it. */
  who: string
  at: number
}

/** The journal: what happened here, in the order of its commits. */
export interface EventTable {
  seq: number
  at: number
  account: string | null
  device: string | null
  type: string
  /** JSON: the facts beside `at`, `account` and `device`. */
  data: string
  /** Number of the node that wrote it. */
  node: Generated<number>
}

/** One row: the number of the newest event. Whoever writes events holds it until the commit, so that no number is passed over. */
export interface JournalHeadTable {
  seq: number
}

/** Processes that share this record. */
export interface NodeTable {
  /** 1 to 65,535. */
  number: number
  /** New with every start; the process's name on the bus. */
  incarnation: string
  /** Of its data folder, which one process has at a time: the one before is over. */
  home: string
  /** For people: host and process. */
  name: string
  version: string
  /** The newest schema version that it knows. */
  schema: number
  /** `serving`, `leaving`, or `dead`: others take over what it had. */
  state: string
  started_at: number
  /** By the clock of the database. */
  seen_at: number
}

/** Requests that are remembered on disk: with a key, asynchronous or deferred. */
export interface RequestTable {
  request_id: string
  device: string
  account: string
  /** `get`, `set` or `command`. */
  kind: string
  outcome: string
  code: string | null
  /** JSON: what the service sent, checked. */
  body: string
  accepted_at: number
  sent_at: number | null
  acknowledged_at: number | null
  answered_at: number | null
  /** JSON: values and errors, result or refusal. */
  answer: string | null
  keep_until: number
  /** Deferred: as long as the device may stay away. */
  deliver_until: number | null
  key_owner: string | null
  idempotency_key: string | null
  /** SHA-256 of method, path and body: the same key with another body is refused. */
  fingerprint: string | null
  /** Among those that were accepted in the same millisecond. */
  place: Generated<number>
  /** While it is pending: number of the node that has it in hand; 0: it waits for its device, whoever takes that in. */
  node: Generated<number>
}

/** The BOSH session of a device, so that it goes on after a crash (`safety.md` 6.7). Nobody can log in with it. */
export interface SessionTable {
  device: string
  /** Hash of the sid. */
  key: string
  /** The larger one stays. */
  epoch: number
  /** JSON. */
  state: string
  /** Number of the node that has it; 0: none, any may go on with it. */
  node: Generated<number>
  /** Since when it is free; whoever has it does not care. */
  free_since: number | null
  /** 1: its node left in order, and its device knows nothing of it; 0: its node died. */
  handed_over: Generated<number>
}

/** One row: the form of these tables. */
interface SchemaVersionTable {
  version: number
  /** Programs that know this version may use the record. */
  compatible_from: number
}

/** One value each: hash of the admin key, keys of this relay. */
export interface SettingTable {
  name: string
  value: string
}

export type AccountRow = Selectable<AccountTable>
export type AuditRow = Selectable<AuditTable>
/** An entry that has no place in the chain yet. */
export type NewAuditRow = Omit<AuditRow, 'seq' | 'previous' | 'hash'>
export type ClaimRow = Selectable<ClaimTable>
export type FactoryCodeRow = Selectable<FactoryCodeTable>
export type TargetRow = Selectable<TargetTable>
export type PairingRow = Selectable<PairingTable>
export type ApiKeyRow = Selectable<ApiKeyTable>
export type DeviceRow = Selectable<DeviceTable>
export type DeviceCredentialRow = Selectable<DeviceCredentialTable>
export type EventRow = Selectable<EventTable>
/** An event that has no number yet. */
export type NewEventRow = Omit<EventRow, 'seq'>
export type NewDeviceRow = Insertable<DeviceTable>
export type RequestRow = Selectable<RequestTable>
export type SessionRow = Selectable<SessionTable>
export type NewSessionRow = Insertable<SessionTable>
