/** The SDK for service makers: no dependency at run time, Node and browser. */

export type { AuditExport } from './audit.ts'
export { type BulkOptions, type BulkResult, inBulk } from './bulk.ts'
export type { Relay } from './call.ts'
export {
  type AuditFilter,
  type Client,
  createClient,
  type DeviceFilter,
  type MandatesFilter,
  type OrdersFilter,
  type ReadingsFilter,
  type RequestOptions,
} from './client.ts'
export { NoRelayError, type ProblemBody, RelayError } from './error.ts'
export type { EventsOptions, RelayEvent, StreamState } from './events.ts'
export type { JobsFilter, SendOptions, SentJob } from './jobs.ts'
export type { PeopleFilter } from './people.ts'
export type { ProgramsFilter } from './programs.ts'
export { type Seen, seenOver } from './witnesses.ts'
