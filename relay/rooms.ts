/** The rooms of a relay, from the ground up: what is known, and what is done. The doors come after. */
import { type Clock, Failure, inBackground, type Log, type Random } from '@fairlead/base'
import type { Json } from '@fairlead/protocol/contract'
import { type Accounts, openAccounts } from './accounts/accounts.ts'
import { theRelay } from './audit/actor.ts'
import { type Audit, openAudit } from './audit/audit.ts'
import type { RelayConfig } from './config.ts'
import type { Transaction } from './database/writer.ts'
import { deriveCredentials, saltBytes } from './devices/credentials.ts'
import { type Devices, openDevices } from './devices/devices.ts'
import type { AddDevice } from './enrolment/claims.ts'
import { type Enrolment, openEnrolment } from './enrolment/enrolment.ts'
import { type Journal, openJournal } from './events/journal.ts'
import { createEventStreams, type EventStreams } from './events/streams.ts'
import { every } from './every.ts'
import { createFinished } from './finished.ts'
import type { Ground } from './ground.ts'
import { type JobRooms, type JobRoomsNeeds, openJobRooms } from './job-rooms.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { oldRoom } from './overload/heap.ts'
import type { Overload } from './overload/overload.ts'
import { openPairings, type Pairings } from './pairing/pairing.ts'
import { openPeople, type People } from './people/people.ts'
import { createPrograms, type Programs } from './programs/programs.ts'
import type { Asked } from './requests/asked.ts'
import { createRequestAudit } from './requests/audited.ts'
import { isProblem, type Verdict } from './requests/record.ts'
import { createRequests, type Requests } from './requests/requests.ts'
import { createRequestStore } from './requests/store.ts'
import { createSessions, type Sessions } from './sessions/sessions.ts'
import type { Rooms as RoomsOfSeveral, Several } from './several/several.ts'
import { tellOfOrder } from './supplies/orders.ts'
import { openSupplies, type Supplies } from './supplies/supplies.ts'
import { readModelRules } from './translation/model-rules.ts'
import { createTranslation } from './translation/translation.ts'
import { version } from './version.ts'
import { createViews, type Views } from './views/views.ts'
import { openWebhooks } from './webhooks/webhooks.ts'

export interface Rooms extends RoomsOfSeveral, JobRooms {
  readonly streams: EventStreams
  readonly metrics: Metrics
  readonly audit: Audit
  readonly programs: Programs
  readonly supplies: Supplies
  readonly views: Views
  /** Has a device do something, and waits for what it says. @throws {Failure} what became of it instead */
  command(command: Command): Promise<Json>
}

export interface RoomsNeeds {
  config: RelayConfig
  clock: Clock
  random: Random
  log: Log
  ground: Ground
  several: Several
  overload: Overload
  otherNodes: JobRoomsNeeds['otherNodes']
}

