/** Every BOSH session: requests in, each to its session, each answered once. Source: XEP-0124 1.11, XEP-0206 1.4. */
import type { Clock, Log, Random } from '@fairlead/base'
import {
  BodyError,
  type BoshBody,
  type BoshCondition,
  ns,
  readBody,
  readSid,
  renderBody,
  renderXml,
  xml,
} from '@fairlead/protocol/xmpp'
import { BoshCarrier, type OpenStream } from './bosh-carrier.ts'
import { agreeOn, createTermsPool } from './bosh-creation.ts'
import { statusOf } from './bosh-ending.ts'
import type { Exchange, HttpAnswer, Origin } from './bosh-exchange.ts'
import { createBoshGuard } from './bosh-guard.ts'
import { createHibernation } from './bosh-hibernation.ts'
import type { BoshKeeper } from './bosh-keeper.ts'
import { type KeptSession, keyOf, restoreSession } from './bosh-restored.ts'
import { createBoshSession, type Terms } from './bosh-state.ts'
import { createStrangers, mostPerStranger, type StrangerLimits } from './bosh-strangers.ts'
import { createTarpit } from './bosh-tarpit.ts'
import { createTurns } from './bosh-turns.ts'
import type { LineEnd } from './carrier.ts'

export interface BoshSessionsNeeds {
  /** The XMPP domain. */
  domain: string
  clock: Clock
  random: Random
  log: Log
  options: {
    waitSeconds: number
    inactivitySeconds: number
    maxBodyBytes: number
    strangers?: StrangerLimits
  }
  /** An address, or the network that counts as one (S-D7). */
  networkOf(address: string): string
  /** Where plain HTTP is sent instead (B-019), e.g. `https://relay.example`; undefined: plain HTTP is served. */
  publicHttpsUrl?: string | undefined
  openStream: OpenStream
  /** Writes down how sessions stand, so that they go on after a crash; without it they do not. */
  keeper?: BoshKeeper | undefined
  /** From before a crash, and how long ago that was, in milliseconds. */
  kept?: { sessions: readonly KeptSession[]; downMs: number }
  /** The log-in of a kept session is still good, and it is its device's newest. */
  mayRestore?(session: KeptSession): boolean
  /** For the metric of that name: a request or session refused, and why. */
  rejected?(reason: BoshCondition): void
}

