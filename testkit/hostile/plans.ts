/** What a process of the crowd is told to do, and what it tells in the end: plain data, because it crosses as JSON. */

export const floodKinds = [
  'wrong-scram',
  'wrong-basic',
  'wrong-keys',
  'repeats',
  'wild-rids',
  'stanzas',
  'event-streams',
  'big-bodies',
  'many-headers',
  'pipelines',
  'creations',
] as const
export type FloodKind = (typeof floodKinds)[number]

export const slowManners = ['headers', 'bosh-body', 'api-body', 'tls-hello', 'silence', 'websocket', 'reading'] as const
export type SlowManner = (typeof slowManners)[number]

export type CrowdPlan = FloodPlan | HonestPlan | SlowPlan

export interface FloodPlan {
  role: 'flood'
  kind: FloodKind
  /** Plain HTTP. */
  url: string
  perSecond: number
  seconds: number
  connections: number
  /** How many requests a connection may be ahead of their answers. */
  ahead: number
  /** A connection that has waited so long for an answer is given up and made anew: nobody hostile waits. */
  patienceMs: number
  /** Each request names another address, as a trusted proxy would. */
  spread: boolean
  /** The honest device, whose secret is guessed. */
  victim: string
  /** A device and a key of the flood's own, for kinds that come after a log-in. */
  id: string
  secret: string
  key: string
}

export interface FloodResult {
  sent: number
  answered: number
  /** Requests that were due and could not be sent: every connection was full of unanswered ones. */
  heldBack: number
  /** Connections that were opened, and opened again. */
  opened: number
  /** By status, by BOSH condition, and `session` for each one that was given. */
  heard: Record<string, number>
}

export interface SlowPlan {
  role: 'slow'
  /** They share the sockets. */
  manners: readonly SlowManner[]
  url: string
  sockets: number
  /** Between two bytes. */
  everyMs: number
  seconds: number
}

/** By manner. */
export type SlowResult = Partial<Record<SlowManner, SlowCount>>

export interface SlowCount {
  opened: number
  /** How many the relay has ended. */
  cut: number
  /** How long the one lived that was cut last. */
  longestMs: number
}

export interface HonestPlan {
  role: 'honest'
  url: string
  /** PEM that is trusted; for HTTPS. */
  authority?: string
  id: string
  secret: string
  /** What a trusted proxy would tell of it. */
  forwardedFor?: string
}

export interface HonestResult {
  logIns: LogIn[]
}

export interface LogIn {
  /** When it began: milliseconds since 1970, the same for all processes here. */
  atMs: number
  /** From the first byte to the bound session, connection included. */
  tookMs: number
  /** Why it came to nothing, if it did. */
  failure?: string
}