/** @param building takes what is to be closed, in order */
export async function openRooms(needs: RoomsNeeds, building: AsyncDisposableStack): Promise<Rooms> {
  const { config, clock, random, log, ground, several, overload } = needs
  const common = { clock, random, log }
  const { database } = ground
  const { domain } = config
  const { remembered } = several
  const newRequestId = several.forDoor.newRequestId ?? (() => random.token(18))

  // The journal and the audit log, who may come in.
  const journal: Journal = building.use(await openJournal({ ...common, database, ...several.forJournal }))
  const audit: Audit = building.use(
    openAudit({ ...common, database, keepDays: config.auditDays, isShared: ground.isShared }),
  )
  const trimAudit = () => inBackground(log, 'audit.not-trimmed', audit.trim)
  trimAudit()
  building.use(every(clock, trimAuditEveryMs, trimAudit))
  const accounts: Accounts = building.use(
    await openAccounts({
      ...common,
      database,
      dataFolder: config.dataFolder,
      adminKey: config.adminKey,
      onKeyRevoked: () => streams.recheck(),
      demandChanged: (tx) => people.sessions.demandChanged(tx),
      audit: audit.tell,
      ...several.forAccounts(journal),
    }),
  )
  const people: People = await openPeople({
    ...common,
    database,
    audit,
    limits: { perUser: config.maxFailedSignIns, perNetwork: config.maxFailedSignInsOfNetwork },
    oidc: config.oidc,
    accountExists: accounts.exists,
    sessionEnded: () => streams.recheck(),
    ...several.forPeople(journal),
  })
  building.use(
    every(clock, lookAtSessionsEveryMs, () => inBackground(log, 'people.not-looked-at', people.sessions.learn)),
  )
  building.use(every(clock, forgetSessionsEveryMs, () => inBackground(log, 'people.not-forgotten', people.forgetOld)))
  const streams = building.use(
    createEventStreams({
      ...common,
      journal,
      isStillGood: (caller) =>
        caller.kind === 'user' ? people.sessions.isStillGood(caller) : accounts.isStillGood(caller),
      maxStreams: config.maxEventStreams,
    }),
  )

  // What we know: devices, and which of them are here.
  const sessions: Sessions = building.use(
    createSessions({
      clock,
      managementMs: config.managementTimeoutSeconds * 1000,
      remembered: (device) => remembered.get(device),
      changed({ device, ...presence }) {
        const type = presence.state === 'online' ? 'device.online' : 'device.offline'
        const event = { type, facts: { reason: presence.reason, transport: presence.transport } } as const
        const stored = { device, ...presence, node: several.nodeFor(presence.state) }
        inBackground(log, 'devices.presence-lost', () => devices.savePresence(stored, event))
        if (presence.state === 'online') jobs.online(device)
      },
      alarm(device, address) {
        metrics.alarmed('cloned-credential')
        log.warn('sessions.cloned-credential', 'Two holders of one secret replace each other.', { device, address })
        const account = devices.find(device)?.account
        if (account === undefined) return
        const facts = { alarm: 'cloned-credential', address }
        inBackground(log, 'sessions.alarm-lost', () =>
          database.write(async (tx) => {
            journal.append(tx, { type: 'device.changed', account, device, facts })
            audit.tell(tx, { action: 'device.cloned-credential', account, actor: theRelay, device, address })
          }),
        )
      },
      ...several.forSessions,
    }),
  )
  const devices: Devices = building.use(
    await openDevices({
      ...common,
      database,
      journal,
      audit: audit.tell,
      domain,
      survivalTimeoutSeconds: config.survivalTimeoutSeconds,
      resetNoticeSeconds: config.resetNoticeSeconds,
      accountExists: accounts.exists,
      presenceOf: sessions.presenceOf,
      endSessions(device, reason) {
        sessions.endOf(device, reason)
        if (reason !== 'removed') return
        remembered.delete(device)
        requests.removed(device)
      },
      async removed(tx, device) {
        await enrolment.removed(tx, device)
        await pairings.removed(tx, device)
        await supplies.consents.removed(tx, device)
        await jobs.removed(tx, device)
        await programs.launches.removed(tx, device)
      },
      firstUsed: (tx, device) => pairings.used(tx, device),
      instructed: (...told) => enrolment.instructed(...told),
      happened: (tx, device, event) => supplies.happened(tx, device, event),
      registered: (tx, device, values) => supplies.registered(tx, device, values),
      ...several.forDevices,
    }),
  )
  /** One that was released is nobody's. */
  const ownedDevice = (id: string) => {
    const device = devices.find(id)
    return device?.registration === 'none' ? undefined : device
  }
  const forOwners = {
    clock,
    random,
    database,
    journal,
    audit,
    domain,
    accountExists: accounts.exists,
    async addDevice({ secret, ...device }: Parameters<AddDevice>[0]) {
      const credentials = await deriveCredentials(secret, Buffer.from(random.token(saltBytes), 'base64url'))
      return (tx: Transaction) => devices.add(tx, { ...device, tags: [], registration: 'second', credentials })
    },
    everywhere: async () => several.forDevices.shared?.everywhere(),
  }
  /** @throws {Failure} what became of it instead */
  async function command({ command, args, timeoutSeconds, ...who }: Command): Promise<Json> {
    const request = { command, arguments: args, timeoutSeconds, deliverWithinSeconds: 0 }
    const asked = { ...who, requestId: who.requestId ?? newRequestId(), request, key: undefined, isAsync: false }
    const { verdict } = await several.requests.ask({ ...asked, whenHungUp() {} })
    return resultOf(verdict)
  }
  const enrolment: Enrolment = await openEnrolment({
    ...forOwners,
    mode: config.enrolment,
    limits: { perAsker: config.maxFailedClaims, perNetwork: config.maxFailedClaimsOfNetwork },
    findDevice: ownedDevice,
    command,
    spend: (...come) => pairings.spend(...come),
  })
  const pairings: Pairings = await openPairings({ ...forOwners, tries: enrolment.tries, isFree: enrolment.isFree })
  building.use(
    every(clock, forgetTargetsEveryMs, () => {
      inBackground(log, 'enrolment.not-forgotten', enrolment.forgetOld)
      inBackground(log, 'pairing.not-forgotten', pairings.forgetOld)
    }),
  )
  building.use(
    every(clock, carryOutResetsEveryMs, () => inBackground(log, 'devices.not-reset', devices.carryOutResets)),
  )
  for (const presence of await devices.loadPresences()) several.presenceLearned(presence)
  building.use(
    every(clock, saveSeenEveryMs, () => {
      for (const presence of sessions.takeUnsaved()) {
        const stored = { ...presence, node: several.nodeFor(presence.state) }
        inBackground(log, 'devices.presence-lost', () => devices.savePresence(stored))
      }
      several.saveSeen()
    }),
  )

  // What we do: requests.
  const metrics = building.use(
    createMetrics({
      version,
      countDevices() {
        const online = sessions.counts().online + several.countElsewhere()
        const asleep = devices.countAsleep()
        return { online, offline: devices.count() - online - asleep, asleep }
      },
      countSessions: () => sessions.counts().sessions,
      standing: several.standing,
      overload,
    }),
  )
  const requestAudit = createRequestAudit({
    audit,
    accountOf: (device) => devices.find(device)?.account,
    addressOf: (device) => sessions.presenceOf(device)?.address,
  })
  const requests: Requests = building.use(
    createRequests({
      clock,
      log,
      domain,
      requestTimeoutSeconds: config.requestTimeoutSeconds,
      maxInFlightPerKey: config.maxInFlightPerKey,
      // As a value a request takes some times its length; a quarter of the heap is for all of them.
      maxOpenChars: Math.min(mostOpenChars, oldRoom() / 16),
      store: createRequestStore(database, several.node),
      audit: requestAudit,
      sessions,
      translation: createTranslation(readModelRules(config.models)),
      understandingOf(device) {
        const known = devices.find(device)
        return { model: known?.model ?? undefined, features: known?.capabilities ?? [] }
      },
      finished: createFinished({
        ...{ clock, log, database, journal, metrics, audit: requestAudit },
        holds: (tx, device, values) => devices.holds(tx, device, values),
        isOwn: (requestId) => supplies.isOwn(requestId) || jobs.isOwn(requestId),
      }),
      ...several.forRequests,
    }),
  )
  const webhooks = building.use(
    await openWebhooks({
      ...common,
      database,
      networks: config.webhookNetworks,
      isAlone: !ground.isShared,
      tried: (tx, messageId, state) => tellOfOrder(tx, journal, messageId, state),
    }),
  )
  const supplies: Supplies = building.use(
    openSupplies({
      ...common,
      database,
      journal,
      audit: audit.tell,
      webhooks,
      intervalMs: config.readEverySeconds * 1000,
      keepMs: config.keepReadingsDays * 24 * 3_600_000,
      accountExists: accounts.exists,
      mustFindDevice: devices.mustFind,
      devicesOf: devices.ofAccount,
      ownerOf: (device) => devices.find(device)?.account,
      node: () => several.nodeFor('online'),
      isHere: (device) => sessions.isHere(device) && sessions.isOnline(device),
      isIdle: requests.isIdle,
      newRequestId,
      isBusy: () => overload.load.level > 0,
      async ask(requestId, account, device, get) {
        const request = { get, timeoutSeconds: pollTimeoutSeconds, deliverWithinSeconds: 0 }
        const asked = { requestId, account, device, asker: 'relay', request, key: undefined, isAsync: false }
        const { verdict } = await requests.ask({ ...asked, whenHungUp() {} })
        return verdict && 'answer' in verdict && 'values' in verdict.answer ? verdict.answer.values : undefined
      },
    }),
  )
  const programs = createPrograms({
    ...common,
    database,
    webhooks,
    audit: audit.tell,
    accountExists: accounts.exists,
    findDevice: ownedDevice,
    ran: metrics.programRan,
  })
  const { jobs, uploads, walkUps } = await openJobRooms(
    {
      ...common,
      database,
      journal,
      audit,
      dataFolder: config.dataFolder,
      isShared: ground.isShared,
      limits: config.jobs,
      storage: config.spool,
      givesUpDocuments: config.givesUpDocuments,
      otherNodes: needs.otherNodes,
      storageFailed: metrics.storageFailed,
      findDevice: ownedDevice,
      findPerson: people.users.find,
      showDevice: devices.show,
      presenceOf: sessions.presenceOf,
      isHere: (device) => sessions.isHere(device) && sessions.isOnline(device),
      newRequestId,
      ask: (asked) => command({ ...asked, asker: 'relay', timeoutSeconds: notifyTimeoutSeconds }),
    },
    building,
  )
  return {
    command,
    jobs,
    uploads,
    programs,
    walkUps,
    supplies,
    views: createViews({ database, clock }),
    journal,
    audit,
    accounts,
    people,
    streams,
    sessions,
    devices,
    enrolment,
    pairings,
    metrics,
    requests,
  }
}