export interface BoshSessions {
  /** A session of this device from before a crash, with this sid, has not been come for yet. */
  isHibernating(device: string, sid: string): boolean
  /** @param bytes a body, or undefined for one that is not to be read: too long, or encoded */
  take(exchange: Exchange, bytes: Uint8Array | undefined): void
  /** Nobody waits for the answer any more. Also of one that was answered: it does no harm. */
  lost(exchange: Exchange): void
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

const nothingKept = { sessions: [], downMs: 0 }

const plainXml = 'text/xml; charset=utf-8'

export function createBoshSessions(needs: BoshSessionsNeeds): BoshSessions {
  const { clock, log, options } = needs
  const guard = createBoshGuard(clock, needs.networkOf)
  const strangers = createStrangers<BoshCarrier>({
    limits: options.strangers,
    now: clock.now,
    dismiss: (carrier) => carrier.end('connection-timeout', 'Too many are logging in at once.'),
  })
  /** By the hash of the sid: how long a look-up takes tells nothing about a sid that is near (S-A1). */
  const sessions = new Map<string, BoshCarrier>()
  /** Whose session answers, for every exchange that is open. */
  const owners = new Map<Exchange, BoshCarrier>()
  const tarpit = createTarpit(clock)
  const turns = createTurns(clock.now)
  const shared = createTermsPool()
  const hibernation = createHibernation(needs.kept ?? nothingKept, clock, (session) => needs.keeper?.ended(session))
  let isDraining = false
  let lastWarningMs = Number.NEGATIVE_INFINITY

  const carrierNeeds = {
    clock,
    log,
    openStream: needs.openStream,
    answer,
    loggedIn: release,
    changed: (carrier: BoshCarrier) => needs.keeper?.changed(carrier),
    ended,
    outOfWindow,
  }

  /** B-165: whatever is wrong with us, nobody is left waiting, and no other session suffers. */
  function safely(exchange: Exchange, work: () => void) {
    try {
      work()
    } catch (error) {
      log.error('bosh.failed', 'A BOSH request failed.', error)
      refuse(exchange, 'internal-server-error')
    }
  }

  function take(exchange: Exchange, bytes: Uint8Array | undefined) {
    if (bytes === undefined) return refuse(exchange, 'bad-request')
    if (bytes.length > mostPerStranger && !mayBeLong(bytes, exchange)) return
    let body: BoshBody
    try {
      body = readBody(bytes, { maxBytes: options.maxBodyBytes })
    } catch (error) {
      if (error instanceof BodyError) return takeMalformed(exchange, error)
      throw error
    }
    if (body.sid === undefined) return takeCreation(exchange, body, bytes.length)
    const carrier = findSession(body.sid) ?? wake(body.sid)
    if (!carrier) return takeUnknown(exchange)
    if (isElsewhere(carrier, exchange)) return
    pass(carrier, body, exchange, bytes.length)
  }

  /** So much is read for who is logged in only: reading it costs more than sending it (S-D3). False: it is answered. */
  function mayBeLong(bytes: Uint8Array, exchange: Exchange): boolean {
    const sid = readSid(bytes)
    const carrier = sid === undefined ? undefined : (findSession(sid) ?? wake(sid))
    if (carrier?.isLoggedIn) return true
    if (sid !== undefined && !carrier) takeUnknown(exchange)
    else refuse(exchange, 'policy-violation')
    return false
  }

  function pass(carrier: BoshCarrier, body: BoshBody, exchange: Exchange, bytes: number) {
    if (!carrier.isLoggedIn && !strangers.charge(carrier, bytes)) {
      carrier.end('policy-violation')
      return refuse(exchange, 'policy-violation', carrier.isLegacy, carrier.contentType)
    }
    owners.set(exchange, carrier)
    carrier.take(body, exchange)
    // Its connection was gone before we came to it: nobody will say so again.
    if (exchange.isGone) lost(exchange)
  }

  function takeCreation(exchange: Exchange, body: BoshBody, bytes: number) {
    if (isDraining) return refuse(exchange, 'system-shutdown')
    if (isToMove(exchange)) return seeOther(exchange)
    const terms = agreeOn(body, needs.domain, options)
    if (typeof terms === 'string') return refuse(exchange, terms, body.ver === undefined)
    const origin = exchange.origin()
    // Whoever is on this machine has better ways to do harm, and its tests and tools come and go.
    const mayCreate = origin.loopback || guard.mayCreate(origin.address)
    if (bytes > mostPerStranger || !mayCreate) return refuse(exchange, 'policy-violation', terms.legacy)

    const create = () => safely(exchange, () => createSession(exchange, body, terms, origin, bytes))
    const tellFull = () => refuse(exchange, 'internal-server-error', terms.legacy)
    const admit = () => {
      if (!strangers.admit(bytes, create)) tellFull()
    }
    if (!turns.run(() => safely(exchange, admit))) tellFull()
  }

  function createSession(exchange: Exchange, body: BoshBody, terms: Terms, origin: Origin, bytes: number) {
    if (exchange.isGone) return
    if (isDraining) return refuse(exchange, 'system-shutdown')
    // 192 bits (B-070).
    const sid = needs.random.token(24)
    const carrier = new BoshCarrier(carrierNeeds, createBoshSession(sid, shared(terms), body.rid, clock.now()), origin)
    sessions.set(keyOf(sid), carrier)
    strangers.enter(carrier)
    pass(carrier, body, exchange, bytes)
  }

  /** Goes on with a session from before a crash. */
  function wake(sid: string): BoshCarrier | undefined {
    if (hibernation.size === 0 || isDraining) return undefined
    const kept = hibernation.take(sid)
    if (!kept) return undefined
    if (!(needs.mayRestore?.(kept) ?? true)) {
      needs.keeper?.ended(kept)
      return undefined
    }
    const session = restoreSession(sid, { ...kept.state, terms: shared(kept.state.terms) }, clock.now())
    const carrier = new BoshCarrier(carrierNeeds, session, kept.origin, kept)
    sessions.set(kept.key, carrier)
    log.info('bosh.restored', 'A session goes on from before the restart.', { device: kept.device })
    return carrier
  }

  /** B-013: nobody knows what a session that is not there agreed on. */
  function takeUnknown(exchange: Exchange) {
    if (isDraining) return refuse(exchange, 'system-shutdown')
    if (isToMove(exchange)) return seeOther(exchange)
    refuse(exchange, 'item-not-found')
  }

  /** B-041: answered in the session's manner if it can be told, and nothing of the session is touched. */
  function takeMalformed(exchange: Exchange, error: BodyError) {
    const carrier = error.sid === undefined ? undefined : findSession(error.sid)
    if (!carrier) return refuse(exchange, error.condition)
    if (isElsewhere(carrier, exchange)) return
    refuse(exchange, error.condition, carrier.isLegacy, carrier.contentType)
  }

  /** B-200: a secure session is not spoken with in the clear or by another's certificate, nor harmed by who tries. */
  function isElsewhere(carrier: BoshCarrier, exchange: Exchange): boolean {
    if (!carrier.isOverTls || isSameOrigin(carrier, exchange.origin())) return false
    exchange.cut()
    return true
  }

  function isToMove(exchange: Exchange): boolean {
    return needs.publicHttpsUrl !== undefined && !exchange.origin().secure
  }

  function seeOther(exchange: Exchange) {
    const uri = renderXml(xml('uri', ns.body, {}, `${needs.publicHttpsUrl?.replace(/\/$/, '')}/http-bind`))
    refuse(exchange, 'see-other-uri', false, plainXml, uri)
  }

  /** Without a session: what is refused before one exists, or that none was found. */
  function refuse(
    exchange: Exchange,
    condition: BoshCondition,
    isLegacy = false,
    contentType = plainXml,
    payload = '',
  ) {
    needs.rejected?.(condition)
    const body = renderBody({ type: 'terminate', condition }, payload)
    answer(exchange, {
      status: statusOf(condition, isLegacy),
      contentType,
      body,
      notFound: condition === 'item-not-found',
    })
  }

  function answer(exchange: Exchange, ready: HttpAnswer) {
    if (ready.notFound && guard.isGuessing(exchange.origin().address) && !tarpit.isFull)
      return tarpit.hold(exchange, ready)
    exchange.answer(ready)
  }

  function lost(exchange: Exchange) {
    tarpit.forget(exchange)
    const carrier = owners.get(exchange)
    owners.delete(exchange)
    carrier?.lost(exchange)
  }

  function release(carrier: BoshCarrier) {
    strangers.release(carrier)
  }

  function ended(carrier: BoshCarrier, end: LineEnd, condition: BoshCondition | undefined) {
    const key = keyOf(carrier.id)
    sessions.delete(key)
    const device = carrier.boundDevice
    if (device !== undefined) needs.keeper?.ended({ device, key })
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
    turns.flush()
    strangers.flush()
    for (const carrier of [...sessions.values()]) carrier.end('system-shutdown')
  }

  return {
    take: (exchange, bytes) => safely(exchange, () => take(exchange, bytes)),
    lost,
    isHibernating: hibernation.knows,
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
      hibernation.close()
      tarpit.close()
    },
  }
}

function isSameOrigin({ certificate }: BoshCarrier, origin: Origin): boolean {
  if (!origin.secure) return false
  // B-201. A session that was made without one may be gone on with by who has one.
  return certificate === undefined || certificate.fingerprint === origin.certificate?.fingerprint
}
