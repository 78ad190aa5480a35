/** The BOSH door: HTTP requests in, each to its session, each answered once. Source: XEP-0124 1.11, XEP-0206 1.4. */
import { hash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock, Log, Random } from '@fairlead/base'
import {
  BodyError,
  type BoshBody,
  type BoshCondition,
  ns,
  readBody,
  renderBody,
  renderXml,
  xml,
} from '@fairlead/protocol/xmpp'
import { BoshCarrier, type HttpAnswer, type OpenStream, type Origin } from './bosh-carrier.ts'
import { agreeOn } from './bosh-creation.ts'
import { statusOf } from './bosh-ending.ts'
import { createBoshGuard } from './bosh-guard.ts'
import { answerOtherMethod, collectBody, createCors, isBoshPath, isEncoded, writeAnswer } from './bosh-http.ts'
import { createBoshSession, type Terms } from './bosh-state.ts'
import { createStrangers, mostPerStranger, type StrangerLimits, strangerBase } from './bosh-strangers.ts'
import { createTarpit } from './bosh-tarpit.ts'
import type { LineEnd } from './carrier.ts'

export interface BoshNeeds {
  /** The XMPP domain. */
  domain: string
  clock: Clock
  random: Random
  log: Log
  options: {
    waitSeconds: number
    inactivitySeconds: number
    maxBodyBytes: number
    /** Empty: CORS is off. */
    corsOrigins: readonly string[]
    strangers?: StrangerLimits
  }
  originOf(request: IncomingMessage): Origin
  /** An address, or the network that counts as one (S-D7). */
  networkOf(address: string): string
  /** Where plain HTTP is sent instead (B-019), e.g. `https://relay.example`; undefined: plain HTTP is served. */
  publicHttpsUrl?: string | undefined
  openStream: OpenStream
  /** For the metric of that name: a request or session refused, and why. */
  rejected?(reason: BoshCondition): void
}

export interface Bosh {
  /** True: the request was for this door, and is answered or will be. */
  handle(request: IncomingMessage, response: ServerResponse): boolean
  readonly sessions: number
  /** Requests that wait for their answer. */
  readonly open: number
  /** Creation requests that wait for room (B-065). */
  readonly waiting: number
  /** Answers that are held back from who guesses (S-A2). */
  readonly slowed: number
  /** Ends all sessions with `system-shutdown`, and refuses new ones with it (B-163). */
  drain(): void
  /** Drains, and leaves no timer behind. */
  close(): void
}

const plainXml = 'text/xml; charset=utf-8'

