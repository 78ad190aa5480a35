/** The doors of a relay: XMPP over BOSH and WebSocket, and HTTP for all else. */
import type { IncomingMessage } from 'node:http'
import { createShowAccess } from './access/access.ts'
import { accessRoutes } from './access/routes.ts'
import { accountRoutes } from './accounts/routes.ts'
import { auditRoutes } from './audit/routes.ts'
import { publicUrlOf } from './config.ts'
import { keptSecret } from './database/kept-secret.ts'
import { scramIterations } from './devices/credentials.ts'
import { deviceDoorRoutes } from './devices/device-routes.ts'
import { deviceRoutes } from './devices/routes.ts'
import { hostMetaRoutes } from './discovery/routes.ts'
import { enrolmentRoutes } from './enrolment/routes.ts'
import { eventRoutes } from './events/routes.ts'
import { createAddresses, networkOf } from './http/addresses.ts'
import { createClientCertificates } from './http/client-certificates.ts'
import { type Door, openDoor } from './http/door.ts'
import { createFailedTries } from './http/failed-tries.ts'
import { probeRoutes } from './http/probe-routes.ts'
import { createProbes } from './http/probes.ts'
import { askerOf } from './http/reach.ts'
import type { Caller } from './http/route.ts'
import { createIpp } from './ipp/ipp.ts'
import { ippRoutes } from './ipp/routes.ts'
import { jobDeviceRoutes } from './jobs/device-routes.ts'
import { jobRoutes } from './jobs/routes.ts'
import { pairingRoutes } from './pairing/routes.ts'
import { witnessRoutes } from './pairing/witness-routes.ts'
import { appPasswordRoutes } from './people/app-password-routes.ts'
import { oidcRoutes } from './people/oidc/routes.ts'
import { passkeyRoutes } from './people/passkey-routes.ts'
import { proofRoutes } from './people/proof-routes.ts'
import { peopleRoutes } from './people/routes.ts'
import { sessionRoutes } from './people/session-routes.ts'
import { programRoutes } from './programs/routes.ts'
import { requestRoutes } from './requests/routes.ts'
import type { Rooms, RoomsNeeds } from './rooms.ts'
import { supplyRoutes } from './supplies/routes.ts'
import { version } from './version.ts'
import { viewRoutes } from './views/routes.ts'
import { walkUpDeviceRoutes } from './walk-ups/device-routes.ts'
import { walkUpRoutes } from './walk-ups/routes.ts'
import { type Bosh, createBosh } from './xmpp/bosh.ts'
import type { Bound, Carrier } from './xmpp/carrier.ts'
import { isKeptBosh, isKeptStream, type KeptSession } from './xmpp/kept-session.ts'
import { createSessionKeeper } from './xmpp/session-keeper.ts'
import { openStream, type StreamWatch } from './xmpp/stream.ts'
import { createWebSocket, type WebSocketDoor } from './xmpp/websocket.ts'

export interface Doors {
  readonly bosh: Bosh
  readonly webSocket: WebSocketDoor
  readonly door: Door
  readonly publicUrl: string
  /** By its BOSH sid or stream id, at this node. */
  knowsSession(device: string, id: string): boolean
}

export interface DoorsNeeds extends Omit<RoomsNeeds, 'otherNodes'> {
  rooms: Rooms
  /** Sessions from before a crash of this relay, and how long ago that was, in milliseconds. */
  kept: { sessions: readonly KeptSession[]; downMs: number }
  /** What is held on purpose ends with it. */
  stopping: AbortSignal
}

/**
 * @param building takes what is to be closed, in order
 * @throws {Failure} `unavailable`: the port cannot be had
 */
