/** Which tables are carried from one record to another, and in which order their rows stand. */
import { storable } from '../storable.ts'
import type { Tables } from '../tables.ts'

interface Carried {
  /** Its primary key: rows stand in this order, byte by byte, so that the same rows have the same checksum everywhere. */
  readonly key: readonly string[]
}

/**
 * What is referred to comes before what refers to it.
 *
 * Not carried: `schema_version`, which the file's first line says; `node`, since processes are no record; `session`, since a device's session is with a process and at a moment:
 * on the new record devices log in again, and people (`user_session`, `spent_challenge`, `walk_up`). A request that is pending stays so. One that waits for its device goes on waiting;
 * one that a node had in hand is of nobody's now, and the relay that starts on it ends it as `unknown`, as after a crash.
 */
const tables = {
  account: { key: ['id'] },
  account_user: { key: ['user_id'] },
  api_key: { key: ['key_id'] },
  audit: { key: ['seq'] },
  audit_head: { key: ['seq'] },
  device: { key: ['id'] },
  device_credential: { key: ['device', 'version'] },
  claim: { key: ['claim_id'] },
  claim_try: { key: ['try_id'] },
  consent: { key: ['device'] },
  device_event: { key: ['device', 'id'] },
  device_object: { key: ['device', 'name'] },
  app_password: { key: ['app_password_id'] },
  event: { key: ['seq'] },
  factory_code: { key: ['device', 'code'] },
  invitation: { key: ['invitation_id'] },
  job: { key: ['job_id'] },
  job_number: { key: ['device'] },
  journal_head: { key: ['seq'] },
  output_device: { key: ['device', 'uuid'] },
  output_subscription: { key: ['device', 'number'] },
  oidc_identity: { key: ['issuer', 'subject'] },
  pairing: { key: ['pairing_id'] },
  passkey: { key: ['passkey_id'] },
  password_reset: { key: ['user_id'] },
  recovery_code: { key: ['user_id', 'hash'] },
  release_code: { key: ['release_code_id'] },
  look: { key: ['device'] },
  reading: { key: ['account', 'device', 'object', 'at'] },
  removed_user: { key: ['account', 'email_hash'] },
  request: { key: ['request_id'] },
  saved_view: { key: ['view_id'] },
  setting: { key: ['name'] },
  supply_order: { key: ['order_id'] },
  target: { key: ['device', 'code'] },
  webhook: { key: ['webhook_id'] },
  webhook_message: { key: ['message_id'] },
  webhook_try: { key: ['message_id', 'number'] },
  program: { key: ['account', 'program'] },
  launch: { key: ['launch_id'] },
  subscription: { key: ['subscription_id'] },
  watch: { key: ['subscription_id', 'device'] },
  blob_part: undefined,
  document: undefined,
  launch_run: undefined,
  loose_object: undefined,
  node: undefined,
  schema_version: undefined,
  session: undefined,
  spent_challenge: undefined,
  stored_part: undefined,
  upload: undefined,
  user_session: undefined,
  walk_up: undefined,
} as const satisfies Record<keyof Tables, Carried | undefined>

export type CarriedTable = {
  [Table in keyof typeof tables]: (typeof tables)[Table] extends undefined ? never : Table
}[keyof typeof tables]

/** One row each, from the first on: an empty record has it, and a file brings its own. */
export const headTables: readonly CarriedTable[] = ['audit_head', 'journal_head']

/** In order. */
export const carriedTables = Object.keys(tables).filter(isCarriedTable)

/** All tables of the record, each before those that it refers to. */
export const droppableTables = Object.keys(tables).toReversed()

export function isCarriedTable(name: string): name is CarriedTable {
  return Object.hasOwn(tables, name) && tables[name as keyof typeof tables] !== undefined
}

export function keyOf(table: CarriedTable): readonly string[] {
  return tables[table].key
}

/** A cell as it is carried: who holds a thing means nothing elsewhere. */
export function carriedCell(column: string, cell: unknown): unknown {
  return column === 'node' ? 0 : storable(cell)
}
