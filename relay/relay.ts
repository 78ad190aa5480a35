/** The whole relay, put together in one place and in order: ground first, doors last. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { getHeapStatistics } from 'node:v8'
import { type Clock, inBackground, type Log, type Random } from '@fairlead/base'
import { openAccounts } from './accounts/accounts.ts'
import { accountRoutes } from './accounts/routes.ts'
import { publicUrlOf, type RelayConfig } from './config.ts'
import { makeDataFolder } from './database/data-folder.ts'
import { openDatabase } from './database/database.ts'
import { keptSecret } from './database/kept-secret.ts'
import { scramIterations } from './devices/credentials.ts'
import { deviceDoorRoutes } from './devices/device-routes.ts'
import { type Devices, openDevices } from './devices/devices.ts'
import { deviceRoutes } from './devices/routes.ts'
import { hostMetaRoutes } from './discovery/routes.ts'
import { openJournal } from './events/journal.ts'
import { eventRoutes } from './events/routes.ts'
import { createEventStreams } from './events/streams.ts'
import { createAddresses, networkOf } from './http/addresses.ts'
import { createClientCertificates } from './http/client-certificates.ts'
import { openDoor } from './http/door.ts'
import { createFailedTries } from './http/failed-tries.ts'
import { probeRoutes } from './http/probe-routes.ts'
import { createProbes } from './http/probes.ts'
import { createMetrics } from './metrics.ts'
import { createRequests } from './requests/requests.ts'
import { requestRoutes } from './requests/routes.ts'
import { createRequestStore } from './requests/store.ts'
import { createSessions, type Remembered } from './sessions/sessions.ts'
import { readRules } from './translation/rules.ts'
import { createTranslation } from './translation/translation.ts'
import { version } from './version.ts'
import { createBosh } from './xmpp/bosh.ts'
import { createBoshKeeper } from './xmpp/bosh-keeper.ts'
import { createKeptSessionStore } from './xmpp/bosh-store.ts'
import { openStream } from './xmpp/stream.ts'
import { createWebSocket } from './xmpp/websocket.ts'

export interface Relay extends AsyncDisposable {
  readonly port: number
  readonly publicUrl: string
  /** When this start made the admin key: to be told once. */
  readonly adminKeyMade: string | undefined
  /** No new work; what is in flight gets up to `graceMs`; then everybody is told that the relay stops. */
  drain(graceMs: number): Promise<void>
}

export interface RelayNeeds {
  config: RelayConfig
  clock: Clock
  random: Random
  log: Log
}

