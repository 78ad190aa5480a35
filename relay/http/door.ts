/** The relay's one door: BOSH and WebSocket go straight through, all else to the routes; `--admin-listen` is a second one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, type Log, passing, type Random } from '@fairlead/base'
import type { Addresses } from './addresses.ts'
import { answerHeaders } from './answer-headers.ts'
import { type CallersNeeds, createCallers } from './callers.ts'
import { consoleRoutes } from './console.ts'
import { docsRoutes } from './docs.ts'
import { healthRoutes, metricsRoute } from './health.ts'
import { type HttpNeeds, hasTooManyHeaders, openHttp } from './http.ts'
import { type Listener, listen, type TlsTexts } from './listen.ts'
import { pathOf } from './paths.ts'
import type { Route } from './route.ts'
import type { ServeNeeds } from './serve.ts'

export interface DoorConfig {
  listen: { host: string; port: number }
  adminListen: { host: string; port: number } | undefined
  tls: TlsTexts | undefined
  corsOrigins: readonly string[]
  /** Names of this relay that its pages may call besides. */
  seenUrls: readonly string[]
  insecureTransport: boolean
}

export interface DoorNeeds
  extends Pick<CallersNeeds, 'findCaller' | 'findPrinting' | 'findUser' | 'findDevice' | 'checkSecret' | 'failedTries'>,
    Pick<ServeNeeds, 'mustTake' | 'isOnline'> {
  config: DoorConfig
  version: string
  routes: readonly Route[]
  addresses: Addresses
  bosh(request: IncomingMessage, response: ServerResponse): void
  webSocket(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Each call of a device with its own secret (A6). */
  signOfLife(device: string): void
  /** Where a plain GET is sent when there is TLS; asked for when the port is known. */
  publicUrl(port: number): string
  /** Where the console was built, if not beside the relay. */
  consoleFolder?: string
  /** Why the relay cannot serve right now; `undefined` when it can. */
  whyNotReady(): string | undefined
  metrics: {
    httpServed(route: string, status: number): void
    rejected(code: string): void
    render(): Promise<{ contentType: string; content: string }>
  }
  /** Defaults to 144 random bits. */
  newRequestId?(): string
  clock: Clock
  random: Random
  log: Log
}

export interface Door extends AsyncDisposable {
  /** The one that was got. */
  port: number
  adminPort: number | undefined
  /** From now on new work is refused with 503; what is in flight goes on, and devices may bring answers. */
  drain(): void
  /** Nobody new is let in, and whoever is here goes elsewhere after the answer; until then all is done as ever. */
  leave(): void
  /**
   * Resolves when nobody comes any more on the connections that there are. A balancer goes on with those that it keeps until it
   * has noticed that no new one is taken; what it sends on one just when it is ended, nobody knows to be heard.
   */
  untilUnused(untilMs: number): Promise<void>
}

const boshPaths = new Set(['/http-bind', '/http-bind/', '/bosh', '/bosh/'])
const webSocketPaths = new Set(['/xmpp-websocket', '/xmpp-websocket/'])

/** Answers still under way when the door is closed may finish within this time. */
const graceMs = 2000

/** A balancer as we deploy it looks each second, and has noticed after two looks. */
const noticedMs = 3_000
const lookAgainMs = 50

/** @throws {Failure} `unavailable` when an address cannot be had */
export async function openDoor(needs: DoorNeeds): Promise<Door> {
  await using opening = new AsyncDisposableStack()
  const { config, addresses, metrics } = needs
  let draining = false
  let leaving = false
  let publicUrl = ''
  const whyNotReady = () => (draining || leaving ? 'The relay is stopping.' : needs.whyNotReady())
  const common: Omit<HttpNeeds, 'routes'> = {
    addresses,
    corsOrigins: config.corsOrigins,
    publicUrl: () => publicUrl,
    callers: createCallers({
      ...needs,
      insecureTransport: config.insecureTransport,
      publicUrl: () => publicUrl,
    }),
    log: needs.log,
    random: needs.random,
    isDraining: () => draining,
    newRequestId: needs.newRequestId ?? (() => needs.random.token(18)),
    rejected: metrics.rejected,
    served: metrics.httpServed,
    signOfLife: needs.signOfLife,
    mustTake: needs.mustTake,
    isOnline: needs.isOnline,
  }
  const health = healthRoutes({ whyNotReady })
  const metricsAt = (isPrivate: boolean) => metricsRoute({ render: metrics.render, isPrivate })
  const documented = [...needs.routes, ...health, metricsAt(false)]
  const docs = docsRoutes(documented, needs.version)
  const console = consoleRoutes(needs.consoleFolder, config.seenUrls)
  const open = config.adminListen ? [...needs.routes, ...health] : [...documented, ...console]
  const http = opening.use(await openHttp({ ...common, routes: [...open, ...docs] }))

  const listener = await listen({
    ...config.listen,
    tls: config.tls,
    takesUpgrade: (request) => webSocketPaths.has(pathOf(request.url ?? '')) && !hasTooManyHeaders(request),
    upgrade: needs.webSocket,
    handle(request, response) {
      const path = pathOf(request.url ?? '')
      if (boshPaths.has(path) && !hasTooManyHeaders(request)) {
        // One reading of the target for both: what the door takes for BOSH's and BOSH does not, nobody would answer.
        request.url = path
        return needs.bosh(request, response)
      }
      if (config.tls && isLook(request) && mayMove(request)) return moveToTls(request, response, publicUrl)
      http.handle(request, response)
    },
  })
  opening.defer(() => closeGently(listener, needs.clock))
  publicUrl = needs.publicUrl(listener.port)
  // The console calls the API of where it stands itself.
  const api = needs.routes.filter(({ path }) => path.startsWith('/v1/'))
  const admin =
    config.adminListen &&
    (await openAdmin(config.adminListen, [...api, ...docs, ...console, ...health, metricsAt(true)]))

  /** Not who shows a key that everybody could read: sent on in silence, nobody would notice (OWASP ASVS 5.0, 4.1.2). */
  function mayMove(request: IncomingMessage): boolean {
    const { secure, loopback } = addresses.originOf(request)
    const isShown = request.headers.authorization !== undefined && !loopback && !config.insecureTransport
    return !secure && !isShown
  }

  async function openAdmin(at: { host: string; port: number }, routes: Route[]): Promise<Listener> {
    const adminHttp = opening.use(await openHttp({ ...common, routes }))
    const adminListener = await listen({
      ...at,
      handle: adminHttp.handle,
      takesUpgrade: () => false,
      upgrade: refuseUpgrade,
    })
    opening.defer(() => closeGently(adminListener, needs.clock))
    return adminListener
  }

  const opened = opening.move()
  return {
    port: listener.port,
    adminPort: admin?.port,
    drain() {
      draining = true
    },
    leave() {
      leaving = true
      listener.leave()
    },
    async untilUnused(untilMs) {
      const { clock } = needs
      for (let [heard, heardAtMs] = [-1, 0]; clock.now() < untilMs; await passing(clock, lookAgainMs)) {
        const { requests, connections } = listener.use()
        if (requests !== heard) [heard, heardAtMs] = [requests, clock.now()]
        if (connections === 0 || clock.now() - heardAtMs >= noticedMs) return
      }
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

function isLook(request: IncomingMessage): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

/** Contract part 2: a plain GET on the port that has TLS. */
function moveToTls(request: IncomingMessage, response: ServerResponse, publicUrl: string): void {
  // Only a target that begins with one slash is a path of ours; anything else could name another host.
  const target = /^\/(?!\/)/.test(request.url ?? '') ? request.url : '/'
  response.writeHead(308, { ...answerHeaders, location: `${publicUrl}${target}`, 'content-length': 0 }).end()
}

function refuseUpgrade(_request: IncomingMessage, socket: Duplex): void {
  socket.destroy()
}

async function closeGently(listener: Listener, clock: Clock): Promise<void> {
  const cut = clock.at(clock.now() + graceMs, listener.cut)
  await listener.close()
  cut.cancel()
}
