/**
 * One relay of several nodes, or of one: what each room needs to know of the others, and what each node tells them.
 * The rooms themselves know nothing of it: they are handed what is here.
 */
import type { Clock, Log } from '@fairlead/base'
import type { Accounts, AccountsNeeds } from '../accounts/accounts.ts'
import type { RelayConfig } from '../config.ts'
import type { Devices, DevicesNeeds } from '../devices/devices.ts'
import type { StoredPresence } from '../devices/presence.ts'
import type { Enrolment } from '../enrolment/enrolment.ts'
import type { Journal, JournalNeeds } from '../events/journal.ts'
import type { EventStreams } from '../events/streams.ts'
import type { Ground } from '../ground.ts'
import type { DoorNeeds } from '../http/door.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Standing } from '../node-metrics.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes } from '../nodes/nodes.ts'
import type { Overload } from '../overload/overload.ts'
import type { Pairings } from '../pairing/pairing.ts'
import type { People, PeopleNeeds } from '../people/people.ts'
import type { Requests, RequestsNeeds } from '../requests/requests.ts'
import type { RequestRoutesNeeds } from '../requests/routes.ts'
import type { Remembered, Sessions, SessionsNeeds } from '../sessions/sessions.ts'
import type { WalkUps } from '../walk-ups/walk-ups.ts'
import type { BoshNeeds } from '../xmpp/bosh.ts'
import type { SharedSessionStore } from '../xmpp/bosh-store.ts'
import type { HandOverTo } from '../xmpp/hand-over.ts'
import type { KeptSession } from '../xmpp/kept-session.ts'
import type { KeptSessionStore } from '../xmpp/session-keeper.ts'
import type { WebSocketNeeds } from '../xmpp/websocket.ts'
import type { Sleep } from './sleeping.ts'

export interface Several {
  /** How each device stood when it was heard of last, here or elsewhere. */
  readonly remembered: Map<string, Remembered>
  /** The number of this node; 0 where there are no others. */
  node(): number
  /** Where a device is said to be that stands so, here. */
  nodeFor(state: StoredPresence['state']): number
  presenceLearned(presence: StoredPresence): void
  /** Devices that are ONLINE at other nodes. */
  countElsewhere(): number
  /** Takes up what the last run left behind. @returns the sessions that this process may go on with */
  recover(): Promise<{ sessions: readonly KeptSession[]; downMs: number }>
  readonly keptSessions: KeptSessionStore
  /** Who takes sessions when this node leaves; undefined: there is nobody. */
  readonly handOverTo: HandOverTo | undefined
  readonly requests: RequestRoutesNeeds['requests']
  /** Requests of services that wait at this node, wherever their device is. */
  inFlight(): number
  findCaller: DoorNeeds['findCaller']
  signOfLife(device: string): void
  knowsSession(device: string, id: string): boolean | Promise<boolean>
  readonly sleep: Sleep
  /** Writes down when devices were seen that have no session. */
  saveSeen(): void
  /** For metrics. */
  standing(): Standing
  /** Undefined: it can serve. */
  whyNotReady(): string | undefined
  readonly forJournal: Pick<JournalNeeds, 'shared'>
  forAccounts(journal: Journal): Pick<AccountsNeeds, 'shared'>
  forPeople(journal: Journal): Pick<PeopleNeeds, 'shared'>
  readonly forSessions: Pick<SessionsNeeds, 'claim' | 'held'>
  readonly forDevices: Pick<DevicesNeeds, 'shared'>
  readonly forRequests: Pick<RequestsNeeds, 'shared'>
  readonly forBosh: Pick<BoshNeeds, 'newSid' | 'mayAct' | 'elsewhere'>
  readonly forWebSocket: Pick<WebSocketNeeds, 'newSmId' | 'elsewhere' | 'stillWaits'>
  readonly forDoor: Pick<DoorNeeds, 'newRequestId'>
}

export interface SeveralNeeds {
  config: RelayConfig
  ground: Ground
  nodes: Nodes
  calls: Calls
  clock: Clock
  log: Log
  keptSessions: SharedSessionStore
  overload: Pick<Overload, 'mustTake'>
  /** Once they are built: before, nothing that other nodes say is taken in. */
  rooms(): Rooms
  readonly built: Promise<void>
  /** By its BOSH sid or stream id, at this node. */
  knowsSessionHere(device: string, id: string): boolean
}

export interface Rooms {
  readonly journal: Journal
  readonly accounts: Accounts
  readonly people: People
  readonly sessions: Sessions
  readonly devices: Devices
  readonly enrolment: Enrolment
  readonly pairings: Pairings
  readonly requests: Requests
  readonly walkUps: WalkUps
  readonly jobs: Jobs
  readonly streams: Pick<EventStreams, 'count'>
}