/** @throws {Failure} `unavailable`: the port or the data folder is taken, or the record cannot be used */
export async function openRelay({ config, clock, random, log }: RelayNeeds): Promise<Relay> {
  await using building = new AsyncDisposableStack()
  const { domain } = config
  const common = { clock, random, log }
  const stopping = new AbortController()

  // Ground: the record, the journal, who may come in.
  makeDataFolder(config.dataFolder)
  const database = building.use(await openDatabase(config.dataFolder))
  const journal = building.use(await openJournal({ ...common, database }))
  const accounts = building.use(
    await openAccounts({
      ...common,
      database,
      dataFolder: config.dataFolder,
      adminKey: config.adminKey,
      onKeyRevoked: () => streams.recheck(),
    }),
  )
  const streams = building.use(
    createEventStreams({ ...common, journal, isStillGood: accounts.isStillGood, maxStreams: config.maxEventStreams }),
  )

  // What we know: devices, and which of them are here.
  const remembered = new Map<string, Remembered>()
  const sessions = building.use(
    createSessions({
      clock,
      managementMs: config.managementTimeoutSeconds * 1000,
      remembered: (device) => remembered.get(device),
      changed({ device, ...presence }) {
        const type = presence.state === 'online' ? 'device.online' : 'device.offline'
        const event = { type, facts: { reason: presence.reason, transport: presence.transport } } as const
        inBackground(log, 'devices.presence-lost', () => devices.savePresence({ device, ...presence }, event))
      },
      alarm(device, address) {
        log.warn('sessions.cloned-credential', 'Two holders of one secret replace each other.', { device, address })
        const account = devices.find(device)?.account
        if (account === undefined) return
        const facts = { alarm: 'cloned-credential', address }
        inBackground(log, 'sessions.alarm-lost', () =>
          journal.record({ type: 'device.changed', account, device, facts }),
        )
      },
    }),
  )
  const devices: Devices = building.use(
    await openDevices({
      ...common,
      database,
      journal,
      domain,
      survivalTimeoutSeconds: config.survivalTimeoutSeconds,
      accountExists: accounts.exists,
      presenceOf: sessions.presenceOf,
      endSessions(device, reason) {
        sessions.endOf(device, reason)
        if (reason !== 'removed') return
        remembered.delete(device)
        requests.removed(device)
      },
    }),
  )
  for (const { device, ...presence } of await devices.loadPresences()) remembered.set(device, presence)
  const keptSessions = createKeptSessionStore(database)
  const { sessions: standing, aliveAt } = await keptSessions.load()
  for (const { device, epoch } of standing) {
    const known = remembered.get(device)
    if (known) known.epoch = Math.max(known.epoch, epoch)
  }
  building.use(
    every(clock, saveSeenEveryMs, () => {
      for (const presence of sessions.takeUnsaved())
        inBackground(log, 'devices.presence-lost', () => devices.savePresence(presence))
    }),
  )

  // What we do: requests.
  const metrics = building.use(
    createMetrics({
      version,
      countDevices: () => ({
        online: sessions.counts().online,
        offline: devices.count() - sessions.counts().online,
        asleep: 0,
      }),
      countSessions: () => sessions.counts().sessions,
    }),
  )
  const requests = building.use(
    createRequests({
      clock,
      log,
      domain,
      requestTimeoutSeconds: config.requestTimeoutSeconds,
      maxInFlightPerKey: config.maxInFlightPerKey,
      // As a value a request takes some times its length; a quarter of the heap is for all of them.
      maxOpenChars: Math.min(mostOpenChars, getHeapStatistics().heap_size_limit / 16),
      store: createRequestStore(database),
      sessions,
      translation: createTranslation(readModelRules(config.models)),
      understandingOf(device) {
        const known = devices.find(device)
        return { model: known?.model ?? undefined, features: known?.capabilities ?? [] }
      },
      finished({ account, device, requestId, kind, outcome, acceptedAt, verdict }, remember) {
        metrics.requestFinished(kind, outcome, (clock.wallNow() - acceptedAt) / 1000)
        const code = verdict && 'code' in verdict ? verdict.code : undefined
        const happening = {
          type: 'request.finished',
          account,
          device,
          facts: { requestId, kind, outcome, code },
        } as const
        if (remember)
          return database.write(async (tx) => {
            await remember(tx)
            await journal.append(tx, happening)
          })
        journal.recordSoon(happening)
        return Promise.resolve()
      },
    }),
  )
  await requests.recover()
  await requests.forgetOld()
  building.use(every(clock, forgetEveryMs, () => inBackground(log, 'requests.not-forgotten', requests.forgetOld)))

  // Doors: XMPP over BOSH and WebSocket, HTTP.
  const certificateOf = createClientCertificates({ domain, wallNow: clock.wallNow })
  const addresses = createAddresses(config.trustedProxies, certificateOf)
  const isSecure = (request: IncomingMessage) => {
    const origin = addresses.originOf(request)
    return origin.secure || origin.loopback
  }
  const failedTries = createFailedTries()
  let publicUrl = ''
  const streamNeeds = {
    ...common,
    domain,
    version,
    anonymous: config.anonymous,
    insecureTransport: config.insecureTransport,
    fakeKey: await keptSecret(database, random, 'scram-fake-key'),
    iterations: scramIterations,
    logIn: devices.logIn,
    lines: sessions,
    logInFailed: (address: string) => failedTries.count(address, clock.now()),
  }
  const keeper = createBoshKeeper({ ...common, store: keptSessions })
  building.defer(() => keeper.close())
  const bosh = createBosh({
    ...common,
    domain,
    options: {
      waitSeconds: config.waitSeconds,
      inactivitySeconds: config.inactivitySeconds,
      maxBodyBytes: config.maxBoshBodyBytes,
      corsOrigins: config.corsOrigins,
    },
    originOf: addresses.originOf,
    networkOf,
    get publicHttpsUrl() {
      return config.tls ? publicUrl : undefined
    },
    openStream: (carrier, watch, restored) => openStream(streamNeeds, carrier, watch, restored),
    keeper,
    kept: { sessions: standing, downMs: clock.wallNow() - aliveAt },
    mayRestore: ({ device, basis, epoch }) =>
      devices.logIn.isVersionGood(device, basis) && sessions.mayRestore(device, epoch),
    rejected: metrics.rejected,
  })
  building.defer(() => bosh.close())
  const webSocket = createWebSocket({
    ...common,
    domain,
    options: {
      corsOrigins: config.corsOrigins,
      resumeSeconds: config.inactivitySeconds,
      managementSeconds: config.managementTimeoutSeconds,
    },
    addressOf: addresses.addressOf,
    isSecure,
    certifiedDevice: (request) => addresses.originOf(request).certificate?.device,
    openStream: (carrier, watch) => openStream(streamNeeds, carrier, watch),
  })
  building.defer(() => webSocket.close())
  const door = building.use(
    await openDoor({
      ...common,
      config,
      version,
      addresses,
      routes: [
        ...deviceRoutes(devices),
        ...requestRoutes({
          requests,
          maxAnswerBytes: config.maxAnswerBytes,
          findDevice: devices.find,
          devicesOf: (account) => devices.ofAccount(account).map(({ id }) => id),
        }),
        ...accountRoutes(accounts),
        ...eventRoutes(streams),
        ...deviceDoorRoutes({
          ...devices,
          knowsSession: (device, id) => sessions.lineIdOf(device) === id || bosh.isHibernating(device, id),
        }),
        ...probeRoutes({ probes: createProbes(clock, stopping.signal), version, wallNow: clock.wallNow }),
        ...hostMetaRoutes(() => publicUrl),
      ],
      bosh: (request, response) => void bosh.handle(request, response),
      webSocket: webSocket.upgrade,
      publicUrl: (port) => publicUrlOf(config, port),
      whyNotReady() {
        const why = database.whyNot()
        return why === undefined ? undefined : `The database cannot write (${why}).`
      },
      findCaller: accounts.findCaller,
      findDevice: devices.find,
      checkSecret: devices.logIn.checkSecret,
      failedTries,
      signOfLife: sessions.signOfLife,
      metrics,
    }),
  )
  publicUrl = publicUrlOf(config, door.port)
  // First of all at the end: nothing that is held on purpose may hold up the door.
  building.defer(() => stopEverything())

  function stopEverything(): void {
    stopping.abort()
    streams[Symbol.dispose]()
    sessions.drain()
    bosh.drain()
    webSocket.drain()
  }

  const built = building.move()
  return {
    port: door.port,
    publicUrl,
    adminKeyMade: accounts.adminKeyMade,
    async drain(graceMs) {
      door.drain()
      const untilMs = clock.now() + graceMs
      while (requests.inFlight() > 0 && clock.now() < untilMs) await passing(clock, 20)
      stopEverything()
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

/** Requests of 64 KiB, four thousand of them. */
const mostOpenChars = 256 * 2 ** 20

/** What is kept for 24 hours need not go to the minute. */
const forgetEveryMs = 600_000

/** When a device was last seen reaches the disk this often, besides with every change of its state. */
const saveSeenEveryMs = 60_000

function every(clock: Clock, ms: number, run: () => void): Disposable {
  let timer = clock.at(clock.now() + ms, ring)
  function ring(): void {
    timer = clock.at(clock.now() + ms, ring)
    run()
  }
  return { [Symbol.dispose]: () => timer.cancel() }
}

function passing(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.at(clock.now() + ms, resolve))
}

/** The operator's own rules come first. */
function readModelRules(models: RelayConfig['models']) {
  const own = new URL('./translation/models.yaml', import.meta.url)
  const builtIn = readRules(readFileSync(own, 'utf8'), 'models.yaml')
  return models === undefined ? builtIn : [...readRules(models.text, models.file, builtIn), ...builtIn]
}