/** What the relay has a device do, for somebody or of its own accord. */
export type Command = Omit<Asked, 'requestId' | 'request' | 'key' | 'isAsync' | 'whenHungUp'> & {
  requestId?: string
  command: string
  args: Record<string, Json>
  timeoutSeconds: number | undefined
}

/** @throws {Failure} what became of it instead */
function resultOf(verdict: Verdict | undefined): Json {
  if (verdict && 'answer' in verdict && 'result' in verdict.answer) return verdict.answer.result
  if (verdict && isProblem(verdict)) {
    const { code, detail, outcome, facts } = verdict
    throw new Failure(code, detail, { facts: { ...facts, outcome } })
  }
  return null
}

/** A device that takes longer to write a notification down is told again. */
const notifyTimeoutSeconds = 20

/** Requests of 64 KiB, four thousand of them. */
const mostOpenChars = 256 * 2 ** 20

/** A poll that takes longer is in the way of what services ask. */
const pollTimeoutSeconds = 20

const forgetTargetsEveryMs = 3_600_000
const trimAuditEveryMs = 3_600_000

const carryOutResetsEveryMs = 5_000
/** A session that is over by its time is refused at once; what it holds open, within this. */
const lookAtSessionsEveryMs = 60_000
const forgetSessionsEveryMs = 3_600_000

/** When a device was last seen reaches the disk this often, besides with every change of its state. */
const saveSeenEveryMs = 60_000