export async function openDoors(needs: DoorsNeeds, building: AsyncDisposableStack): Promise<Doors> {
  const { config, clock, random, log, ground, several, rooms, overload } = needs
  const { accounts, devices, sessions, metrics } = rooms
  const { domain } = config
  const common = { clock, random, log }
  const certificateOf = createClientCertificates({ domain, wallNow: clock.wallNow })
  const addresses = createAddresses(config.trustedProxies, certificateOf)
  const failedTries = createFailedTries()
  let publicUrl = ''
  const streamNeeds = {
    ...common,
    domain,
    version,
    anonymous: config.anonymous,
    insecureTransport: config.insecureTransport,
    fakeKey: await keptSecret(ground.database, random, 'scram-fake-key'),
    iterations: scramIterations,
    logIn: devices.logIn,
    lines: sessions,
    logInFailed(address: string) {
      metrics.logInRefused()
      return failedTries.count(address, clock.now())
    },
  }
  const keeper = createSessionKeeper({ ...common, store: several.keptSessions })
  building.defer(() => keeper.close())
  const isGood = ({ device, basis }: KeptSession) => devices.logIn.isVersionGood(device, basis)
  const reclaim = (kept: KeptSession) => (isGood(kept) ? sessions.reclaim(kept.device, kept.epoch) : undefined)
  const { downMs } = needs.kept
  /** Of devices, whichever way they come. */
  const forSessions = {
    ...common,
    domain,
    openStream: (carrier: Carrier, watch: StreamWatch, restored?: Bound) =>
      openStream(streamNeeds, carrier, watch, restored),
    keeper,
    reclaim,
    isGood,
    turnAway: overload.turnAway,
  }
  const bosh = createBosh({
    ...forSessions,
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
    kept: { sessions: needs.kept.sessions.filter(isKeptBosh), downMs },
    rejected: metrics.rejected,
    ...several.forBosh,
  })
  building.defer(() => bosh.close())
  const webSocket = createWebSocket({
    ...forSessions,
    options: {
      corsOrigins: config.corsOrigins,
      resumeSeconds: config.inactivitySeconds,
      managementSeconds: config.managementTimeoutSeconds,
    },
    addressOf: addresses.addressOf,
    isSecure(request: IncomingMessage) {
      const origin = addresses.originOf(request)
      return origin.secure || origin.loopback
    },
    certifiedDevice: (request) => addresses.originOf(request).certificate?.device,
    kept: { sessions: needs.kept.sessions.filter(isKeptStream), downMs },
    ...several.forWebSocket,
  })
  building.defer(() => webSocket.close())
  /** Whoever does the work of a device over IPP shows its secret. No device's ID looks like an e-mail address. */
  async function findProxy(user: string, password: string): Promise<Caller | undefined> {
    if (user.includes('@') || !(await devices.logIn.checkSecret(user, password))) return undefined
    const device = devices.find(user)
    return device && { kind: 'device', device: user, account: device.account }
  }
  const door = building.use(
    await openDoor({
      ...common,
      config,
      version,
      addresses,
      routes: [
        ...deviceRoutes(devices),
        ...requestRoutes({
          requests: several.requests,
          maxAnswerBytes: config.maxAnswerBytes,
          findDevice: devices.find,
          devicesOf: (account) => devices.ofAccount(account).map(({ id }) => id),
        }),
        ...accountRoutes(accounts),
        ...auditRoutes(rooms.audit),
        ...sessionRoutes(rooms.people, () => publicUrl),
        ...appPasswordRoutes(rooms.people),
        ...passkeyRoutes(rooms.people, () => publicUrl),
        ...oidcRoutes(rooms.people, () => publicUrl),
        ...proofRoutes(rooms.people, () => publicUrl),
        ...peopleRoutes(rooms.people, () => publicUrl),
        ...eventRoutes(rooms.streams),
        ...enrolmentRoutes(rooms.enrolment, needs.stopping),
        ...pairingRoutes(rooms.pairings, needs.stopping),
        ...witnessRoutes({ pairings: rooms.pairings, seenUrls: config.seenUrls, publicUrl: () => publicUrl }),
        ...supplyRoutes(rooms.supplies),
        ...programRoutes(rooms.programs, () => publicUrl),
        ...jobRoutes({ jobs: rooms.jobs, uploads: rooms.uploads, findDevice: devices.find }),
        ...jobDeviceRoutes(rooms.jobs),
        ...walkUpDeviceRoutes(rooms.walkUps, () => publicUrl, needs.stopping),
        ...walkUpRoutes(rooms.walkUps),
        ...ippRoutes(
          createIpp({
            ...common,
            database: ground.database,
            jobs: rooms.jobs,
            showDevice: devices.show,
            showOwn: (device) => devices.show({ kind: 'admin' }, device),
            register: devices.register,
            publicUrl: () => publicUrl,
            async identify(caller, { id: device, account }) {
              const asked = { account, device, asker: askerOf(caller), timeoutSeconds: undefined }
              await rooms.command({ ...asked, command: 'identify', args: {} })
            },
          }),
          needs.stopping,
        ),
        ...accessRoutes(
          createShowAccess({
            mustFindDevice: devices.mustFind,
            usersOf: rooms.people.users.ofAccount,
            keysOf: accounts.keys.goodOf,
            lastChanges: rooms.audit.lastChanges,
            servicesOf: rooms.supplies.servicesOf,
          }),
        ),
        ...viewRoutes(rooms.views),
        ...deviceDoorRoutes({ ...devices, knowsSession: several.knowsSession, sleep: several.sleep }),
        ...probeRoutes({ probes: createProbes(clock, needs.stopping), version, wallNow: clock.wallNow }),
        ...hostMetaRoutes(() => publicUrl),
      ],
      bosh: (request, response) => void bosh.handle(request, response),
      webSocket: webSocket.upgrade,
      publicUrl: (port) => publicUrlOf(config, port),
      whyNotReady() {
        const why = ground.database.whyNot()
        return why === undefined ? several.whyNotReady() : `The database cannot write (${why}).`
      },
      findCaller: several.findCaller,
      async findPrinting(user, password, address) {
        const { appPasswords } = rooms.people
        const caller =
          (await appPasswords.find(user, password)) ??
          (await several.findCaller(password)) ??
          (await findProxy(user, password))
        if (!caller) await appPasswords.wasWrong(user, networkOf(address))
        return caller
      },
      findUser: rooms.people.sessions.find,
      findDevice: devices.find,
      checkSecret: devices.logIn.checkSecret,
      failedTries,
      signOfLife: several.signOfLife,
      mustTake: overload.mustTake,
      isOnline: sessions.isOnline,
      metrics,
      ...several.forDoor,
    }),
  )
  publicUrl = publicUrlOf(config, door.port)
  return {
    bosh,
    webSocket,
    door,
    publicUrl,
    knowsSession: (device, id) => sessions.lineIdOf(device) === id || bosh.isHibernating(device, id),
  }
}
