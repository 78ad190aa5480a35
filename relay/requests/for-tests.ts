/** The requests room on a real database with real sessions, and devices whose lines a test holds. For tests only. */
import { setTimeout as tick } from 'node:timers/promises'
import { createHandClock, Failure, type HandClock, silentLog } from '@fairlead/base'
import type { ServiceRequest } from '@fairlead/protocol/contract'
import { readXml, textOf } from '@fairlead/protocol/xmpp'
import { type Database, openDatabase } from '../database/database.ts'
import { placeIn, temporaryFolder } from '../database/for-tests.ts'
import type { RequestRow } from '../database/tables.ts'
import { createSessions, type Sessions } from '../sessions/sessions.ts'
import { readRules } from '../translation/rules.ts'
import { createTranslation } from '../translation/translation.ts'
import type { Line } from '../xmpp/carrier.ts'
import type { RequestRecord } from './record.ts'
import { type Asked, createRequests, type Reply, type Requests, type RequestsNeeds } from './requests.ts'
import { createRequestStore } from './store.ts'

export interface Pushed {
  id: string
  token: number
  text: Record<string, unknown>
}

/** A device's line that the test holds in its hand: pushes wait in `queue` until `write` lets them leave. */
export interface HeldLine {
  line: Line
  queue: Pushed[]
  write(): Pushed
  end(reason?: 'terminated' | 'connection-closed' | 'inactivity'): void
}

export interface Room {
  clock: HandClock
  requests: Requests
  sessions: Sessions
  finished: RequestRecord[]
  /** What devices have registered as; `stitcher` as one whose names are translated. */
  models: Map<string, string>
  connect(device: string): HeldLine
  ask(device: string, request: Partial<ServiceRequest>, more?: Partial<Asked>): Promise<Reply>
}

const rules = readRules(
  '- {name: r, models: [Stitch*], objects: {speed: {oid: 1.3.6.1.4.1.99999.1, scale: 0.1}}}',
  'r.yaml',
)

export function openRoom(
  database: Database,
  clock: HandClock = createHandClock(),
  more: Pick<RequestsNeeds, 'shared'> = {},
): Room {
  const finished: RequestRecord[] = []
  const models = new Map([['stitcher', 'Stitch 1']])
  const sessions = createSessions({
    clock,
    managementMs: 120_000,
    remembered: () => undefined,
    changed() {},
    alarm() {},
  })
  const requests = createRequests({
    ...more,
    clock,
    log: silentLog,
    domain: 'relay.example',
    maxOpenChars: 1_000_000,
    requestTimeoutSeconds: 30,
    maxInFlightPerKey: 100,
    store: createRequestStore(database, more.shared?.node ?? (() => 0)),
    audit: { accepted() {}, finished() {}, stray() {} },
    sessions,
    translation: createTranslation(rules),
    understandingOf: (device) => ({ model: models.get(device), features: [] }),
    async finished(record, remember) {
      finished.push({ ...record })
      if (remember) await database.write((tx) => remember(tx))
    },
  })
  let asked = 0
  return {
    clock,
    requests,
    sessions,
    finished,
    models,
    connect: (device) => connect(sessions, device),
    ask: (device, request, more) =>
      requests.ask({
        requestId: `r${++asked}`,
        account: 'default',
        device,
        asker: 'key',
        request: { deliverWithinSeconds: 0, ...request },
        key: undefined,
        isAsync: false,
        whenHungUp() {},
        ...more,
      }),
  }
}

/** A remembered request, pending. */
export function rowOf(requestId: string, key: string): RequestRow {
  return {
    request_id: requestId,
    device: 'mfp',
    account: 'default',
    kind: 'set',
    outcome: 'pending',
    code: null,
    body: '{}',
    accepted_at: 1,
    sent_at: null,
    acknowledged_at: null,
    answered_at: null,
    answer: null,
    keep_until: 1,
    deliver_until: null,
    key_owner: 'owner',
    idempotency_key: key,
    fingerprint: 'f',
    place: 0,
    node: 0,
  }
}

/** A record whose writes wait for what the test holds in its hand, or are refused as on a full disk. */
export function holdDisk(database: Database) {
  let ready = Promise.resolve()
  const write: Database['write'] = (work, place) => ready.then(() => database.write(work, place))
  return {
    database: { ...database, write },
    hold(until: Promise<void>): void {
      ready = until
    },
    fill(): void {
      ready = Promise.reject(new Failure('unavailable', 'The disk is full.'))
      ready.catch(() => {})
    },
    makeRoom(): void {
      ready = Promise.resolve()
    },
  }
}

export async function temporaryDatabase(): Promise<Database> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(temporaryFolder())
  const database = opening.use(await openDatabase(await placeIn(folder.path)))
  const opened = opening.move()
  return { ...database, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

let lines = 0

function connect(sessions: Sessions, device: string): HeldLine {
  const queue: Pushed[] = []
  const line: Line = {
    id: `line-${++lines}`,
    transport: 'bosh',
    device,
    resource: 'fairlead',
    address: '192.0.2.1',
    send(xml, token) {
      const iq = readXml(xml)
      const request = iq.children[0]
      const text = request && typeof request !== 'string' ? JSON.parse(textOf(request)) : {}
      queue.push({ id: iq.attributes.get('id') ?? '', token, text })
    },
    withdraw(token) {
      const place = queue.findIndex((pushed) => pushed.token === token)
      if (place >= 0) queue.splice(place, 1)
    },
    end() {},
    keepUntil() {},
  }
  const claim = sessions.claim(device, line.address)
  if (claim instanceof Promise || claim === 'conflict') throw new Error('It cannot bind.')
  sessions.bound(line, claim.epoch)
  sessions.connected(line)
  return {
    line,
    queue,
    write() {
      const pushed = queue.shift()
      if (!pushed) throw new Error('Nothing waits on this line.')
      sessions.written(line, pushed.token)
      return pushed
    },
    end: (reason = 'connection-closed') => sessions.ended(line, reason, [], []),
  }
}

/** Lets promises and database writes come to their end, until `condition` holds; fails after two seconds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    if (condition()) return
    await tick(1)
  }
  throw new Error(`It never became true: ${condition}`)
}

/** Long enough for everything that could be written to be written. */
export async function rest(): Promise<void> {
  let turns = 0
  await until(() => ++turns > 100)
}