export function createBosh(needs: BoshNeeds): Bosh {
  const { clock, log, options } = needs
  const cors = createCors(options.corsOrigins)
  const guard = createBoshGuard(clock, needs.networkOf)
  const strangers = createStrangers(options.strangers)
  /** By the hash of the sid: how long a look-up takes tells nothing about a sid that is near (S-A1). */
  const sessions = new Map<string, BoshCarrier>()
  /** Whose session answers, for every response that is open. */
  const owners = new Map<ServerResponse, BoshCarrier>()
  const tarpit = createTarpit(clock, (response, ready) => writeAnswer(response, ready, cors))
  let isDraining = false
  let lastWarningMs = Number.NEGATIVE_INFINITY

  const carrierNeeds = { clock, log, openStream: needs.openStream, answer, loggedIn: release, ended, outOfWindow }

  /** B-165: whatever is wrong with us, nobody is left waiting, and no other session suffers. */
  function safely(response: ServerResponse, work: () => void) {
    try {
      work()
    } catch (error) {
      log.error('bosh.failed', 'A BOSH request failed.', error)
      refuse(response, 'internal-server-error')
    }
  }

  function take(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array | undefined) {
    if (bytes === undefined || isEncoded(request)) return refuse(response, 'bad-request')
    let body: BoshBody
    try {
      body = readBody(bytes, { maxBytes: options.maxBodyBytes })
    } catch (error) {
      if (error instanceof BodyError) return takeMalformed(request, response, error)
      throw error
    }
    if (body.sid === undefined) return takeCreation(request, response, body, bytes.length)
    const carrier = findSession(body.sid)
    if (!carrier) return takeUnknown(request, response)
    if (isElsewhere(carrier, request)) return
    pass(carrier, body, response, bytes.length)
  }

  function pass(carrier: BoshCarrier, body: BoshBody, response: ServerResponse, bytes: number) {
    if (!carrier.isLoggedIn && !strangers.charge(carrier, bytes)) {
      carrier.end('policy-violation')
      return refuse(response, 'policy-violation', carrier.isLegacy, carrier.contentType)
    }
    owners.set(response, carrier)
    response.once('close', forget)
    carrier.take(body, response)
    // Its connection was gone before we came to it: nobody will say so again.
    if (response.destroyed) forget.call(response)
  }

  function takeCreation(request: IncomingMessage, response: ServerResponse, body: BoshBody, bytes: number) {
    if (isDraining) return refuse(response, 'system-shutdown')
    if (isToMove(request)) return seeOther(response)
    const terms = agreeOn(body, needs.domain, options)
    if (typeof terms === 'string') return refuse(response, terms, body.ver === undefined)
    const origin = needs.originOf(request)
    // Whoever is on this machine has better ways to do harm, and its tests and tools come and go.
    const mayCreate = origin.loopback || guard.mayCreate(origin.address)
    if (bytes > mostPerStranger || !mayCreate) return refuse(response, 'policy-violation', terms.legacy)

    const create = () => createSession(response, body, terms, origin, bytes)
    const isAdmitted = strangers.admit(bytes, () => safely(response, create))
    if (!isAdmitted) refuse(response, 'internal-server-error', terms.legacy)
  }

  function createSession(response: ServerResponse, body: BoshBody, terms: Terms, origin: Origin, bytes: number) {
    if (response.destroyed) return
    if (isDraining) return refuse(response, 'system-shutdown')
    // 192 bits (B-070).
    const sid = needs.random.token(24)
    const carrier = new BoshCarrier(carrierNeeds, createBoshSession(sid, terms, body.rid, clock.now()), origin)
    sessions.set(keyOf(sid), carrier)
    strangers.charge(carrier, strangerBase)
    pass(carrier, body, response, bytes)
  }

  /** B-013: nobody knows what a session that is not there agreed on. */
  function takeUnknown(request: IncomingMessage, response: ServerResponse) {
    if (isDraining) return refuse(response, 'system-shutdown')
    if (isToMove(request)) return seeOther(response)
    refuse(response, 'item-not-found')
  }

  /** B-041: answered in the session's manner if it can be told, and nothing of the session is touched. */
  function takeMalformed(request: IncomingMessage, response: ServerResponse, error: BodyError) {
    const carrier = error.sid === undefined ? undefined : findSession(error.sid)
    if (!carrier) return refuse(response, error.condition)
    if (isElsewhere(carrier, request)) return
    refuse(response, error.condition, carrier.isLegacy, carrier.contentType)
  }

  /** B-200: a secure session is not spoken with in the clear or by another's certificate, nor harmed by who tries. */
  function isElsewhere(carrier: BoshCarrier, request: IncomingMessage): boolean {
    if (!carrier.isOverTls || isSameOrigin(carrier, needs.originOf(request))) return false
    request.socket.destroy()
    return true
  }

  function isToMove(request: IncomingMessage): boolean {
    return needs.publicHttpsUrl !== undefined && !needs.originOf(request).secure
  }

  function seeOther(response: ServerResponse) {
    const uri = renderXml(xml('uri', ns.body, {}, `${needs.publicHttpsUrl?.replace(/\/$/, '')}/http-bind`))
    refuse(response, 'see-other-uri', false, plainXml, uri)
  }

  /** Without a session: what is refused before one exists, or that none was found. */
  function refuse(
    response: ServerResponse,
    condition: BoshCondition,
    isLegacy = false,
    contentType = plainXml,
    payload = '',
  ) {
    needs.rejected?.(condition)
    const body = renderBody({ type: 'terminate', condition }, payload)
    answer(response, {
      status: statusOf(condition, isLegacy),
      contentType,
      body,
      notFound: condition === 'item-not-found',
    })
  }

  function answer(response: ServerResponse, ready: HttpAnswer) {
    const isGuess = ready.notFound && guard.isGuessing(needs.originOf(response.req).address)
    if (isGuess && !tarpit.isFull) return tarpit.hold(response, ready)
    writeAnswer(response, ready, cors)
  }

  /** One for all responses, so that a held one does not hold a function as well. */
  function forget(this: ServerResponse) {
    const carrier = owners.get(this)
    owners.delete(this)
    carrier?.lost(this)
  }

  function release(carrier: BoshCarrier) {
    strangers.release(carrier)
  }

  function ended(carrier: BoshCarrier, end: LineEnd, condition: BoshCondition | undefined) {
    sessions.delete(keyOf(carrier.id))
    strangers.release(carrier)
    if (end === 'connection-closed' && condition !== undefined) needs.rejected?.(condition)
    const isOurs = condition === 'system-shutdown' || condition === 'internal-server-error'
    if (!carrier.isLoggedIn && !isOurs) guard.abandoned(carrier.address)
  }

  /** S-D6: at most one line a second, however many try. */
  function outOfWindow(carrier: BoshCarrier, distance: number) {
    if (clock.now() - lastWarningMs < 1000) return
    lastWarningMs = clock.now()
    log.warn('bosh.out-of-window', 'A rid was out of its window.', { distance, address: carrier.address })
  }

  function findSession(sid: string): BoshCarrier | undefined {
    return sessions.get(keyOf(sid))
  }

  function drain() {
    isDraining = true
    strangers.flush()
    for (const carrier of [...sessions.values()]) carrier.end('system-shutdown')
  }

  return {
    handle(request, response) {
      if (!isBoshPath(request.url ?? '')) return false
      if (request.method !== 'POST') answerOtherMethod(request, response, cors)
      else collectBody(request, options.maxBodyBytes, (bytes) => safely(response, () => take(request, response, bytes)))
      return true
    },
    get sessions() {
      return sessions.size
    },
    get open() {
      return owners.size
    },
    get waiting() {
      return strangers.waiting
    },
    get slowed() {
      return tarpit.size
    },
    drain,
    close() {
      drain()
      tarpit.close()
    },
  }
}

function isSameOrigin({ certificate }: BoshCarrier, origin: Origin): boolean {
  if (!origin.secure) return false
  // B-201. A session that was made without one may be gone on with by who has one.
  return certificate === undefined || certificate.fingerprint === origin.certificate?.fingerprint
}

function keyOf(sid: string): string {
  return hash('sha256', sid, 'base64')
}
